package source

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"lacuna/internal/fault"
)

// Header is a line of a request's header.
type Header struct{ Name, Value string }

// Headers are sent with every request.
func Headers(list []Header) Option {
	return func(c *Client) error { c.headers = list; return nil }
}

// Secret is what a publisher knows its clients by. It is sent to the configured host
// alone, and shown nowhere: not in an error, not where the publisher repeats it.
type Secret struct {
	Header, Query string // where it is sent: one of them
	Prefix        string // sent before it, such as "Bearer "
	Value         string

	written *regexp.Regexp // finds Value in what a publisher says; nil: it is too short
}

// What a secret may have, in bytes. A text shorter than the least is also a part of
// other words and numbers, so it is not looked for in what the publisher says: nothing
// of that is shown or kept then, but for days and numbers.
const (
	maxSecret   = 4096
	leastMasked = 6
	masked      = "***"
)

// errUnshown stands where a publisher's text would.
var errUnshown = fmt.Errorf("what the publisher says is neither shown nor kept: the secret has fewer than %d bytes, and could be in it", leastMasked)

// short reports whether s cannot be masked.
func (s *Secret) short() bool { return s != nil && s.written == nil }

// Discreet returns what came of a Fetch, without the publisher's words where the secret is
// too short to be masked in them: of an error its name, RetryAfter and the end of a context
// are left. what begins its text.
func (c *Client) Discreet(what string, a Answer, err error) (Answer, error) {
	if !c.secret.short() {
		return a, err
	}
	if len(a.Warnings) > 0 {
		a.Warnings = []string{what + ": a warning: " + errUnshown.Error()}
	}
	for i := range a.Damaged { // one with fields tells of days and numbers alone
		if d := &a.Damaged[i]; d.Fields == nil {
			d.Reason = errUnshown.Error()
		}
	}
	for key, why := range a.Failed {
		a.Failed[key] = unshown(what, why)
	}
	return a, unshown(what, err)
}

func unshown(what string, err error) error {
	after, named := RetryAfter(0), (*fault.Error)(nil)
	why := errUnshown
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		why = fmt.Errorf("%w; %w", context.Canceled, why)
	case errors.Is(err, context.DeadlineExceeded):
		why = fmt.Errorf("%w; %w", context.DeadlineExceeded, why)
	case errors.As(err, &after):
		why = fmt.Errorf("%w; %w", after, why)
	}
	if errors.As(err, &named) {
		return fault.New(named.Name, "%s: %w", what, why)
	}
	return fmt.Errorf("%s: %w", what, why)
}

// WithSecret has s sent with every request.
func WithSecret(s Secret) Option {
	return func(c *Client) error {
		if err := CheckSecret(s); err != nil {
			return err
		}
		s.written = writings(s.Value)
		c.secret, c.reach.secret = &s, &s
		return nil
	}
}

// CheckSecret returns why s cannot be sent, or nil. It does not show it.
func CheckSecret(s Secret) error {
	for i := range len(s.Value) {
		if s.Value[i] < ' ' || s.Value[i] > '~' {
			return errors.New("a secret has visible ASCII alone")
		}
	}
	if s.Value == "" || len(s.Value) > maxSecret {
		return fmt.Errorf("a secret of %d bytes: want from 1 to %d", len(s.Value), maxSecret)
	}
	return nil
}

// addTo has request carry s, if there is one.
func (s *Secret) addTo(request *http.Request) {
	switch {
	case s == nil:
	case s.Header != "":
		request.Header.Set(s.Header, s.Prefix+s.Value)
	default:
		request.URL.RawQuery = s.in(request.URL.RawQuery, url.QueryEscape(s.Prefix+s.Value))
	}
}

// in returns query with the parameter of s.
func (s *Secret) in(query, value string) string {
	if query != "" {
		query += "&"
	}
	return query + s.Query + "=" + value
}

// mask takes s out of a body, in the ways in which a publisher may write it again.
func (s *Secret) mask(body []byte) []byte {
	if s == nil || s.written == nil || !s.written.Match(body) {
		return body
	}
	return s.written.ReplaceAllLiteral(body, []byte(masked))
}

// maskError is mask for the text of an error, which may have what a publisher sent in the
// place of HTTP.
func (s *Secret) maskError(err error) error {
	if s == nil || s.written == nil || err == nil || !s.written.MatchString(err.Error()) {
		return err
	}
	return errors.New(s.written.ReplaceAllLiteralString(err.Error(), masked))
}

// writings returns what finds value in a text, in whatever case, each of its characters
// as it is or as an address, JSON or HTML escapes it, and in base64; nil for one too short
// to be looked for.
func writings(value string) *regexp.Regexp {
	if len(value) < leastMasked {
		return nil
	}
	var b strings.Builder
	b.WriteString("(?i)")
	for i := range len(value) {
		c := value[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteByte(c)
			continue
		}
		as := regexp.QuoteMeta(string(c))
		fmt.Fprintf(&b, `(?:%s|\\%s|%%%02x|\\u00%02x|&#x0?%x;|&#0?%d;|%s`, as, as, c, c, c, c, regexp.QuoteMeta(html.EscapeString(string(c))))
		if c == ' ' {
			b.WriteString(`|\+`)
		}
		b.WriteString(")")
	}
	fmt.Fprintf(&b, "|%s", regexp.QuoteMeta(base64.RawStdEncoding.EncodeToString([]byte(value))))
	return regexp.MustCompile(b.String())
}
