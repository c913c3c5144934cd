package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/span"
)

// Match returns the series whose key or an alias matches one of globs, in the
// file's order; without globs, all. In a glob `*` stands for any letters, # and
// / included, and `?` for one. A glob that matches nothing is an error.
func (c *Catalogue) Match(globs ...string) ([]*Series, error) {
	if len(globs) == 1 && !strings.ContainsAny(globs[0], "*?") {
		if s, err := c.shelf().find(globs[0]); s != nil || err != nil {
			return []*Series{s}, err
		}
	}
	all, err := c.shelf().all()
	if err != nil {
		return nil, err
	}
	matched := make([]bool, len(all))
	for _, glob := range globs {
		found := false
		for i, s := range all {
			if s.matches(glob) {
				matched[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no series matches %q%s", glob, c.near(glob))
		}
	}
	var out []*Series
	for i, s := range all {
		if matched[i] || len(globs) == 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// NoneIn says why none of list, which has series, has a day in s.
func NoneIn(list []*Series, s span.Span) error {
	first := slices.MinFunc(list, func(a, b *Series) int { return cmp.Compare(a.Since, b.Since) })
	if s.To < first.Since {
		return fmt.Errorf("no series has a day up to %s: the first one, %s, begins on %s", s.To, first.Key, first.Since)
	}
	return fmt.Errorf("no series has a day from %s to %s: each has ended before, or begins later", s.From, s.To)
}

// Between returns the series whose keys are from first to last, both included, in the
// order of keys, and of them those that match one of globs, if there are any. Of a compiled
// catalogue nothing else is read.
func (c *Catalogue) Between(first, last string, globs ...string) ([]*Series, error) {
	list, err := c.shelf().between(first, last)
	if err != nil || len(globs) == 0 {
		return list, err
	}
	var matched []*Series
	for _, s := range list {
		if slices.ContainsFunc(globs, s.matches) {
			matched = append(matched, s)
		}
	}
	return matched, nil
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
	if keys := c.Near(glob); len(keys) > 0 {
		return ": did you mean " + either(keys) + "?"
	}
	return ""
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
	for _, s := range c.All() {
		for _, name := range append([]string{s.Key}, s.Aliases...) {
			if wild {
				name = name[:min(len(name), len(literal))]
			}
			if keyOf[name] == "" || s.Key < keyOf[name] {
				keyOf[name] = s.Key
			}
			names = append(names, name)
		}
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
	for _, s := range c.All() {
		if key := s.Key; len(word) > 1 && len(keys) < 3 && strings.Contains(strings.ToLower(key), strings.ToLower(word)) {
			keys = append(keys, key)
		}
	}
	return keys
}
