package source

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestUserAgent(t *testing.T) {
	if !strings.HasPrefix(userAgent, "lacuna/") || strings.Contains(userAgent, "http") {
		t.Errorf("%s: want the program and its version, and nobody's address", userAgent)
	}
	for _, tt := range []struct {
		contact []Option
		want    string
	}{
		{nil, userAgent},
		{[]Option{Contact("data@bank.example")}, userAgent + " (data@bank.example)"},
		{[]Option{Contact("https://bank.example/contact")}, userAgent + " (https://bank.example/contact)"},
	} {
		var got string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.UserAgent() }))
		c, err := NewClient(server.URL, time.Minute, 100, tt.contact...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), "/"); err != nil || got != tt.want {
			t.Errorf("asked as %q (%v), want %q", got, err, tt.want)
		}
		server.Close()
	}
}

func TestCheckContact(t *testing.T) {
	for _, text := range []string{"a@b.example", "First.Last+tag@sub.bank.example", "https://bank.example", "http://bank.example:8080/about?team=data#x", "a@" + strings.Repeat("b", 198)} {
		if err := CheckContact(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "nobody", "a@", "@b", "a@b@c", "a b@c.example", "a@b.example\r\nX: y", "a@b.example\n", "é@b.example", "a@b.example) (x",
		"https://", "https://user:s3cr3t@bank.example/", "ftp://bank.example", "https://bank.example/a b", "https://bank.example/\x1b[2J", "https://bank.example/\u202e",
		"a@" + strings.Repeat("b", 199),
	} {
		if err := CheckContact(text); err == nil {
			t.Errorf("%q is taken for a contact", text)
		} else if c, err := NewClient("https://publisher.example", time.Second, 1, Contact(text)); err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: NewClient = %v, %v", text, c, err)
		}
	}
}
