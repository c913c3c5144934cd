package loopback

import (
	"net"
	"testing"
)

func TestAnswers(t *testing.T) {
	names := []string{"Build-Box.example", "192.0.2.7"}
	for header, want := range map[string]bool{
		"localhost":              true,
		"LOCALHOST:8084":         true,
		"127.0.0.1:8084":         true,
		"127.9.9.9":              true,
		"[::1]:8084":             true,
		"::1":                    true,
		"build-box.example":      true,
		"192.0.2.7:80":           true,
		"":                       false,
		"localhost.evil.example": false,
		"evil.example:8084":      false,
		"192.0.2.8":              false,
		"0.0.0.0":                false,
		"[::ffff:10.0.0.1]:8084": false,
	} {
		if got := Answers(header, names); got != want {
			t.Errorf("Answers(%q) = %t", header, got)
		}
	}
}

func TestListens(t *testing.T) {
	for _, tt := range []struct {
		at    net.Addr
		names []string
		want  bool
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil, true},
		{&net.TCPAddr{IP: net.IPv6loopback}, nil, true},
		{&net.TCPAddr{IP: net.IPv4zero}, nil, false},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, nil, false},
		{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, []string{"box"}, true},
		{&net.UnixAddr{Name: "x"}, nil, false},
	} {
		if got := Listens(tt.at, tt.names); got != tt.want {
			t.Errorf("Listens(%v, %v) = %t", tt.at, tt.names, got)
		}
	}
}
