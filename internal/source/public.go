package source

import (
	"net/netip"
	"slices"
)

// Addresses of IPv4 that are of no publisher's: IANA's special-purpose registry,
// without the ones for documentation, and multicast.
var special = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4")

var (
	global = netip.MustParsePrefix("2000::/3") // all of IPv6 that is given out
	sixTo4 = netip.MustParsePrefix("2002::/16")
	teredo = netip.MustParsePrefix("2001::/32")
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// isPublic reports whether ip is one of the internet's, and so is the address of
// IPv4 that it stands for in one of the ways to carry IPv4 inside of IPv6.
func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	b := ip.As16()
	switch {
	case nat64.Contains(ip): // RFC 6052
		return isPublic(netip.AddrFrom4([4]byte(b[12:])))
	case sixTo4.Contains(ip): // RFC 3056
		return isPublic(netip.AddrFrom4([4]byte(b[2:6])))
	case teredo.Contains(ip): // RFC 4380: the server's, and the client's with every bit turned
		client := [4]byte{^b[12], ^b[13], ^b[14], ^b[15]}
		return isPublic(netip.AddrFrom4([4]byte(b[4:8]))) && isPublic(netip.AddrFrom4(client))
	}
	return global.Contains(ip)
}
