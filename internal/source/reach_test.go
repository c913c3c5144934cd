package source

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/fault"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"
)

// A publisher's redirects are followed by the real client on real connections.
func TestRedirects(t *testing.T) {
	other := newRecorder(t, nil)
	for _, tt := range []struct {
		name string
		to   string // of /0; each /n leads to /n+1 without it
		last int    // the request that is answered
		want string // in the error
	}{
		{"none", "", 0, ""},
		{"on the host", "/1", 1, ""},
		{"three", "/1", 3, ""},
		{"four", "/1", 4, "more than 3 redirects"},
		{"to another port", other.server.URL + "/", 1, "it leaves the port"},
		{"to another name of this machine", strings.Replace(other.server.URL, "127.0.0.1", "localhost", 1), 1, "it leaves the site of 127.0.0.1"},
		{"to a link-local address", "http://169.254.169.254/latest/meta-data", 1, `redirect to "http://169.254.169.254": it leaves the site`},
		{"to a mapped address", "http://[::ffff:127.0.0.1]/", 1, "it leaves the site"},
		{"to all addresses", "http://0.0.0.0/", 1, "it leaves the site"},
		{"to a file", "file:///etc/passwd", 1, "it leaves the site"},
		{"with a password", "https://alice:s3cr3t@evil.example/", 1, `redirect to "https://evil.example"`},
		{"to a very long address", "/" + strings.Repeat("x", maxLocation), 1, "redirect to an address of 8193 bytes"},
		{"to no address", "http://[s3cr3t", 1, "redirect to an address that cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			publisher := newRecorder(t, func(w http.ResponseWriter, r *http.Request) {
				n := int(r.URL.Path[1] - '0')
				switch {
				case n == 0 && tt.to != "":
					w.Header().Set("Location", tt.to)
					w.WriteHeader(http.StatusFound)
				case n < tt.last:
					http.Redirect(w, r, string(rune('1'+n)), http.StatusTemporaryRedirect)
				default:
					io.WriteString(w, "here")
				}
			})
			got, err := client(t, publisher.server.URL).Get(t.Context(), "/0")
			switch {
			case tt.want == "" && (err != nil || string(got.Body) != "here"):
				t.Errorf("%q, error %v", got.Body, err)
			case tt.want != "" && (fault.NameOf(err) != fault.Unavailable || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 1000):
				t.Errorf("error %v, want Unavailable with %q", err, tt.want)
			}
			if asked := other.asked(); asked != nil {
				t.Errorf("another host was asked for %v", asked)
			}
		})
	}
}

// What is no HTTP, and a header that does not end, are cut before they are told.
func TestAnswersThatAreNoHTTP(t *testing.T) {
	for name, sent := range map[string]string{
		"a line":        strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"a status":      "HTTP/1.1 " + strings.Repeat("9", 1<<20) + "\r\n\r\n",
		"a field":       "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"many fields":   "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<17) + "\r\n",
		"a short field": "HTTP/1.1 200 OK\r\n" + strings.Repeat("x", maxHeader/2) + "\r\n\r\n",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, sent) //nolint:errcheck // the client may hang up before its end
		}))
		_, err := client(t, server.URL).Get(t.Context(), "/")
		server.Close()
		if fault.NameOf(err) != fault.Unavailable || len(err.Error()) > maxTrouble+200 {
			t.Errorf("%s: error %.1500v", name, err)
		}
	}
}

// What is a redirect of a redirect is judged by the address configured, too.
func TestRedirectsDoNotAddUp(t *testing.T) {
	c := client(t, "http://www.publisher.example")
	var asked []string
	c.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String())
		a := answer(http.NoBody)
		a.StatusCode = http.StatusFound
		switch r.URL.String() {
		case "http://www.publisher.example/":
			a.Header.Set("Location", "https://data.publisher.example/")
		case "https://data.publisher.example/":
			a.Header.Set("Location", "https://www.publisher.example/")
		case "https://www.publisher.example/":
			a.Header.Set("Location", "http://www.publisher.example/again") // allowed before, but https was reached
		}
		return a, nil
	})
	_, err := c.Get(t.Context(), "/")
	if err == nil || !strings.Contains(err.Error(), "it is not https") || len(asked) != 3 {
		t.Errorf("asked for %v, error %v", asked, err)
	}
}

// User and password go to the configured host alone, and into no error.
func TestUserAndPasswordAreSentAndNotShown(t *testing.T) {
	c := client(t, "https://alice:s3cr3t@api.publisher.example/base")
	got := map[string]string{}
	c.http.Transport = transport(func(r *http.Request) (*http.Response, error) {
		user, password, _ := r.BasicAuth()
		got[r.URL.String()] = user + " " + password
		a := answer(http.NoBody)
		a.StatusCode = http.StatusFound
		switch r.URL.Host {
		case "api.publisher.example":
			a.Header.Set("Location", "https://mallory:pw@below.api.publisher.example/")
			if strings.HasPrefix(r.URL.Path, "/base/") {
				a.Header.Set("Location", "/here")
			}
		case "below.api.publisher.example":
			a.Header.Set("Location", "https://www.publisher.example/")
		default:
			a.StatusCode = http.StatusServiceUnavailable
		}
		return a, nil
	})
	_, err := c.Get(t.Context(), "/x")
	want := map[string]string{
		"https://api.publisher.example/base/x": "alice s3cr3t", "https://api.publisher.example/here": "alice s3cr3t",
		"https://below.api.publisher.example/": " ", "https://www.publisher.example/": " ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user and password by address (-want +got):\n%s", diff)
	}
	if err == nil || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "alice") || !strings.Contains(err.Error(), "GET https://api.publisher.example/base/x") {
		t.Errorf("error %v", err)
	}
}

