// Package loopback says whom a server without accounts listens to: this machine, and
// those who were named on purpose.
package loopback

import (
	"net"
	"strings"
)

// Listens reports whether a server may listen at an address: it is of the loopback, or
// names say by which ones clients may reach it from elsewhere.
func Listens(at net.Addr, names []string) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback() || len(names) > 0
}

// Answers reports whether a Host header means this machine or has one of names: no other
// site's pages can reach the server by a name of theirs.
func Answers(header string, names []string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return true
	}
	for _, other := range names {
		if host == strings.ToLower(other) {
			return true
		}
	}
	return false
}
