//go:build integration

package integration

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// emulator is ministack with an empty memory, as long as the test runs. Its URL
// is that of a proxy, which stands for the TLS that the queues' policies want.
type emulator struct{ url string }

func startEmulator(t *testing.T) emulator {
	t.Helper()
	port := freePort(t)
	behind := &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host // it is signed
		r.Out.Header.Set("X-Forwarded-Proto", "https")
	}})
	t.Cleanup(proxy.Close)
	e := emulator{proxy.URL}
	log, err := os.Create(filepath.Join(t.TempDir(), "ministack.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("./ministack", strconv.Itoa(port), e.url)
	cmd.Stdout, cmd.Stderr = log, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() //nolint:errcheck // it ends with this or has ended
		cmd.Wait()    //nolint:errcheck // it ends by a signal
		if t.Failed() {
			t.Logf("the emulator wrote:\n%s", tail(t, log.Name()))
		}
		log.Close() //nolint:errcheck // nothing writes to it any more
	})
	ctx, cancel := context.WithTimeout(t.Context(), startWithin)
	defer cancel()
	until(ctx, t, "the emulator answers", func() bool {
		answer, err := http.Get(behind.String() + "/_ministack/health")
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	return e
}

// config is the SDK's configuration for e.
func (e emulator) config() aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: &e.url,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// environ is the environment of a program for which e is AWS: nothing of this
// machine's AWS is left in it.
func (e emulator) environ(more ...string) []string {
	env := []string{
		"AWS_ENDPOINT_URL=" + e.url, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	for _, name := range []string{"HOME", "PATH", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOSUMDB", "TF_PLUGIN_CACHE_DIR"} {
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