// The address that a name has decides when the connection is made: what the name
// was, or had before, does not.
func TestPrivateAddressesAreRefusedAtConnect(t *testing.T) {
	server := newRecorder(t, nil)
	_, port, _ := net.SplitHostPort(server.server.Listener.Addr().String())
	for _, tt := range []struct {
		name, host string
		has        []string
		options    []Option
		want       string // in the error
	}{
		{"loopback", "publisher.example", []string{"127.0.0.1"}, nil, "127.0.0.1 is no address of the internet"},
		{"link-local", "publisher.example", []string{"169.254.169.254"}, nil, "169.254.169.254 is no address"},
		{"private", "publisher.example", []string{"10.0.0.1", "192.168.0.1"}, nil, "is no address of the internet"},
		{"loopback of IPv6", "publisher.example", []string{"::1"}, nil, "::1 is no address of the internet"},
		{"mapped", "publisher.example", []string{"::ffff:127.0.0.1"}, nil, "127.0.0.1 is no address of the internet"},
		{"all addresses", "publisher.example", []string{"0.0.0.0"}, nil, "0.0.0.0 is no address of the internet"},
		{"a name below localhost that is another machine", "publisher.localhost", []string{"10.0.0.1"}, nil, "10.0.0.1 is no address of the internet"},
		{"meant", "publisher.example", []string{"127.0.0.1"}, []Option{Private()}, ""},
		{"this machine", "publisher.localhost", []string{"127.0.0.1"}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := NewClient("http://"+tt.host+":"+port, time.Minute, 1000, tt.options...)
			if err != nil {
				t.Fatal(err)
			}
			c.reach.proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
			c.reach.dialer.Resolver = resolver(t, tt.has...)
			_, err = c.Get(t.Context(), "/")
			if (err == nil) != (tt.want == "") || err != nil && (fault.NameOf(err) != fault.Unavailable || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if asked := server.asked(); (len(asked) == 0) != (tt.want != "") {
				t.Errorf("asked for %v", asked)
			}
		})
	}
}

