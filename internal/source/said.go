package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
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
	status = cmp.Or(inner.status(), outer.status())
	if status == 0 && text == "" && !ok && textOf(outer.ErrorMessage) == "" {
		return 0, "" // an object of something else
	}
	words = cmp.Or(inner.words(), text, outer.words(), "an error without words")
	if status == 0 && saysTooMany(body) {
		status = http.StatusTooManyRequests
	}
	return status, words
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
