package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// Match returns the series whose key or an alias matches one of globs, in the
// file's order; without globs, all. In a glob `*` stands for any letters, # and
// / included, and `?` for one. A glob that matches nothing is an error.
func (c *Catalogue) Match(globs ...string) ([]*Series, error) {
	matched := make([]bool, len(c.Series))
	for _, glob := range globs {
		found := false
		for i := range c.Series {
			if c.Series[i].matches(glob) {
				matched[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no series matches %q%s", glob, c.near(glob))
		}
	}
	var out []*Series
	for i := range c.Series {
		if matched[i] || len(globs) == 0 {
			out = append(out, &c.Series[i])
		}
	}
	return out, nil
}

func (s *Series) matches(glob string) bool {
	return matches(glob, s.Key) || slices.ContainsFunc(s.Aliases, func(alias string) bool { return matches(glob, alias) })
}

// matches reports whether text matches glob. Only the last star is worth
// trying again: what an earlier one could take instead, it can take as well.
func matches(glob, text string) bool {
	star, retry := -1, 0 // the last star, and where the text after it begins
	g, t := 0, 0
	for t < len(text) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, retry = g, t
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == text[t]):
			g, t = g+1, t+1
		case star >= 0:
			retry++
			g, t = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

// near returns ": did you mean ...?" with the keys near a glob that matches
// nothing.
func (c *Catalogue) near(glob string) string {
	keys := c.Near(glob)
	if len(keys) == 0 {
		return ""
	}
	return ": did you mean " + either(keys) + "?"
}

// Near returns up to three keys near a glob that matches nothing, the nearest first;
// before a wildcard, the beginnings of keys count.
func (c *Catalogue) Near(glob string) []string {
	literal, wild := glob, false
	if i := strings.IndexAny(glob, "*?"); i >= 0 {
		literal, wild = glob[:i], true
	}
	keyOf := map[string]string{}
	var names []string
	for name, i := range c.byName {
		if wild {
			name = name[:min(len(name), len(literal))]
		}
		if key := c.Series[i].Key; keyOf[name] == "" || key < keyOf[name] {
			keyOf[name] = key
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var keys []string
	for _, name := range nearest(literal, slices.Compact(names), 3) {
		keys = append(keys, keyOf[name])
	}
	if len(keys) == 0 {
		keys = c.having(literal)
	}
	return slices.Compact(keys)
}

// having returns up to three keys that word is a part of, in the file's order: USD is
// one of CURRENCY#USD.
func (c *Catalogue) having(word string) (keys []string) {
	for i := range c.Series {
		if key := c.Series[i].Key; len(word) > 1 && len(keys) < 3 && strings.Contains(strings.ToLower(key), strings.ToLower(word)) {
			keys = append(keys, key)
		}
	}
	return keys
}