// A literal address that is configured is the only private one that may be asked.
func TestOnlyTheConfiguredAddressMayBePrivate(t *testing.T) {
	for _, tt := range []struct {
		base, host, ip string
		want           bool
	}{
		{"http://10.0.0.1", "10.0.0.1", "10.0.0.1", true},
		{"http://[::ffff:10.0.0.1]", "::ffff:10.0.0.1", "10.0.0.1", true},
		{"http://[fe80::1%25eth0]", "fe80::1%eth0", "fe80::1%eth0", true},
		{"http://10.0.0.1", "10.0.0.2", "10.0.0.2", false},
		{"http://10.0.0.1", "publisher.example", "10.0.0.1", false},
		{"http://localhost", "localhost", "127.0.0.1", true},
		{"http://localhost", "localhost", "::1", true},
		{"http://localhost", "localhost", "169.254.169.254", false},
		{"http://localhost", "127.0.0.1", "127.0.0.1", false},
		{"https://publisher.example", "publisher.example", "10.0.0.1", false},
		{"https://publisher.example", "www.publisher.example", "8.8.8.8", true},
	} {
		a, err := parseAddress(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		if err := newReach(a).check(tt.host, netip.MustParseAddr(tt.ip)); (err == nil) != tt.want {
			t.Errorf("%s: %s at %s: %v", tt.base, tt.host, tt.ip, err)
		}
	}
}

// A proxy connects by itself, so what it is asked for is looked at before.
func TestThroughAProxy(t *testing.T) {
	for _, tt := range []struct {
		name, base, to string // to: where the publisher redirects to
		options        []Option
		known          string // the address that this machine knows of every name; "": none
		asked          []string
		want           string // in the error
	}{
		{name: "a name that only the proxy knows", base: "http://publisher.example", asked: []string{"http://publisher.example/"}},
		{name: "a public name", base: "http://publisher.example", known: "8.8.8.8", asked: []string{"http://publisher.example/"}},
		{name: "over https", base: "https://publisher.example", asked: []string{"publisher.example:443"}, want: "Forbidden"},
		{name: "a private name", base: "http://publisher.example", known: "10.0.0.1", want: "10.0.0.1 is no address of the internet"},
		{name: "a private name that is meant", base: "http://publisher.example", known: "10.0.0.1", options: []Option{Private()}, asked: []string{"http://publisher.example/"}},
		{name: "a private address that is configured", base: "http://10.0.0.1", asked: []string{"http://10.0.0.1/"}},
		{name: "a private sibling that nobody meant", base: "http://www.publisher.example", to: "https://internal.publisher.example/", known: "10.0.0.1", options: []Option{Private()},
			asked: []string{"http://www.publisher.example/"}, want: "10.0.0.1 is no address"},
		{name: "a redirect to a private address", base: "http://publisher.example", to: "http://169.254.169.254/", asked: []string{"http://publisher.example/"}, want: "it leaves the site"},
		{name: "a redirect to another private address", base: "http://10.0.0.1", to: "http://10.0.0.2/", asked: []string{"http://10.0.0.1/"}, want: "it leaves the site"},
		{name: "a redirect to another site", base: "http://publisher.example", to: "https://metadata.google.internal/", asked: []string{"http://publisher.example/"}, want: "it leaves the site"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := newRecorder(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodConnect:
					w.WriteHeader(http.StatusForbidden)
				case tt.to != "" && r.RequestURI == tt.base+"/":
					w.Header().Set("Location", tt.to)
					w.WriteHeader(http.StatusFound)
				}
			})
			c, err := NewClient(tt.base, time.Minute, 1000, tt.options...)
			if err != nil {
				t.Fatal(err)
			}
			at, _ := url.Parse(proxy.server.URL)
			at.User = url.UserPassword("bob", "pr0xy")
			c.reach.proxy = http.ProxyURL(at)
			c.reach.lookup = func(context.Context, string) ([]netip.Addr, error) {
				if tt.known == "" {
					return nil, errors.New("no such host")
				}
				return []netip.Addr{netip.MustParseAddr(tt.known)}, nil
			}
			_, err = c.Get(t.Context(), "/")
			if (err == nil) != (tt.want == "") || err != nil && (fault.NameOf(err) != fault.Unavailable || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "pr0xy")) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(tt.asked, proxy.asked()); diff != "" {
				t.Errorf("the proxy is asked for (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAProxyThatCannotBeUsedIsNotShown(t *testing.T) {
	c := client(t, "https://publisher.example")
	c.reach.proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("http://bob:pr0xy@proxy") }
	_, err := c.Get(t.Context(), "/")
	if fault.NameOf(err) != fault.Unavailable || strings.Contains(err.Error(), "pr0xy") || !strings.Contains(err.Error(), "proxy of the environment") {
		t.Errorf("error %v", err)
	}
}

// HTTP_PROXY and NO_PROXY are read once in a process, so each case has its own.
func TestProxyOfTheEnvironment(t *testing.T) {
	const key = "LACUNA_TEST_PROXY"
	if os.Getenv(key) != "" {
		c := client(t, "http://publisher.example")
		c.reach.dialer.Resolver = resolver(t, "10.0.0.1")
		c.reach.lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such host") }
		_, err := c.Get(t.Context(), "/")
		t.Logf("error %v", err)
		return
	}
	for _, tt := range []struct {
		name  string
		env   []string
		asked []string
		want  string
	}{
		{"asked", nil, []string{"http://publisher.example/"}, "error <nil>"},
		{"not for this host", []string{"NO_PROXY=publisher.example"}, nil, "10.0.0.1 is no address of the internet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := newRecorder(t, nil)
			cmd := exec.Command(os.Args[0], "-test.v", "-test.run", "^TestProxyOfTheEnvironment$")
			cmd.Env = append(append(os.Environ(), key+"=1", "HTTP_PROXY="+strings.Replace(proxy.server.URL, "//", "//bob:pr0xy@", 1), "NO_PROXY=", "no_proxy=", "http_proxy="), tt.env...)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), tt.want) || strings.Contains(string(out), "pr0xy") {
				t.Errorf("%v, want %q:\n%s", err, tt.want, out)
			}
			if diff := cmp.Diff(tt.asked, proxy.asked()); diff != "" {
				t.Errorf("the proxy is asked for (-want +got):\n%s", diff)
			}
		})
	}
}

// recorder is a server on a loopback port that notes what it is asked for.
type recorder struct {
	server *httptest.Server
	mu     sync.Mutex
	list   []string
}

func newRecorder(t *testing.T, answer http.HandlerFunc) *recorder {
	r := &recorder{}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.list = append(r.list, request.RequestURI)
		r.mu.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))
	t.Cleanup(r.server.Close)
	return r
}

// asked returns what was asked for since it was called before.
func (r *recorder) asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.list
	r.list = nil
	return list
}

// resolver answers every name with the addresses given, without a network.
func resolver(t *testing.T, addresses ...string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			if err := answerName(theirs, addresses); err != nil {
				t.Errorf("resolver: %v", err)
			}
		}()
		return ours, nil
	}}
}

// answerName answers one question, as DNS does over a stream.
func answerName(conn net.Conn, addresses []string) error {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	question := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, question); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return err
	}
	m.Response, m.Additionals = true, nil
	for _, text := range addresses {
		ip, header := netip.MustParseAddr(text), dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET}
		switch {
		case ip.Is4() && m.Questions[0].Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: ip.As4()}})
		case ip.Is6() && m.Questions[0].Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	text, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...))
	return err
}
