//go:build integration

package integration

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const (
	region = "us-east-1"

	// startWithin bounds a start of the emulator, of which the first installs it.
	startWithin = 5 * time.Minute
)

// emulator is ministack with an empty memory, as long as the test runs. Between
// it and everybody else stands a proxy.
type emulator struct {
	url string
	*proxy

	behind *url.URL
	state  string   // folder: what it knew when it ended
	log    *os.File // what it writes
	stdin  io.Closer
	cmd    *exec.Cmd
}

func startEmulator(t *testing.T) *emulator {
	t.Helper()
	e := &emulator{behind: &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort(t))}, state: t.TempDir()}
	e.proxy = newProxy(e.behind)
	front := httptest.NewServer(e.proxy)
	t.Cleanup(front.Close)
	e.url = front.URL
	var err error
	if e.log, err = os.Create(filepath.Join(t.TempDir(), "ministack.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.stop()
		if t.Failed() {
			t.Logf("the emulator wrote:\n%s", tail(t, e.log.Name()))
		}
		e.log.Close() //nolint:errcheck // nothing writes to it any more
	})
	e.start(t)
	return e
}

// start starts the emulator with what it knew when it ended, and waits for it.
func (e *emulator) start(t *testing.T) {
	t.Helper()
	e.cmd = exec.Command("./ministack", e.behind.Port(), e.url)
	e.cmd.Env = append(os.Environ(), "PERSIST_STATE=1", "STATE_DIR="+e.state)
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	var err error
	if e.stdin, err = e.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	until(ctx, t, "the emulator answers", func() bool {
		answer, err := http.Get(e.behind.String() + "/_ministack/health")
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
}

// stop ends the emulator.
func (e *emulator) stop() {
	e.stdin.Close() //nolint:errcheck // it ends with this or has ended
	e.cmd.Wait()    //nolint:errcheck // it ends by a signal
}

// config is the SDK's configuration for e.
func (e *emulator) config() aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: &e.url,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// environ is the environment of a program for which e is AWS: nothing of this
// machine's AWS is left in it.
func (e *emulator) environ(more ...string) []string {
	env := []string{
		"AWS_ENDPOINT_URL=" + e.url, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	for _, name := range []string{"HOME", "PATH", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOSUMDB", "TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return append(env, more...)
}

// until asks again and again whether something is so.
func until(ctx context.Context, t *testing.T, what string, isSo func() bool) {
	t.Helper()
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for !isSo() {
		select {
		case <-ctx.Done():
			t.Fatalf("waiting until %s: %v", what, ctx.Err())
		case <-poll.C:
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// tail returns the end of a file.
func tail(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	const most = 8000
	if info, err := file.Stat(); err == nil && info.Size() > most {
		file.Seek(-most, io.SeekEnd) //nolint:errcheck // then it is the whole file
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
