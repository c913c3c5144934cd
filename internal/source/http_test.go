package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestNewClientRefuses(t *testing.T) {
	for name, open := range map[string]func() (*Client, error){
		"no scheme":      func() (*Client, error) { return NewClient("example.org/x", time.Second, 1) },
		"a file":         func() (*Client, error) { return NewClient("file:///etc/passwd", time.Second, 1) },
		"no host":        func() (*Client, error) { return NewClient("https:///x", time.Second, 1) },
		"a query":        func() (*Client, error) { return NewClient("https://example.org/?a=b", time.Second, 1) },
		"no time at all": func() (*Client, error) { return NewClient("https://example.org", 0, 1) },
		"no rate":        func() (*Client, error) { return NewClient("https://example.org", time.Second, 0) },
	} {
		if c, err := open(); err == nil {
			t.Errorf("%s: NewClient = %v, want an error", name, c)
		}
	}
}

func TestGet(t *testing.T) {
	const page = "\r\n<!DOCTYPE html><html><title>"
	tests := []struct {
		name    string
		status  int
		header  map[string]string
		body    string
		want    Response
		wantErr fault.Name
		after   time.Duration
	}{
		{name: "rows", status: 200, body: "[1]", want: Response{Requests: 1, Status: 200, Body: []byte("[1]")}},
		{name: "nothing at all", status: 200, want: Response{Requests: 1, Status: 200}},
		{name: "a byte order mark", status: 200, body: "\ufeffa;b", want: Response{Requests: 1, Status: 200, Body: []byte("a;b")}},
		{name: "404 is the caller's to read", status: 404, body: "{}", want: Response{Requests: 1, Status: 404, Body: []byte("{}")}},
		{name: "compressed, as was not asked for", status: 200, header: map[string]string{"Content-Encoding": "br"}, body: "\x0b\x02", want: Response{Requests: 1, Status: 200, Body: []byte("\x0b\x02")}, wantErr: fault.Malformed},
		{name: "no content", status: 204, want: Response{Requests: 1, Status: 204}, wantErr: fault.Unavailable},
		{name: "a part", status: 206, body: "[1]", want: Response{Requests: 1, Status: 206, Body: []byte("[1]")}, wantErr: fault.Unavailable},
		{name: "a redirect to nowhere", status: 302, want: Response{Requests: 1, Status: 302}, wantErr: fault.Unavailable},
		{name: "an error with 200", status: 200, body: `{"status":503}`, want: Response{Requests: 1, Status: 503, Body: []byte(`{"status":503}`)}, wantErr: fault.Unavailable},
		{name: "an error of the caller's with 200", status: 200, body: `{"erro":{"statusCode":404}}`, want: Response{Requests: 1, Status: 404, Body: []byte(`{"erro":{"statusCode":404}}`)}},
		{name: "408", status: 408, want: Response{Requests: 1, Status: 408}, wantErr: fault.Unavailable},
		{name: "500 keeps its body", status: 500, body: "/**/", want: Response{Requests: 1, Status: 500, Body: []byte("/**/")}, wantErr: fault.Unavailable},
		{name: "503 with a wish", status: 503, header: map[string]string{"Retry-After": "120"},
			want: Response{Requests: 1, Status: 503}, wantErr: fault.Unavailable, after: 2 * time.Minute},
		{name: "a page with 200", status: 200, body: page, want: Response{Requests: 1, Status: 200, Body: []byte(page)}, wantErr: fault.Unavailable},
		{name: "a page with 404", status: 404, body: page, want: Response{Requests: 1, Status: 404, Body: []byte(page)}, wantErr: fault.Unavailable},
		{name: "429", status: 429, header: map[string]string{"Retry-After": "7"},
			want: Response{Requests: 1, Status: 429}, wantErr: fault.Throttled, after: 7 * time.Second},
		{name: "429 until a date, by the publisher's clock", status: 429,
			header: map[string]string{"Date": "Wed, 01 Jul 2026 10:00:00 GMT", "Retry-After": "Wed, 01 Jul 2026 10:00:30 GMT"},
			want:   Response{Requests: 1, Status: 429}, wantErr: fault.Throttled, after: 30 * time.Second},
		{name: "429 until a date gone by", status: 429,
			header: map[string]string{"Date": "Wed, 01 Jul 2026 10:00:00 GMT", "Retry-After": "Wed, 01 Jul 2026 09:00:00 GMT"},
			want:   Response{Requests: 1, Status: 429}, wantErr: fault.Throttled},
		{name: "429 until it feels better", status: 429, header: map[string]string{"Retry-After": "soon"},
			want: Response{Requests: 1, Status: 429}, wantErr: fault.Throttled},
		{name: "a page that says 429", status: 403, body: page + "429 Too Many Requests",
			want: Response{Requests: 1, Status: 403, Body: []byte(page + "429 Too Many Requests")}, wantErr: fault.Throttled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.UserAgent() != userAgent || r.RequestURI != "/base/rows?a='b'" {
					t.Errorf("asked for %s as %s", r.RequestURI, r.UserAgent())
				}
				for name, value := range tt.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			}))
			defer server.Close()
			got, err := client(t, server.URL+"/base/").Get(t.Context(), "/rows?a='b'")
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("Get mismatch (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.wantErr == "") || err != nil && fault.NameOf(err) != tt.wantErr {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			after := RetryAfter(0)
			errors.As(err, &after)
			if after != RetryAfter(tt.after) {
				t.Errorf("%v, want %s", after, tt.after)
			}
		})
	}
}

