package source

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
)

// However a publisher writes a secret again, nobody reads it.
func TestMask(t *testing.T) {
	for _, value := range []string{`Zk9abc/def+Ghi789==`, `sEcr/et+k"ey 99`, `sesame-open`, `a\b'c<d>&e`} {
		plain, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		s := &Secret{Value: value, written: writings(value)}
		for _, text := range []string{
			value, strings.ToLower(value), strings.ToUpper(value), string(plain), strings.ReplaceAll(string(plain), "/", `\/`),
			strings.NewReplacer("/", "%2f", "+", "%2b", "=", "%3d", `"`, "%22", " ", "%20", `\`, "%5c", "'", "%27", "<", "%3c", ">", "%3e", "&", "%26").Replace(value),
			strings.NewReplacer("/", "&#x2F;", "+", "&#x2B;", "=", "&#x3D;", `"`, "&#x22;", " ", "&#x20;", "-", "&#x2D;", `\`, "&#x5C;", "'", "&#x27;", "<", "&#x3C;", ">", "&#x3E;", "&", "&#x26;").Replace(value),
		} {
			if got := string(s.mask([]byte(`{"error":"bad key ` + text + `"}`))); !strings.Contains(got, masked) || strings.Contains(got, text[1:len(text)-1]) {
				t.Errorf("%q is shown as %s", text, got)
			}
		}
		if got := string(s.mask([]byte("1.5,2024-01-02"))); got != "1.5,2024-01-02" {
			t.Errorf("a body without it is %q", got)
		}
	}
	short := &Secret{Value: "12345", written: writings("12345")}
	if got := string(short.mask([]byte("12345.6"))); got != "12345.6" {
		t.Errorf("a number is %q", got)
	}
}

// What a publisher sends in the place of HTTP is quoted by the transport, and cut.
func TestMaskInWhatIsNoHTTP(t *testing.T) {
	for what, text := range map[string]string{
		"a status line": "bad key sesame-open\r\n\r\n",
		"a long one":    strings.Repeat("x", 240) + "sesame-open" + strings.Repeat("x", 2000) + "\r\n\r\n",
		"a header":      "HTTP/1.1 200 OK\r\nsesame-open\r\n\r\n",
		"a trailer":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1\r\n1\r\n0\r\nsesame-open\r\n\r\n",
		"a redirect":    "HTTP/1.1 302 Found\r\nLocation: https://sesame-open.example/\r\n\r\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte(text))
				conn.Close()
			}
		}()
		c, err := NewClient("http://"+listener.Addr().String(), time.Second, 1000, WithSecret(Secret{Header: "X-Key", Value: "sesame-open"}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Get(t.Context(), "/x")
		listener.Close()
		if fault.NameOf(err) != fault.Unavailable || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: error %v", what, err)
		}
	}
}
