package source

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"lacuna/internal/lazy"

	"golang.org/x/net/publicsuffix"
)

// plainAddress is an address that can have no secret in it. All else is not shown
// before it is understood: without its @ even a password looks like a port.
var plainAddress = lazy.Regexp(`^([a-z]+://)?[A-Za-z0-9._/-]{0,200}$`)

// address is where a publisher is asked, and as whom.
type address struct {
	url  *url.URL      // as it may be shown: without user and password
	user *url.Userinfo // nil: nobody
	host string        // folded, without the port
}

// parseAddress reads a base URL. Its errors show nothing secret.
func parseAddress(base string) (address, error) {
	shown := ""
	if plainAddress().MatchString(base) {
		shown = fmt.Sprintf(" %q", base)
	}
	u, err := url.Parse(base)
	if err != nil { // its words have the address, or a part of it
		return address{}, fmt.Errorf("base URL%s: cannot be read as a URL, want http(s)://host/path", shown)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return address{}, fmt.Errorf("base URL%s: want http(s)://host/path", shown)
	case u.RawQuery != "" || u.ForceQuery:
		return address{}, errors.New("base URL: want http(s)://host/path, without a query")
	case u.Fragment != "":
		return address{}, errors.New("base URL: want http(s)://host/path, without a fragment")
	}
	a := address{url: u, user: u.User, host: fold(u.Hostname())}
	u.User = nil
	return a, nil
}

func (a address) String() string { return strings.TrimSuffix(a.url.String(), "/") }

// site returns the domain whose names are the publisher's: that of host's
// siblings, such as bcb.gov.br for api.bcb.gov.br; host itself where strangers
// register its siblings, such as www.gov.br, and for an IP address.
func site(host string) string {
	_, parent, ok := strings.Cut(host, ".")
	if _, err := netip.ParseAddr(host); err == nil || !ok {
		return host
	}
	if suffix, _ := publicsuffix.PublicSuffix(parent); suffix == parent {
		return host
	}
	return parent
}

// permits returns why next is not to be asked instead of a, or nil. Its scheme is
// https, or a's own host is asked again over http; its host is one of the
// publisher's site, and its port a's, but for 443 after 80.
func (a address) permits(next *url.URL) error {
	host, domain := fold(next.Hostname()), site(a.host)
	switch {
	case host != a.host && host != domain && !strings.HasSuffix(host, "."+domain):
		return fmt.Errorf("it leaves the site of %s", a.host)
	case next.Scheme != "https" && (next.Scheme != a.url.Scheme || host != a.host):
		return errors.New("it is not https")
	case next.Scheme == a.url.Scheme && port(next) != port(a.url),
		next.Scheme != a.url.Scheme && (port(a.url) != "80" || port(next) != "443"):
		return fmt.Errorf("it leaves the port of %s", a.url.Host)
	}
	return nil
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	case u.Scheme == "http":
		return "80"
	}
	return ""
}

// InClear reports whether what is asked at base travels unprotected: over http,
// and not only inside of this machine.
func InClear(base string) bool {
	a, err := parseAddress(base)
	if err != nil || a.url.Scheme == "https" {
		return false
	}
	ip, err := netip.ParseAddr(a.host)
	return !isLocalhost(a.host) && (err != nil || !ip.Unmap().IsLoopback())
}

// HasUser reports whether base has a user or a password.
func HasUser(base string) bool {
	a, err := parseAddress(base)
	return err == nil && a.user != nil
}

// isLocalhost reports whether host is a name that means this machine, by RFC 6761.
func isLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// fold returns the one way to write host.
func fold(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }
