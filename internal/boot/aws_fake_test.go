//go:build integration

package boot_test

import (
	"encoding/json"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// call is a request to AWS: the operation and its JSON, "" when it is CBOR.
type call struct{ Operation, Body string }

// fakeAWS answers every operation of every service, so that a real function can
// run to its end: with what is set for it, else with {}.
type fakeAWS struct {
	url string

	mu      sync.Mutex
	answers map[string]string // operation to body; a body with __type is a 400
	calls   []call
}

func startAWS(t testing.TB, answers map[string]string) *fakeAWS {
	f := &fakeAWS{answers: answers}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, operation, isJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !isJSON { // RPC v2: the operation is in the path, the body CBOR
		operation, body = r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], nil
	}
	f.mu.Lock()
	f.calls = append(f.calls, call{operation, string(body)})
	answer, ok := f.answers[operation]
	f.mu.Unlock()
	switch {
	case !isJSON:
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		answer = "\xa0" // {}
	case !ok:
		answer = "{}"
	}
	// DynamoDB's SDK checks each answer.
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(answer))), 10))
	if strings.Contains(answer, "__type") {
		w.WriteHeader(http.StatusBadRequest)
	}
	io.WriteString(w, answer) //nolint:errcheck // the function would say so
}

// of returns the calls of one operation, oldest first.
func (f *fakeAWS) of(operation string) []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []call
	for _, c := range f.calls {
		if c.Operation == operation {
			found = append(found, c)
		}
	}
	return found
}

// field returns a text of the only call of operation.
func (f *fakeAWS) field(t *testing.T, operation, name string) string {
	t.Helper()
	calls := f.of(operation)
	if len(calls) != 1 {
		t.Fatalf("%d calls of %s, want 1; all: %v", len(calls), operation, f.calls)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(calls[0].Body), &body); err != nil {
		t.Fatal(err)
	}
	text, _ := body[name].(string)
	return text
}
