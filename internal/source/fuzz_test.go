package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
)

// A body's words of an error stand in a JSON object, its status is one of an error.
func FuzzSaid(f *testing.F) {
	for _, body := range []string{`{"erro":{"statusCode":500,"detail":"a"}}`, "/* {\"codigo\" : 500, \"mensagem\" : \"g\"} */\n", `{"error":"Too many requests"}`, `{"error_code":"503","error_message":"f"}`, `{"value":[]}`, "{"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		status, words := Response{Body: body}.Said()
		if status == 0 && words == "" {
			return
		}
		text := bytes.TrimSpace(body)
		if inner, ok := bytes.CutPrefix(text, []byte("/*")); ok {
			text = bytes.TrimSpace(bytes.TrimSuffix(inner, []byte("*/")))
		}
		if status != 0 && (status < 400 || status > 599) || words == "" || !json.Valid(text) || bytes.IndexByte(text, '{') < 0 {
			t.Errorf("Said of %q: %d %q", body, status, words)
		}
	})
}

// What is no error of judge's is an answer of the status 200, or a refusal.
func FuzzJudge(f *testing.F) {
	f.Add(200, []byte("[1]"), "", "", false)
	f.Add(200, []byte(" <html>"), "", "", true)
	f.Add(429, []byte("{}"), "120", "", false)
	f.Add(403, []byte("<p>429 Too Many Requests"), "Wed, 01 Jul 2026 10:00:30 GMT", "Wed, 01 Jul 2026 10:00:00 GMT", false)
	f.Add(503, []byte(""), "99999999999999999999", "soon", false)
	f.Fuzz(func(t *testing.T, status int, body []byte, after, date string, page bool) {
		header := http.Header{"Retry-After": {after}, "Date": {date}}
		err := judge("http://publisher.example", Response{Status: status, Body: body}, header, page)
		isPage := bytes.HasPrefix(bytes.TrimSpace(body[:min(len(body), 512)]), []byte("<"))
		slow := strings.Contains(strings.ToLower(string(body[:min(len(body), 4096)])), "too many requests")
		var good bool
		switch {
		case status == 429 || isPage && slow:
		case isPage:
			good = page && (status == 200 || status == 404)
		default:
			good = status == 200 || status >= 400 && status < 500 && status != 408
		}
		if (err == nil) != good {
			t.Fatalf("judge of %d %q (page wanted: %t): %v", status, body, page, err)
		}
		if err == nil {
			return
		}
		if name := fault.NameOf(err); name != fault.Throttled && name != fault.Unavailable || len(err.Error()) > 200 {
			t.Errorf("error %v", err)
		}
		if wish := RetryAfter(0); errors.As(err, &wish) && wish < 0 {
			t.Errorf("%s, %q at %q", wish, after, date)
		}
	})
}

// Seconds and dates against the library's own numbers and clock.
func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "")
	f.Add("-1", "")
	f.Add("4294967296", "")
	f.Add("Wed, 01 Jul 2026 10:00:30 GMT", "Wed, 01 Jul 2026 10:00:00 GMT")
	f.Add("Wednesday, 01-Jul-26 10:00:30 GMT", "x")
	now := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, after, date string) {
		got, ok := retryAfter(http.Header{"Retry-After": {after}, "Date": {date}}, now)
		if got < 0 || !ok && got != 0 {
			t.Fatalf("%q at %q: %s, %t", after, date, got, ok)
		}
		if strings.Trim(after, "0123456789") == "" && after != "" {
			n, _ := new(big.Int).SetString(after, 10)
			fits := n.BitLen() <= 31
			if ok != fits || fits && time.Duration(got)/time.Second != time.Duration(n.Int64()) {
				t.Errorf("%q: %s, %t", after, got, ok)
			}
		}
	})
}
