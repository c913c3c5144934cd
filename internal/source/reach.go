package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/roots"
)

const (
	maxRedirects = 3
	// maxLocation bounds where a redirect leads to, in bytes: servers take no
	// longer addresses than 8 KB, and the longest that is asked for has 1 KB.
	maxLocation = 8 << 10
	// maxHeader bounds the header of an answer, in bytes; with cookies it has 4 KB.
	maxHeader = 64 << 10
	// maxTrouble bounds the text of an error of the transport, in bytes: some have
	// what the publisher sent in the place of HTTP.
	maxTrouble = 1000
	// lookupTime bounds the look-up of a name that a proxy will look up again. Where
	// only the proxy knows names, this is what each request may lose.
	lookupTime = 2 * time.Second
)

// reach sends a client's requests to the internet alone: a private, loopback or
// link-local address is refused when a connection to it is made, whichever name
// has led to it, unless it is the one configured.
type reach struct {
	to              address
	private         bool    // its name may have an address of any kind
	secret          *Secret // nil: none
	proxy           func(*http.Request) (*url.URL, error)
	lookup          func(ctx context.Context, host string) ([]netip.Addr, error)
	dialer          net.Dialer
	direct, proxied *http.Transport
}

func newReach(to address) *reach {
	r := &reach{
		to: to, proxy: http.ProxyFromEnvironment,
		lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
		dialer: net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}, // as http.DefaultTransport
	}
	r.direct = http.DefaultTransport.(*http.Transport).Clone()
	r.direct.MaxResponseHeaderBytes = maxHeader
	r.proxied = r.direct.Clone()
	r.direct.Proxy, r.direct.DialContext = nil, r.dial
	r.proxied.Proxy = func(request *http.Request) (*url.URL, error) { return r.proxy(request) }
	return r
}

// RoundTrip implements http.RoundTripper. The proxy is the user's, so it may be
// anywhere; what it is asked for may not.
func (r *reach) RoundTrip(request *http.Request) (*http.Response, error) {
	by, err := r.proxy(request)
	if err != nil {
		return nil, errors.New("the proxy of the environment cannot be used") // err may have its password
	}
	if request.URL.Scheme == "https" || by != nil { // a proxy may be asked with TLS
		roots.Use()
	}
	transport := r.direct
	if by != nil {
		if err := r.checkProxied(request.Context(), request.URL.Hostname()); err != nil {
			return nil, err
		}
		transport = r.proxied
	}
	answer, err := transport.RoundTrip(request)
	if err = r.secret.maskError(err); err != nil { // while it is whole
		if len(err.Error()) > maxTrouble {
			err = errors.New(fault.Message(err))
		}
		return nil, err
	}
	if err := readable(answer.Header.Get("Location")); err != nil {
		return nil, errors.Join(err, answer.Body.Close())
	}
	return answer, nil
}

// readable returns why a redirect cannot be followed wherever it may, or nil.
func readable(location string) error {
	if len(location) > maxLocation {
		return fmt.Errorf("redirect to an address of %d bytes", len(location))
	}
	if _, err := url.Parse(location); err != nil { // whose text has all of it
		return errors.New("redirect to an address that cannot be read")
	}
	return nil
}

// dial connects to one of the addresses that a host has and that may be asked.
func (r *reach) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return nil, err
	}
	dialer := r.dialer
	dialer.Control = func(_, resolved string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return err
		}
		return r.check(host, to.Addr())
	}
	return dialer.DialContext(ctx, network, hostport)
}

// check returns why ip, an address of host, is not to be asked, or nil.
func (r *reach) check(host string, ip netip.Addr) error {
	ip = ip.Unmap()
	_, err := netip.ParseAddr(fold(host))
	configured := fold(host) == r.to.host
	switch {
	case isPublic(ip),
		configured && (err == nil || r.private),
		configured && isLocalhost(r.to.host) && ip.IsLoopback():
		return nil
	}
	return fmt.Errorf("%s is no address of the internet, and not the one configured", ip)
}

// checkProxied is check before a proxy is asked for host. The proxy looks a name
// up by itself; where this machine knows it too, none of its addresses may be
// refused.
func (r *reach) checkProxied(ctx context.Context, host string) error {
	if ip, err := netip.ParseAddr(fold(host)); err == nil {
		return r.check(host, ip)
	}
	timed, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	known, err := r.lookup(timed, host)
	if err != nil {
		return ctx.Err() // names may be the proxy's business alone
	}
	for _, ip := range known {
		if err := r.check(host, ip); err != nil {
			return err
		}
	}
	return nil
}

// checkRedirect is http.Client's. User and password are for the configured host.
func (r *reach) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	why := r.to.permits(next.URL)
	if why == nil && via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		why = errors.New("it is not https")
	}
	if why != nil {
		return fmt.Errorf("redirect to %.200q: %w", r.secret.mask([]byte(next.URL.Scheme+"://"+next.URL.Host)), why)
	}
	if fold(next.URL.Hostname()) != r.to.host {
		next.Header.Del("Authorization")
		if r.secret != nil { // which is for the configured host alone
			next.Header.Del(r.secret.Header)
		}
	}
	next.Header.Del("Referer") // it has the whole address, with what is secret in it
	next.URL.User = nil        // the publisher's words are no password of ours
	return nil
}
