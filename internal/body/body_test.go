package body

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

var asked = source.Request{Series: []source.Series{{Key: "A#1"}, {Key: "B"}}, Span: span.Span{From: span.Date(2024, 1, 2), To: span.Date(2024, 1, 5)}}

// What was kept is played: as it was answered, without a request; what was not asked for
// then is not there.
func TestKeptAnswersArePlayed(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNotFound)
		case "/down":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		w.Header().Set("Link", "<next>")
		w.Write([]byte("answer to " + r.URL.Path)) //nolint:errcheck // the client tells
	}))
	defer server.Close()
	client, err := source.NewClient(server.URL, time.Minute, 1000)
	if err != nil {
		t.Fatal(err)
	}
	get := func(tape *source.Tape, path string) string {
		r, err := client.Get(source.WithTape(t.Context(), tape), path)
		return strings.Join([]string{http.StatusText(r.Status), string(r.Body), r.Link, string(fault.NameOf(err))}, "|")
	}
	paths := []string{"/one", "/none", "/down", "/one"}
	tape, want := source.Record(), []string{}
	for _, path := range paths {
		want = append(want, get(tape, path))
	}
	dir := filepath.Join(t.TempDir(), "x.bodies")
	folder := InFolder(dir)
	hash, err := folder.Keep(t.Context(), "bank", asked, tape)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := folder.Keep(t.Context(), "bank", asked, tape); err != nil || again != hash {
		t.Errorf("kept again as %s, not %s: %v", again, hash, err)
	}
	kept, played, err := folder.Load(t.Context(), "bank", hash)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Source != "bank" || kept.Span != asked.Span || !cmp.Equal(kept.Series, []string{"A#1", "B"}) {
		t.Errorf("kept: %+v", kept)
	}
	var got []string
	for _, path := range paths {
		got = append(got, get(played, path))
	}
	if diff := cmp.Diff(want, got); diff != "" || requests != len(paths) {
		t.Errorf("%d requests, played (-asked +played):\n%s", requests, diff)
	}
	if more := get(played, "/one"); !strings.HasSuffix(more, string(fault.Rejected)) {
		t.Errorf("a fifth answer: %s", more)
	}
	_, other, err := folder.Load(t.Context(), "bank", hash)
	if err != nil {
		t.Fatal(err)
	}
	if got := get(other, "/one?another=way"); got != want[0] { // the catalogue has another address now
		t.Errorf("%s, want the first answer", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) != 4 { // three bodies, and what says whose they are
		t.Errorf("files %q, %v", files, err)
	}
}

// What somebody has put there, or changed, is refused, whatever it unpacks to.
func TestWhatIsNotWhatWasKept(t *testing.T) {
	dir := t.TempDir()
	name := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	put := func(hash string, packed []byte) string {
		file := filepath.Join(dir, file(hash))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, packed, 0o600); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	pack := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text)) //nolint:errcheck // into memory
		z.Close()             //nolint:errcheck // the same
		return b.Bytes()
	}
	whole := func(text string) string { return put(name(text), pack(text)) }
	zeros := strings.Repeat("0", 64)
	for what, tt := range map[string]struct{ hash, want string }{
		"no hash":        {"../../etc/passwd", "want the SHA-256"},
		"capitals":       {strings.Repeat("A", 64), "want the SHA-256"},
		"nothing":        {zeros, "no such file"},
		"no gzip":        {put(name("x"), bytes.Repeat([]byte("x"), 99)), "invalid header"},
		"changed":        {put(name("y"), pack("z")), "its hash is another"},
		"cut":            {put(name("cut"), pack("cut")[:12]), "EOF"},
		"too much of it": {whole(strings.Repeat(" ", maxFetch+1)), "more than 8388608 bytes"},
		"a bomb":         {put(name("bomb"), pack(strings.Repeat("\x00", 80<<20))), "more than 8388608 bytes"},
		"no JSON":        {whole("{"), "unexpected end"},
		"deep":           {whole(strings.Repeat("[", 30)), "nested more than 5 deep"},
		"another time's": {whole(`{"v":2}`), "version 2, this program reads 1"},
		"another's":      {whole(`{"v":1,"source":"other","span":"2024-01-02"}`), `of "other", not of bank`},
		"a body gone":    {whole(`{"v":1,"source":"bank","span":"2024-01-02","answers":[{"path":"/","body":"` + zeros + `"}]}`), "kept body"},
		"a body outside": {whole(`{"v":1,"source":"bank","span":"2024-01-02","answers":[{"path":"/","body":"../x"}]}`), "want the SHA-256"},
	} {
		if _, _, err := InFolder(dir).Load(t.Context(), "bank", tt.hash); err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 500 {
			t.Errorf("%s: error %v, want %s", what, err, tt.want)
		}
	}
}

// objects is a bucket in memory.
type objects map[string][]byte

func (o objects) Put(_ context.Context, bucket, key string, write func(io.Writer) error) error {
	var b bytes.Buffer
	err := write(&b)
	o[bucket+"/"+key] = b.Bytes()
	return err
}

func (o objects) Get(_ context.Context, bucket, key string, _ int64) ([]byte, error) {
	text, ok := o[bucket+"/"+key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return text, nil
}

// A bucket has the files of a folder, below the name of the source: what is copied from there
// into a folder is read as if it had been kept there.
func TestABucketHasTheFilesOfAFolder(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("answer to " + r.URL.Path)) //nolint:errcheck // the client tells
	}))
	defer server.Close()
	client, err := source.NewClient(server.URL, time.Minute, 1000)
	if err != nil {
		t.Fatal(err)
	}
	tape := source.Record()
	if _, err := client.Get(source.WithTape(t.Context(), tape), "/one"); err != nil {
		t.Fatal(err)
	}
	all, dir := objects{}, t.TempDir()
	hash, err := InBucket(all, "rates").Keep(t.Context(), "bank", asked, tape)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 {
		t.Errorf("%d objects, want the body and what it answers", len(all))
	}
	for key, text := range all {
		name, ok := strings.CutPrefix(key, "rates/bank/")
		if !ok {
			t.Fatalf("object %s is not below its source", key)
		}
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for where, b := range map[string]Bodies{"bucket": InBucket(all, "rates"), "folder": InFolder(dir)} {
		kept, played, err := b.Load(t.Context(), "bank", hash)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		r, err := client.Get(source.WithTape(t.Context(), played), "/one")
		if err != nil || string(r.Body) != "answer to /one" || kept.Span != asked.Span {
			t.Errorf("%s: %q, %v", where, r.Body, err)
		}
	}
	if _, _, err := InBucket(all, "rates").Load(t.Context(), "other", hash); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of another source: %v", err)
	}
	delete(all, "rates/bank/"+file(hash))
	if _, _, err := InBucket(all, "rates").Load(t.Context(), "bank", hash); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what has expired: %v", err)
	}
}

// A folder that cannot be had, or whose disk is full, is one of which another try helps nobody.
func TestAFolderThatCannotBeHad(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := InFolder(taken).Keep(t.Context(), "ecb", source.Request{}, source.Record())
	if fault.NameOf(err) != fault.StoreUnusable || !strings.Contains(err.Error(), taken) {
		t.Errorf("Keep: error %v, want Store.Unusable that names %s", err, taken)
	}
}
