package source_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"lacuna/internal/source"
)

// A Watch sees what was answered, good or not.
func TestWatch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, "<html>no</html>") //nolint:errcheck // the client would say so
			return
		}
		io.WriteString(w, "12345") //nolint:errcheck // the client would say so
	}))
	defer server.Close()
	c, err := source.NewClient(server.URL, time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	var w source.Watch
	if status, bytes := w.Seen(); status != 0 || bytes != 0 {
		t.Errorf("seen before a request: %d, %d", status, bytes)
	}
	ctx := source.WithWatch(t.Context(), &w)
	for _, step := range []struct {
		path          string
		status, bytes int
	}{{"/good", 200, 5}, {"/refused", 403, 20}, {"/good", 200, 25}} {
		_, err := c.Get(ctx, step.path)
		if (err != nil) != (step.path == "/refused") {
			t.Errorf("GET %s: %v", step.path, err)
		}
		if status, bytes := w.Seen(); status != step.status || bytes != step.bytes {
			t.Errorf("seen after %s: %d, %d; want %d, %d", step.path, status, bytes, step.status, step.bytes)
		}
	}
	server.Close()
	if _, err := c.Get(ctx, "/good"); err == nil {
		t.Error("an answer of a server that is gone")
	}
	if status, bytes := w.Seen(); status != 0 || bytes != 25 {
		t.Errorf("seen after no answer: %d, %d", status, bytes)
	}
}