func TestGetPage(t *testing.T) {
	const page = "<!DOCTYPE html><html><title>"
	for _, tt := range []struct {
		status int
		body   string
		want   fault.Name
	}{
		{200, page, ""},
		{404, page, ""},
		{404, "{}", ""},
		{403, page, fault.Unavailable},
		{500, page, fault.Unavailable},
		{200, page + "429 Too Many Requests", fault.Throttled},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		}))
		got, err := client(t, server.URL).GetPage(t.Context(), "/folder/")
		server.Close()
		if diff := cmp.Diff(Response{Requests: 1, Status: tt.status, Body: []byte(tt.body)}, got); diff != "" {
			t.Errorf("GetPage mismatch (-want +got):\n%s", diff)
		}
		if (err == nil) != (tt.want == "") || err != nil && fault.NameOf(err) != tt.want {
			t.Errorf("%d %s: error %v, want %q", tt.status, tt.body, err, tt.want)
		}
	}
}

func client(t *testing.T, base string) *Client {
	t.Helper()
	c, err := NewClient(base, time.Minute, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// transport answers without a network, so that synctest's clock runs.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(body io.Reader) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(body)}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestGetBoundsTheBody(t *testing.T) {
	for size, want := range map[int64]fault.Name{maxBody: "", maxBody + 1: fault.Malformed} {
		c := client(t, "http://publisher.example")
		c.http.Transport = transport(func(*http.Request) (*http.Response, error) {
			return answer(io.LimitReader(zeros{}, size)), nil
		})
		_, err := c.Get(t.Context(), "/")
		if (err == nil) != (want == "") || err != nil && fault.NameOf(err) != want {
			t.Errorf("body of %d bytes: error %v, want %q", size, err, want)
		}
	}
}

func TestGetRedirects(t *testing.T) {
	tests := []struct {
		name, from, to string
		wantErr        fault.Name
	}{
		{"to https", "http://a.example", "https://a.example/there", ""},
		{"to http", "https://a.example", "http://a.example/there", fault.Unavailable},
		{"for ever", "https://a.example", "https://a.example/base", fault.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, tt.from)
			c.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
				a := answer(http.NoBody)
				if r.URL.Path != "/there" {
					a.StatusCode = http.StatusMovedPermanently
					a.Header.Set("Location", tt.to)
				}
				return a, nil
			})
			_, err := c.Get(t.Context(), "/base")
			if (err == nil) != (tt.wantErr == "") || err != nil && fault.NameOf(err) != tt.wantErr {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
		})
	}
}

func TestGetWaitsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClient("http://publisher.example", time.Second, 2)
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		c.http.Transport = transport(func(*http.Request) (*http.Response, error) {
			asked++
			return answer(http.NoBody), nil
		})
		start := time.Now()
		for range 6 { // two at once, then two a second
			if _, err := c.Get(t.Context(), "/"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("6 requests at 2 a second took %s, want 2s", took)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r, err := c.Get(short, "/")
		if !errors.Is(err, context.DeadlineExceeded) || fault.NameOf(err) != fault.Internal || r.Requests != 0 || asked != 6 {
			t.Errorf("no turn before the deadline: %d requests of %d, error %v", r.Requests, asked, err)
		}
	})
}

func TestGetGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://publisher.example")
		c.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		start := time.Now()
		r, err := c.Get(t.Context(), "/")
		// A deadline of the caller's could not be told from it if it were inside.
		if fault.NameOf(err) != fault.Unavailable || errors.Is(err, context.DeadlineExceeded) || r.Requests != 1 || time.Since(start) != time.Minute {
			t.Errorf("after %s: %d requests, error %v; want Unavailable after 1m0s", time.Since(start), r.Requests, err)
		}
	})
}

func TestSaid(t *testing.T) {
	for _, tt := range []struct {
		body   string
		status int
		words  string
	}{
		{`{"erro":{"statusCode":500,"detail":"a"}}`, 500, "a"},
		{`{"error":{"code":"503","message":"b"}}`, 503, "b"},
		{`{"timestamp":1,"status":502,"error":"Bad Gateway","path":"/"}`, 502, "Bad Gateway"},
		{`{"error":"c","message":"d"}`, 0, "c"},
		{`{"erro":"e"}`, 0, "e"},
		{`{"erro":{}}`, 0, "an error without words"},
		{`{"error_code":400,"error_message":"f"}`, 400, "f"},
		{"/* {\"codigo\" : 500, \"mensagem\" : \"g\"} */\n", 500, "g"},
		{`{"error":"Too many requests"}`, 429, "Too many requests"},
		{`{"message":"Resource not found","type":"NotFound"}`, 0, ""},
		{`{"status":200}`, 0, ""},
		{`{"code":1}`, 0, ""},
		{`{"value":[]}`, 0, ""},
		{`{"erro":null,"value":[]}`, 0, ""},
		{`[{"erro":{"statusCode":500}}]`, 0, ""},
		{`{"erro":{"statusCode":500`, 0, ""},
		{`{"erro":{"statusCode":500},"x":"` + strings.Repeat("x", maxSaid) + `"}`, 0, ""},
		{"", 0, ""},
	} {
		status, words := Response{Status: 200, Body: []byte(tt.body)}.Said()
		if status != tt.status || words != tt.words {
			t.Errorf("Said of %.100s: %d %q, want %d %q", tt.body, status, words, tt.status, tt.words)
		}
	}
}
