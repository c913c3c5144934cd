package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lacuna/internal/publisher"
	"lacuna/internal/source/registry"
)

// secrets are what nobody may read: the user and the password of a publisher's
// address, also as they are sent, and those of a proxy.
var secrets = []string{"alice", "s3cr3t", base64.StdEncoding.EncodeToString([]byte("alice:s3cr3t")), "bob.the.reader", "pr0xy"}

// behindAPassword puts each publisher behind a user and a password, and these into
// its address.
func behindAPassword(b *bench) {
	b.env = []string{"LACUNA_NOW=2026-07-01", "LACUNA_WAIT_TIME_SCALE=0", "LACUNA_LOG_LEVEL=debug"}
	for _, name := range publisher.Sources() {
		at, err := url.Parse(b.URL(name))
		if err != nil {
			b.Fatal(err)
		}
		behind := &httputil.ReverseProxy{
			Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: at.Host}) },
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "alice" || password != "s3cr3t" {
				b.Errorf("%s is asked as %q with %q", name, user, password)
			}
			behind.ServeHTTP(w, r)
		}))
		b.Cleanup(server.Close)
		b.env = append(b.env, registry.URLVariable(name)+"="+strings.Replace(server.URL, "//", "//alice:s3cr3t@", 1)+at.Path)
	}
}

// quiet runs lacuna and fails when it says a secret.
func (b *bench) quiet(args ...string) (code int, said string) {
	b.Helper()
	code, stdout, stderr := b.run(args...)
	said = stdout + stderr
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			b.Errorf("lacuna %s says %s:\n%s", strings.Join(args, " "), secret, said)
		}
	}
	return code, said
}

// Every verb speaks with publishers that want a user and a password, which do well
// and then fail in every way; neither what it says nor what it stores has them.
func TestPasswordsOfPublishersAreNeverShownNorStored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.hurry("../../series.yaml")
	behindAPassword(b)
	plan := filepath.Join(filepath.Dir(b.db), "plan.json")
	b.quiet(append([]string{"plan", "--out", plan}, shortRange...)...)
	if code, said := b.quiet("backfill", "--plan", plan); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	verbs := [][]string{
		{"plan", "--from", "-400d"}, {"status", "--from", "-30d"}, {"why", "CURRENCY#USD", "2026-06-30"}, {"runs"}, {"export", "--series", "ECB#USD"},
		{"series", "list"}, {"series", "validate"}, {"series", "try", "CURRENCY#USD"}, {"series", "try", "ECB#USD", "-o", "json"}, {"series", "try", "FUEL#LPG"},
		{"doctor"}, {"doctor", "-o", "json"}, {"quarantine", "list"}, {"version"},
		{"mark", "missing", "--series", "ECB#USD", "--from", "2026-06-29", "--to", "2026-06-29", "--reason", "a test"},
	}
	var asking sync.WaitGroup // some wait for the rate of a publisher
	for _, args := range verbs {
		asking.Go(func() { b.quiet(args...) })
	}
	asking.Wait()
	for _, f := range []publisher.Fault{
		{Kind: publisher.Status}, {Kind: publisher.Status, Status: 400}, {Kind: publisher.Status, Status: 403}, {Kind: publisher.HTML},
		{Kind: publisher.Throttle}, {Kind: publisher.Reset}, {Kind: publisher.CutTransfer}, {Kind: publisher.CutBody}, {Kind: publisher.Columns}, {Kind: publisher.Hang},
	} {
		b.Heal()
		for _, name := range publisher.Sources() {
			f.Source = name
			if err := b.Fail(f); err != nil {
				t.Fatal(err)
			}
		}
		verbs := [][]string{{"series", "try", "OIL#BRENT"}, append([]string{"backfill", "--only", "all"}, shortRange...)}
		if f.Kind == publisher.HTML {
			verbs = append(verbs, []string{"doctor"})
		}
		for _, args := range verbs {
			if code, said := b.quiet(append(args, "--http-timeout", "200ms")...); code == 0 {
				t.Errorf("%s, lacuna %v: exit code 0:\n%s", f.Kind, args, said)
			}
		}
	}
	for name := range b.runsByName() {
		b.quiet("runs", name)
		b.quiet("runs", name, "-o", "json")
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(b.db), "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, error %v: want a database and a plan", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has %s", filepath.Base(file), secret)
			}
		}
	}
}

