package source

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"lacuna/internal/lazy"
)

// userAgent tells a publisher which program asks.
var userAgent = "lacuna/" + version()

var token = lazy.Regexp(`^v?([0-9A-Za-z.+_-]+)$`)

// version returns the version that the Go command has noted in the program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if match := token().FindStringSubmatch(info.Main.Version); match != nil {
			return match[1]
		}
	}
	return "devel"
}

// maxContact bounds a contact, in bytes; a mail address with a long name has 60.
const maxContact = 200

// contact is a mail address, or a web address of what a comment of a User-Agent may
// hold: visible ASCII without brackets, quotes and backslashes.
var contact = lazy.Regexp("^([0-9A-Za-z.!#$%&'*+=?^_`{|}~-]+@[0-9A-Za-z.-]+" +
	`|https?://[0-9A-Za-z.-]+(:[0-9]+)?(/[!#-'*-;=?-\[\]-~]*)?)$`)

// An Option changes the Client that NewClient makes.
type Option func(*Client) error

// Contact tells publishers where to complain: a mail address, or a web address,
// as CheckContact wants it.
func Contact(text string) Option {
	return func(c *Client) error {
		c.agent = userAgent + " (" + text + ")"
		return CheckContact(text)
	}
}

// CheckContact returns why text is no contact, or nil.
func CheckContact(text string) error {
	if len(text) > maxContact || !contact().MatchString(text) {
		return fmt.Errorf("want one mail address, or one http(s) address, in at most %d bytes of ASCII without spaces and brackets", maxContact)
	}
	return nil
}

// Private lets the host of the base URL have addresses of any kind, such as a
// proxy's in a private network. An IP address needs no such word.
func Private() Option {
	return func(c *Client) error { c.reach.private = true; return nil }
}

// introduce tells the publisher who asks.
func (c *Client) introduce(request *http.Request) {
	for _, h := range c.headers {
		request.Header.Set(h.Name, h.Value)
	}
	request.Header.Set("User-Agent", c.agent)
	if user := c.reach.to.user; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
}
