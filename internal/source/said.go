package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxSaid bounds the body of an error, in bytes; a longer body is rows.
const maxSaid = 64 << 10

// errorObject is what publishers' errors have, at the top or inside erro or error.
type errorObject struct {
	StatusCode, Status, Code, Codigo json.RawMessage
	ErrorCode                        json.RawMessage `json:"error_code"`
	Erro, Error                      json.RawMessage // a text or another errorObject
	Detail, Message, Mensagem        json.RawMessage
	ErrorMessage                     json.RawMessage `json:"error_message"`
}

// Said returns what a body says of an error, when it is a JSON object that does:
// its own status from 400 to 599, 0 where it has none, and its words. Some
// publishers put it into a comment, and send it with the status 200.
func (r Response) Said() (status int, words string) {
	body := bytes.TrimSpace(r.Body)
	if inner, ok := bytes.CutPrefix(body, []byte("/*")); ok {
		body = bytes.TrimSpace(bytes.TrimSuffix(inner, []byte("*/")))
	}
	if len(body) > maxSaid || !bytes.HasPrefix(body, []byte("{")) {
		return 0, ""
	}
	outer, ok := object(body)
	if !ok {
		return 0, ""
	}
	text := cmp.Or(textOf(outer.Erro), textOf(outer.Error))
	inner, ok := object(outer.Erro)
	if !ok {
		inner, ok = object(outer.Error)
	}
	ok = ok && (says(valueOf(outer.Erro)) || says(valueOf(outer.Error)) || !hasMore(body))
	if status = cmp.Or(inner.status(), outer.status()); status != 0 && !ok && text == "" && outer.words() == "" && hasMore(body) {
		return 0, "" // a number of that name in an answer
	}
	if status == 0 && text == "" && !ok && textOf(outer.ErrorMessage) == "" {
		return 0, "" // an object of something else
	}
	words = cmp.Or(inner.words(), text, outer.words(), "an error without words")
	if status == 0 && saysTooMany(body) {
		status = http.StatusTooManyRequests
	}
	return status, words
}

// Failure returns why a body that has no rows, a JSON object, is no answer: the words of
// an error, or a member by which it says that the request failed; "" where it says nothing
// of the kind.
func (r Response) Failure() string {
	_, words := r.Said()
	body := bytes.TrimSpace(r.Body)
	var said struct{ Success, OK, Error, Errors, Status any }
	if len(body) > maxSaid || json.Unmarshal(body, &said) != nil {
		return words
	}
	is := func(v any, words ...string) bool {
		return slices.Contains(words, strings.ToLower(fmt.Sprint(v)))
	}
	good, bad := is(said.Success, "true") || is(said.OK, "true"), is(said.Success, "false") || is(said.OK, "false")
	switch {
	case good && !bad:
		return ""
	case words != "":
		return words
	}
	outer, _ := object(body)
	for _, member := range []struct {
		words  string
		failed bool
	}{
		{"success: false", is(said.Success, "false")},
		{"ok: false", is(said.OK, "false")},
		{"error: true", is(said.Error, "true")},
		{"errors", says(said.Errors)},
		{"status: error", is(said.Status, "error", "fail", "failed", "failure")},
	} {
		if member.failed {
			return cmp.Or(outer.words(), member.words)
		}
	}
	return ""
}

// says reports whether a member for errors has any: a text, a list that is not empty, a code
// other than 0, or an object with one of those.
func says(v any) bool {
	switch v := v.(type) {
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		for name, inner := range v {
			if !isCode(name) && says(inner) || isCode(name) && !slices.Contains([]string{"", "0", "<nil>", "false"}, fmt.Sprint(inner)) {
				return true
			}
		}
	}
	return false
}

// isCode reports whether a member has the name of a status or a code.
func isCode(name string) bool {
	return slices.Contains([]string{"statuscode", "status", "code", "codigo", "error_code"}, strings.ToLower(name))
}

// valueOf returns a JSON value, nil for what is none.
func valueOf(raw json.RawMessage) (v any) {
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

func object(raw json.RawMessage) (o errorObject, ok bool) {
	return o, bytes.HasPrefix(raw, []byte("{")) && json.Unmarshal(raw, &o) == nil
}

func (o errorObject) status() int {
	for _, raw := range []json.RawMessage{o.StatusCode, o.Status, o.Code, o.Codigo, o.ErrorCode} {
		if n, err := strconv.Atoi(strings.Trim(string(raw), `"`)); err == nil && n >= 400 && n <= 599 {
			return n
		}
	}
	return 0
}

func (o errorObject) words() string {
	return cmp.Or(textOf(o.Detail), textOf(o.Message), textOf(o.Mensagem), textOf(o.ErrorMessage))
}

// textOf returns a JSON text, "" for anything else.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// hasMore reports whether an object has other members than those of an error.
func hasMore(body []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return false
	}
	for name, raw := range members {
		of := isCode(name) || slices.Contains([]string{"erro", "error", "timestamp", "path"}, strings.ToLower(name))
		if !of && len(raw) > 0 && (raw[0] == '[' || raw[0] == '{') {
			return true
		}
	}
	return false
}
