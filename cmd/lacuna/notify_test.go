package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hook is a server that keeps the last notice.
type hook struct {
	*httptest.Server
	last   atomic.Pointer[notice]
	n      atomic.Int32
	status atomic.Int32 // of its answers
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.status.Store(http.StatusOK)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var n notice
		if err != nil || json.Unmarshal(body, &n) != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %q, error %v", r.Method, r.URL, body, err)
		}
		h.last.Store(&n)
		h.n.Add(1)
		if status := int(h.status.Load()); status != http.StatusOK {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// A receiver that does not answer does not keep a process that is told to end.
func TestNotifyEnds(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // then the end of the connection is seen
		end()
		<-r.Context().Done()
	}))
	defer hanging.Close()
	begun := time.Now()
	err := notify(ctx, hanging.URL, notice{})
	if took := time.Since(begun); err == nil || took > notifyTime/2 {
		t.Errorf("error %v after %s", err, took)
	}
}

func TestNotify(t *testing.T) {
	h := newHook(t)
	address := h.URL + "/T000/s3cr3t"
	if err := notify(t.Context(), address, notice{Text: "two\nlines", Event: needsPerson}); err != nil {
		t.Fatal(err)
	}
	if got := h.last.Load(); got.Text != `two\nlines` || got.Event != needsPerson {
		t.Errorf("got %+v", got)
	}
	for status, want := range map[int]string{404: "--notify: the answer is 404 Not Found", 302: "--notify: the answer is 302 Found"} {
		h.status.Store(int32(status))
		if err := notify(t.Context(), address, notice{}); err == nil || err.Error() != want {
			t.Errorf("%d: error %v, want %s", status, err, want)
		}
	}
	h.Close()
	if err := notify(t.Context(), address, notice{}); err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: error %v", err)
	}
	for _, bad := range []string{"s3cr3t", "ftp://host/s3cr3t", "https://", "http://%zz/s3cr3t", ":s3cr3t"} {
		if err := checkNotify(bad); err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
	for address, want := range map[string]bool{"https://a.example/x": false, "http://127.0.0.1:1/x": false, "http://localhost/x": false, "http://a.example/x": true, "http://[::1]/x": false} {
		if plainHTTP(address) != want {
			t.Errorf("%s: plain %t", address, !want)
		}
	}
}
