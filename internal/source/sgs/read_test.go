package sgs

import (
	"bytes"
	"encoding/json"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"
)

// An answer without rows is concluded from a body that says so alone: an empty
// list, or the words for it. All else is an error with a name and a short text.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"sgs-404.json", "sgs-406-window.json", "sgs-400-last-n.json", "sgs-selic.json", "bcb-html-error.html"} {
		f.Add(404, sourcetest.Sample(f, name))
	}
	f.Add(200, []byte("[]"))
	f.Add(200, []byte(`{"erro":{"detail":"Value(s) not found"`))
	f.Add(200, []byte(`{"erro":{"statusCode":"404","detail":"Value(s) not found"}}`))
	asked := span.Span{From: span.Date(2026, 7, 1), To: span.Date(2026, 7, 31)}
	series := source.Series{Key: "SGS#11", Code: "11", Fields: []string{"value"}}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		answer, err := read(source.Response{Status: status, Body: body}, series, asked)
		if err != nil {
			name := fault.NameOf(err)
			if name != fault.Malformed && name != fault.Unavailable && name != fault.Rejected || len(err.Error()) > 2000 {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("an answer from %d %q", status, body)
		}
		list := bytes.HasPrefix(bytes.TrimSpace(body), []byte("["))
		rows := len(answer.Observations) + len(answer.Damaged) + len(answer.Empty)
		if list && rows == 0 && bytes.IndexByte(body, '{') >= 0 || !list && (rows > 0 || status >= 500) {
			t.Fatalf("%+v from %d %q", answer, status, body)
		}
	})
}
