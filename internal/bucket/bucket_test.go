package bucket

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"lacuna/internal/fault"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
)

// server is objects by path, and answers as S3 does.
type server struct {
	mu      sync.Mutex
	objects map[string]string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, there := s.objects[r.URL.Path]
	switch {
	case strings.Contains(r.URL.Path, "denied"):
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>not authorized to perform: s3:GetObject</Message></Error>`)
	case strings.HasPrefix(r.URL.Path, "/none/"):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>`)
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		s.objects[r.URL.Path] = string(body)
	case there:
		io.WriteString(w, text) //nolint:errcheck // the client tells
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`)
	}
}

func TestObjects(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := &server{objects: map[string]string{}}
	at := httptest.NewServer(s)
	defer at.Close()
	o := New(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &at.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), RetryMaxAttempts: 1,
	})
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}
	}
	for _, text := range []string{"old", "twelve bytes"} { // an object is replaced
		if err := o.Put(t.Context(), "rates", "ecb/aa/one.gz", write(text)); err != nil {
			t.Fatal(err)
		}
	}
	half := errors.New("half of it")
	err := o.Put(t.Context(), "rates", "ecb/aa/two.gz", func(w io.Writer) error {
		return errors.Join(write("half")(w), half)
	})
	if !errors.Is(err, half) {
		t.Errorf("Put of what cannot be written: %v", err)
	}
	if diff := cmp.Diff([]string{"/rates/ecb/aa/one.gz"}, slices.Collect(maps.Keys(s.objects))); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		key       string
		most      int64
		want, err string
		gone      bool
	}{
		{"ecb/aa/one.gz", 12, "twelve bytes", "", false},
		{"ecb/aa/one.gz", 11, "", "s3://rates/ecb/aa/one.gz: more than 11 bytes", false},
		{"ecb/aa/two.gz", 12, "", "s3://rates/ecb/aa/two.gz: file does not exist", true},
		{"denied", 12, "", "not authorized to perform: s3:GetObject", false},
	} {
		text, err := o.Get(t.Context(), "rates", tt.key, tt.most)
		if string(text) != tt.want || (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) || errors.Is(err, fs.ErrNotExist) != tt.gone {
			t.Errorf("Get(%s, %d) = %q, %v", tt.key, tt.most, text, err)
		}
	}
	for key, want := range map[string]fault.Name{"rates/denied": fault.Internal, "none/x": fault.StoreUnusable} {
		bucket, name, _ := strings.Cut(key, "/")
		if err := o.Put(t.Context(), bucket, name, write("x")); fault.NameOf(err) != want || !strings.Contains(err.Error(), "s3://"+key+": ") {
			t.Errorf("Put %s: %v, named %s", key, err, fault.NameOf(err))
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
}
