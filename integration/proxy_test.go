//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// proxy passes everything on to the emulator, as if it had come over TLS: the
// queues' policies want that. On the way it notes what functions ask for, holds
// them to the keys of their roles, and has DynamoDB throttle when it is told to.
type proxy struct {
	behind *httputil.ReverseProxy
	keys   atomic.Pointer[keys]

	mu       sync.Mutex
	calls    map[string]int // by operation
	tokens   []string       // of tasks that succeeded
	throttle bool
	refused  int // batches
}

func newProxy(behind *url.URL) *proxy {
	return &proxy{calls: map[string]int{}, behind: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host // it is signed
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		},
		// The emulator restarts, and clients ask again.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	toTable := strings.HasPrefix(service, "DynamoDB")
	var body []byte
	if toTable || operation == "SendTaskSuccess" {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if k := p.keys.Load(); k != nil && toTable && k.refuse(w, r, operation, body) {
		return
	}
	if p.note(operation, body) {
		unprocessed(w, body)
		return
	}
	p.behind.ServeHTTP(w, r)
}

// note notes a call; throttled is set for every other batch while p throttles.
func (p *proxy) note(operation string, body []byte) (throttled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[operation]++
	switch operation {
	case "SendTaskSuccess":
		var answer struct{ TaskToken string }
		if json.Unmarshal(body, &answer) == nil {
			p.tokens = append(p.tokens, answer.TaskToken)
		}
	case "BatchWriteItem":
		if p.throttle && p.calls[operation]%2 == 0 {
			p.refused++
			return true
		}
	}
	return false
}

// unprocessed answers a batch as DynamoDB does when it takes none of it.
func unprocessed(w http.ResponseWriter, batch []byte) {
	var request struct{ RequestItems json.RawMessage }
	if err := json.Unmarshal(batch, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	json.NewEncoder(w).Encode(map[string]json.RawMessage{"UnprocessedItems": request.RequestItems}) //nolint:errcheck // then the client asks again
}

// throttling sets whether every other batch is refused, and returns how many
// were since it was set before.
func (p *proxy) throttling(on bool) (refused int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refused, p.refused = p.refused, 0
	p.throttle = on
	return refused
}

// lastToken returns the token of a task that succeeded.
func (p *proxy) lastToken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[len(p.tokens)-1]
}
