package source

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Where a user and a password could be in it, what is wrong is said without it.
func TestNewClientShowsNoSecret(t *testing.T) {
	for _, base := range []string{
		"https://alice:s3cr3t@", "https://alice:s3cr3t@host/x?a=b", "https://alice:s3cr3t@host/x#y", "ftp://alice:s3cr3t@host",
		"https://alice:s3cr3t%zz@host", "https://alice:s3cr3t", "https://s3cr3t:alice@host:port/", "alice:s3cr3t@host", "//alice:s3cr3t@host",
		"https://alice:s3cr3t%40host/x", "https://alice:s3/cr3t@host", "https://alice:s3cr3t @host", "https://host/?token=s3cr3t",
		"https://host?s3cr3t", "https://host/#s3cr3t", "https://alice:s3cr3t@ho\x7fst", "https://alice\\s3cr3t@host:x",
	} {
		if c, err := NewClient(base, time.Second, 1); err == nil {
			t.Errorf("%s: NewClient = %v, want an error", base, c)
		} else if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "cr3t") || strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: %v", base, err)
		}
	}
	if _, err := NewClient("https://alice:s3cr3t@host/x", 0, 1); err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "https://host/x") {
		t.Errorf("no time: %v", err)
	}
	if _, err := NewClient("data.ecb.europa.eu", time.Second, 1); err == nil || !strings.Contains(err.Error(), `"data.ecb.europa.eu"`) {
		t.Errorf("an address without a scheme is not shown: %v", err)
	}
}

func TestSite(t *testing.T) {
	for host, want := range map[string]string{
		"data-api.ecb.europa.eu":  "ecb.europa.eu",
		"olinda.bcb.gov.br":       "bcb.gov.br",
		"api.bcb.gov.br":          "bcb.gov.br",
		"www.gov.br":              "www.gov.br", // everybody's ministries are beside it
		"fred.stlouisfed.org":     "stlouisfed.org",
		"publisher.example":       "publisher.example",
		"mirror.github.io":        "mirror.github.io",
		"bucket.s3.amazonaws.com": "bucket.s3.amazonaws.com",
		"localhost":               "localhost",
		"10.1.2.3":                "10.1.2.3",
		"2001:db8::1":             "2001:db8::1",
	} {
		if got := site(host); got != want {
			t.Errorf("site(%s) = %s, want %s", host, got, want)
		}
	}
}

func TestPermits(t *testing.T) {
	for _, tt := range []struct{ name, base, next, want string }{
		{"another path", "https://api.bcb.gov.br/dados", "https://api.bcb.gov.br/x", ""},
		{"a sibling", "https://api.bcb.gov.br/dados", "https://www.bcb.gov.br/x", ""},
		{"the domain", "https://www.publisher.example", "https://publisher.example/", ""},
		{"a name below", "https://publisher.example", "https://www.publisher.example/", ""},
		{"other writing", "https://publisher.example", "https://PUBLISHER.example.:443/", ""},
		{"https after http", "http://publisher.example", "https://www.publisher.example/", ""},
		{"http after http", "http://publisher.example:8080", "http://publisher.example:8080/x", ""},
		{"another site", "https://publisher.example", "https://evil.example/", "it leaves the site of publisher.example"},
		{"a name that ends the same", "https://publisher.example", "https://notpublisher.example/", "it leaves the site"},
		{"a name that begins the same", "https://publisher.example", "https://publisher.example.evil.example/", "it leaves the site"},
		{"the site as a user", "https://publisher.example", "https://publisher.example@evil.example/", "it leaves the site"},
		{"a stranger beside it", "https://www.gov.br/anp", "https://evil.gov.br/", "it leaves the site"},
		{"a stranger beside it, written with a dot", "https://www.gov.br./anp", "https://evil.gov.br./", "it leaves the site"},
		{"a stranger's bucket", "https://a.s3.amazonaws.com", "https://b.s3.amazonaws.com/", "it leaves the site"},
		{"a private address", "https://publisher.example", "https://169.254.169.254/", "it leaves the site"},
		{"this machine", "http://127.0.0.1:8080", "http://localhost:8080/", "it leaves the site"},
		{"an address beside it", "http://10.0.0.1", "http://10.1.0.1/", "it leaves the site"},
		{"http after https", "https://publisher.example", "http://publisher.example/", "it is not https"},
		{"http to a sibling", "http://www.publisher.example", "http://publisher.example/", "it is not https"},
		{"a file", "http://publisher.example", "file://publisher.example/etc/passwd", "it is not https"},
		{"a port", "https://publisher.example", "https://publisher.example:8443/", "it leaves the port of publisher.example"},
		{"a port of http", "http://127.0.0.1:8080", "http://127.0.0.1:6379/", "it leaves the port of 127.0.0.1:8080"},
		{"https from a port of its own", "http://publisher.example:8080", "https://publisher.example/", "it leaves the port"},
	} {
		a, err := parseAddress(tt.base)
		if err != nil {
			t.Fatal(err)
		}
		next, err := url.Parse(tt.next)
		if err != nil {
			t.Fatal(err)
		}
		err = a.permits(next)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestInClear(t *testing.T) {
	for base, want := range map[string]bool{
		"http://publisher.example": true, "http://10.0.0.1": true, "http://localhost.example": true,
		"https://publisher.example": false, "http://127.0.0.1:80/x": false, "http://[::1]": false, "http://localhost:1": false, "http://a.localhost": false, "": false,
	} {
		if got := InClear(base); got != want {
			t.Errorf("InClear(%q) = %t", base, got)
		}
	}
}

func TestIsPublic(t *testing.T) {
	for want, list := range map[bool]string{
		true: `8.8.8.8 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 192.169.0.1 223.255.255.255 ::ffff:8.8.8.8
			2001:4860:4860::8888 2a02:2f0::1 64:ff9b::808:808 2002:808:808::1 2001:0:808:808::f7f7:f7f7`,
		false: `0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.9 169.254.169.254 172.16.0.1 172.31.255.255
			192.0.0.192 192.168.1.1 198.18.0.1 224.0.0.1 239.1.2.3 240.0.0.1 255.255.255.255
			:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 100::1
			64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 2002:7f00:1::1 2002:a9fe:a9fe::1 2002:a00:1::
			2001:0:a00:1::f7f7:f7f7 2001:0:808:808::80ff:fffe 2001:0:808:808::5601:5601`,
	} {
		for text := range strings.FieldsSeq(list) {
			if got := isPublic(netip.MustParseAddr(text)); got != want {
				t.Errorf("isPublic(%s) = %t", text, got)
			}
		}
	}
}