// An address that is wrong is named by its variable.
func TestAWrongAddressIsNotShown(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://alice:s3cr3t", "https://alice:s3cr3t@", "alice:s3cr3t@host", "https://alice:s3cr3t@host:port/x", "https://alice:s3cr3t%zz@host", "https://host/?bob.the.reader=s3cr3t",
		"ftp://alice:s3cr3t@host", "http://alice:s3cr3t@publisher.example",
	} {
		b := newBench(t)
		b.env = append(b.env, "LACUNA_ECB_URL="+address)
		for _, args := range [][]string{{"series", "try", "ECB#USD"}, append([]string{"backfill"}, shortRange...), {"serve", "--addr", "127.0.0.1:0"}} {
			if code, said := b.quiet(args...); code == 0 || !strings.Contains(said, "LACUNA_ECB_URL") {
				t.Errorf("%s: lacuna %v: exit code %d:\n%s", address, args, code, said)
			}
		}
	}
	b := newBench(t)
	b.env = append(b.env, "LACUNA_ECB_URL=https://alice:s3cr3t")
	if code, said := b.quiet("doctor"); code == 0 || !strings.Contains(said, "LACUNA_ECB_URL") {
		t.Errorf("lacuna doctor: exit code %d:\n%s", code, said)
	}
}

// A proxy of the environment that has a password and does not answer, or is none.
func TestPasswordsOfProxiesAreNeverShown(t *testing.T) {
	t.Parallel()
	for _, proxy := range []string{"http://bob.the.reader:pr0xy@127.0.0.1:1", "socks5://bob.the.reader:pr0xy@127.0.0.1:1", "bob.the.reader:pr0xy@127.0.0.1:1", "https://bob.the.reader:pr0xy@127.0.0.1:1"} {
		b := newBench(t)
		b.env = append(b.env, "LACUNA_ECB_URL=https://192.0.2.1/ecb", "HTTPS_PROXY="+proxy)
		out, err := b.command("series", "try", "ECB#USD").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "ecb cannot be reached") {
			t.Errorf("%s: error %v:\n%s", proxy, err, out)
		}
		for _, secret := range secrets {
			if strings.Contains(string(out), secret) {
				t.Errorf("%s: lacuna says %s:\n%s", proxy, secret, out)
			}
		}
	}
}

func TestContactAndPlainHTTP(t *testing.T) {
	b := newBench(t)
	var agent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	env := append(b.env, "LACUNA_ECB_URL="+server.URL)
	for _, tt := range []struct {
		env        []string
		says, sent string
	}{
		{nil, "ecb cannot be reached", "lacuna/"},
		{[]string{"LACUNA_CONTACT=data@bank.example"}, "ecb cannot be reached", " (data@bank.example)"},
		{[]string{"LACUNA_CONTACT=data@bank.example\r\nX: y"}, "LACUNA_CONTACT: want one mail address", ""},
		{[]string{"LACUNA_ECB_INSECURE=perhaps"}, "LACUNA_ECB_INSECURE: want true or false", ""},
		{[]string{"LACUNA_ECB_URL=http://publisher.example:x"}, "base URL: cannot be read as a URL", ""},
	} {
		agent = ""
		b.env = append(env[:len(env):len(env)], tt.env...)
		if code, said := b.quiet("series", "try", "ECB#USD"); code == 0 || !strings.Contains(said, tt.says) || !strings.Contains(agent, tt.sent) || tt.sent == "" && agent != "" {
			t.Errorf("%v: exit code %d, asked as %q:\n%s", tt.env, code, agent, said)
		}
	}
	// A name of ours that nobody resolves: what matters is said before it is asked.
	b.env = append(env[:len(env):len(env)], "LACUNA_ECB_URL=http://publisher.invalid")
	if _, said := b.quiet("series", "try", "ECB#USD"); !strings.Contains(said, "LACUNA_ECB_URL: plain http") {
		t.Errorf("plain http is not warned of:\n%s", said)
	}
	b.env = append(b.env, "LACUNA_ECB_INSECURE=true")
	if _, said := b.quiet("series", "try", "ECB#USD"); strings.Contains(said, "plain http") {
		t.Errorf("plain http that is meant is warned of:\n%s", said)
	}
}
