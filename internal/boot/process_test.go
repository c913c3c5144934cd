package boot

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna"
	"lacuna/internal/boot/runtimetest"
	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/plainbody"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("LACUNA_TABLE", "lacuna")
	t.Setenv("LACUNA_QUEUES", `{"ecb":"https://sqs/ecb"}`)
	t.Setenv("LACUNA_SOURCE", "")
	t.Setenv("LACUNA_METRICS", "{")
	p, err := newProcess(&bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if table, err := p.Env("LACUNA_TABLE"); err != nil || table != "lacuna" {
		t.Errorf("LACUNA_TABLE = %q, %v", table, err)
	}
	var queues map[string]string
	err = p.EnvJSON("LACUNA_QUEUES", &queues)
	if diff := cmp.Diff(map[string]string{"ecb": "https://sqs/ecb"}, queues); err != nil || diff != "" {
		t.Errorf("LACUNA_QUEUES: %v, mismatch (-want +got):\n%s", err, diff)
	}
	if _, err := p.Env("LACUNA_SOURCE"); err == nil || err.Error() != "environment: LACUNA_SOURCE is not set" {
		t.Errorf("LACUNA_SOURCE: %v", err)
	}
	if err := p.EnvJSON("LACUNA_METRICS", &queues); err == nil || !strings.HasPrefix(err.Error(), "environment: LACUNA_METRICS: ") {
		t.Errorf("LACUNA_METRICS: %v", err)
	}
}

func TestLogLevel(t *testing.T) {
	for _, tt := range []struct{ level, want, wantErr string }{
		{"", "info warn", ""},
		{"debug", "debug info warn", ""},
		{"WARN", "warn", ""},
		{"loud", "", "environment: LACUNA_LOG_LEVEL: "},
	} {
		t.Setenv("LACUNA_LOG_LEVEL", tt.level)
		var log bytes.Buffer
		p, err := newProcess(&log)
		if err != nil {
			if tt.wantErr == "" || !strings.HasPrefix(err.Error(), tt.wantErr) {
				t.Errorf("level %q: %v, want %q", tt.level, err, tt.wantErr)
			}
			continue
		}
		p.Log.Debug("debug")
		p.Log.Info("info")
		p.Log.Warn("warn")
		var got []string
		for line := range strings.Lines(log.String()) {
			_, after, _ := strings.Cut(line, `"msg":"`)
			got = append(got, strings.TrimSuffix(after, "\"}\n"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("level %q logs %q, want %q", tt.level, got, tt.want)
		}
	}
}

func TestCatalogue(t *testing.T) {
	root := t.TempDir()
	t.Setenv("LAMBDA_TASK_ROOT", root)
	p := &Process{}
	if _, err := p.Catalogue(); err == nil || !strings.Contains(err.Error(), "catalogue.jsonl") {
		t.Errorf("without a file: %v", err)
	}
	write := func(text []byte) {
		if err := os.WriteFile(filepath.Join(root, "catalogue.jsonl"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := parsed.Compile()
	if err != nil {
		t.Fatal(err)
	}
	write(text)
	if c, err := p.Catalogue(); err != nil || len(c.All()) != len(parsed.All()) {
		t.Errorf("%v, %d series, want %d", err, len(c.All()), len(parsed.All()))
	}
	write(text[:len(text)-1])
	if _, err := p.Catalogue(); err == nil || !strings.HasPrefix(err.Error(), "catalogue.jsonl: damaged: ") {
		t.Errorf("a file that is cut: %v", err)
	}
}

func TestAWS(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	cfg, err := (&Process{}).AWS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := cfg.HTTPClient.(plainbody.Client)
	if client, is := whole.Next.(*awshttp.BuildableClient); !ok || !is || client.GetTimeout() != callTime {
		t.Errorf("HTTP client %#v without the limit of %s", cfg.HTTPClient, callTime)
	}
	retryer := cfg.Retryer()
	if n := retryer.MaxAttempts(); n != callTries {
		t.Errorf("%d tries, want %d", n, callTries)
	}
	var longest time.Duration
	for range 100 {
		delay, err := retryer.RetryDelay(callTries, fault.New(fault.Internal, "x"))
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, delay)
	}
	if longest > callBackoff {
		t.Errorf("waits %s between two tries, want at most %s", longest, callBackoff)
	}
}

func TestAWSWithoutARegion(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	if _, err := (&Process{}).AWS(t.Context()); err == nil || err.Error() != "environment: AWS_REGION is not set" {
		t.Errorf("AWS: %v", err)
	}
}

func TestTellOfARefusedStart(t *testing.T) {
	api := runtimetest.Start(t)
	if err := tell(t.Context(), api.Addr(), fault.New(fault.InputInvalid, "LACUNA_TABLE is not set")); err != nil {
		t.Fatal(err)
	}
	got, err := api.Refused(t.Context())
	want := runtimetest.Failure{Type: "Input.Invalid", Message: "Input.Invalid: LACUNA_TABLE is not set"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Refused: %v, mismatch (-want +got):\n%s", err, diff)
	}
}

// The Runtime API takes the name of the error from a header, and says whether it has taken it.
func TestTellNamesTheErrorInAHeader(t *testing.T) {
	status, named := http.StatusAccepted, ""
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		named = r.Method + " " + r.URL.Path + " " + r.Header.Get("Lambda-Runtime-Function-Error-Type")
		w.WriteHeader(status)
	}))
	defer api.Close()
	address := strings.TrimPrefix(api.URL, "http://")
	if err := tell(t.Context(), address, fault.New(fault.InputInvalid, "x")); err != nil || named != "POST /2018-06-01/runtime/init/error Input.Invalid" {
		t.Errorf("told %q, %v", named, err)
	}
	if status = http.StatusForbidden; tell(t.Context(), address, io.EOF) == nil {
		t.Error("a refusal is taken for an answer")
	}
	api.Close()
	if tell(t.Context(), address, io.EOF) == nil {
		t.Error("nobody there, and no error")
	}
}

func TestTellWithoutAnAPI(t *testing.T) {
	if err := tell(t.Context(), "", http.ErrBodyNotAllowed); err == nil {
		t.Error("tell without an address returns no error")
	}
}
