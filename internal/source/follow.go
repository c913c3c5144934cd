package source

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Follow returns what Get takes for a link in the answer to a request for path. The
// link stays at the publisher's host; a secret that it repeats is taken out, for the
// client sends it by itself.
func (c *Client) Follow(path, link string) (string, error) {
	if len(link) > maxLocation {
		return "", fmt.Errorf("a link of %d bytes", len(link))
	}
	at, err := url.Parse(c.base + path)
	if err != nil {
		return "", errors.New("an address that cannot be read")
	}
	to, err := at.Parse(link)
	if err != nil {
		return "", errors.New("a link that cannot be read")
	}
	if fold(to.Hostname()) != c.reach.to.host {
		return "", fmt.Errorf("a link to %.100q, which is not the host that is asked", to.Hostname())
	}
	if c.secret != nil && c.secret.Query != "" {
		var kept []string
		for pair := range strings.SplitSeq(to.RawQuery, "&") {
			name, _, _ := strings.Cut(pair, "=")
			if plain, err := url.QueryUnescape(name); err != nil || plain != c.secret.Query {
				kept = append(kept, pair)
			}
		}
		to.RawQuery = strings.Join(kept, "&")
	}
	next := to.EscapedPath()
	if to.RawQuery != "" {
		next += "?" + to.RawQuery
	}
	next, ok := strings.CutPrefix(next, strings.TrimSuffix(c.reach.to.url.EscapedPath(), "/"))
	if !ok || !strings.HasPrefix(next, "/") {
		return "", fmt.Errorf("a link to %.100q, which is not below %s", to.EscapedPath(), c.base)
	}
	return next, nil
}
