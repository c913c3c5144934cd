package declared

import (
	"fmt"
	"slices"
	"strings"
)

// nextOf returns the address of the next page in the header Link (RFC 8288), "" where it
// has none: links in angle brackets with parameters, with commas between links. Of a
// relation case and quotes do not count, and one link may have several. A link with an anchor
// is one of something else, and counts only where no other is of the next page.
func nextOf(header string) (address string, err error) {
	l := &links{header}
	next := map[bool][]string{} // whether with an anchor
	for l.skip(","); l.rest != ""; l.skip(",") {
		target, rel, anchored, ok := l.link()
		isNext := slices.Contains(strings.Fields(strings.ToLower(rel)), "next")
		if !ok || isNext && target == "" {
			return "", fmt.Errorf("the header Link %.100q cannot be read from %.30q on", header, l.rest)
		}
		if isNext && !slices.Contains(next[anchored], target) {
			next[anchored] = append(next[anchored], target)
		}
	}
	found := next[false]
	if len(found) == 0 {
		found = next[true]
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("the header Link %.100q has two next pages", header)
}

// links are those of a header that are still to be read.
type links struct{ rest string }

// skip passes over space, and over any of others.
func (l *links) skip(others string) { l.rest = strings.TrimLeft(l.rest, " \t"+others) }

// take passes over mark, when it comes next.
func (l *links) take(mark string) (ok bool) {
	l.rest, ok = strings.CutPrefix(l.rest, mark)
	return ok
}

// link reads one link. Of several parameters rel the first one counts, and one without a
// relation cannot be read: it may be the next page's.
func (l *links) link() (target, rel string, anchored, ok bool) {
	if !l.take("<") {
		return "", "", false, false
	}
	if target, l.rest, ok = strings.Cut(l.rest, ">"); !ok {
		return "", "", false, false
	}
	related := false
	for l.skip(""); l.take(";"); l.skip("") {
		l.skip("")
		name := strings.ToLower(l.token("="))
		value, ok := "", true
		if l.skip(""); l.take("=") {
			l.skip("")
			value, ok = l.value()
		}
		if !ok || name == "rel" && value == "" {
			return "", "", false, false
		}
		if name == "rel" && !related {
			rel, related = value, true
		}
		anchored = anchored || name == "anchor"
	}
	return target, rel, anchored, l.rest == "" || l.rest[0] == ','
}

// token reads up to what may end a value without quotes, or to any of others.
func (l *links) token(others string) string {
	end := strings.IndexAny(l.rest, " \t;,\"<>"+others)
	if end < 0 {
		end = len(l.rest)
	}
	token := l.rest[:end]
	l.rest = l.rest[end:]
	return token
}

// value reads what a parameter has: a text between quotes, which some write single, or a
// token, which may be empty.
func (l *links) value() (text string, ok bool) {
	if l.take("'") {
		text, l.rest, ok = strings.Cut(l.rest, "'")
		return text, ok
	}
	if !l.take(`"`) {
		return l.token(""), true
	}
	var b strings.Builder
	for i := 0; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '"':
			l.rest = l.rest[i+1:]
			return b.String(), true
		case c == '\\' && i+1 < len(l.rest):
			i++
			b.WriteByte(l.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
