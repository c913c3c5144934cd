package catalogue

import (
	"bytes"
	"strings"
)

// Label is what is called how: the key of a series and the unit of its values.
type Label struct{ Key, Unit string }

// Labels returns those of all series, in the order of Parse and many times as fast
// where the catalogue is long and plain: then only `key` and `unit` of its series are
// read, and nothing else of them is checked. Any other catalogue is read by Parse,
// with its errors.
func Labels(name string, text, shipped []byte) ([]Label, error) {
	if own, includes, ok := skim(text); ok {
		var all []Label
		if includes {
			base, err := Parse(shippedName, shipped, nil)
			if err != nil {
				return nil, err
			}
			all = base.labels()
		}
		if all, ok = extendLabels(all, own); ok {
			return all, nil
		}
	}
	c, err := Parse(name, text, shipped)
	if err != nil {
		return nil, err
	}
	return c.labels(), nil
}

func (c *Catalogue) labels() []Label {
	all := make([]Label, len(c.Series))
	for i, s := range c.Series {
		all[i] = Label{s.Key, s.Unit}
	}
	return all
}

// extendLabels returns base with own, which replace those of the same key. It reports
// false for a series without a unit, and for a key that comes twice.
func extendLabels(base, own []Label) (all []Label, ok bool) {
	at, seen := make(map[string]int, len(base)+len(own)), make(map[string]bool, len(own))
	for i, l := range base {
		at[l.Key] = i
	}
	for _, l := range own {
		i, there := at[l.Key]
		switch {
		case seen[l.Key] || l.Unit == "" && !there:
			return nil, false
		case !there:
			at[l.Key] = len(base)
			base = append(base, l)
		case l.Unit != "":
			base[i] = l
		}
		seen[l.Key] = true
	}
	return base, true
}

// skim reads the labels of a text, and whether it includes the shipped series. It
// reports false unless every line of the list is plain enough to be read by itself.
func skim(text []byte) (own []Label, includes, ok bool) {
	if len(text) > maxBytes {
		return nil, false, false
	}
	text, what, _ := decode(text)
	if what != "" {
		return nil, false, false
	}
	rest, pieces := split(text)
	if len(pieces) == 0 {
		return nil, false, false
	}
	d := newDocument("")
	top, ok := d.open(rest, 0)
	if !ok {
		return nil, false, false
	}
	if v, there := top.object().get("include"); there {
		includes = v.oneOf("shipped") != ""
	}
	if len(d.problems) > 0 {
		return nil, false, false
	}
	for _, p := range pieces {
		s := skimmer{indent: leading(p.text)}
		for line := range bytes.Lines(p.text) {
			if !s.line(line) {
				return nil, false, false
			}
		}
		if !s.end() {
			return nil, false, false
		}
		own = append(own, s.labels...)
	}
	return own, includes, true
}

// skimmer reads the lines of a block list of block mappings.
type skimmer struct {
	indent []byte
	labels []Label
	now    Label
	inside bool // an item has begun
	ours   bool // the field read last is one of now
}

// end ends an item; each has a key.
func (s *skimmer) end() bool {
	if s.inside {
		s.labels = append(s.labels, s.now)
	}
	return !s.inside || s.now.Key != ""
}

// line reads one line. It reports false where a value may go on in the next one, and
// for a field whose name or value is not written plainly.
func (s *skimmer) line(line []byte) bool {
	line = bytes.TrimRight(line, " \r\n")
	text := bytes.TrimLeft(line, " ")
	if len(text) == 0 || text[0] == '#' {
		return true
	}
	if !balanced(text) {
		return false
	}
	depth := len(line) - len(text) - len(s.indent)
	if depth == 0 && bytes.HasPrefix(text, []byte("- ")) {
		if !s.end() {
			return false
		}
		s.now, s.inside, s.ours = Label{}, true, false
		text = text[2:]
		depth = 2
	}
	switch {
	case depth < 2:
		return false
	case depth > 2:
		return !s.ours // of another field
	case bytes.HasPrefix(text, []byte("- ")):
		return !s.ours
	}
	return s.field(text)
}

func (s *skimmer) field(text []byte) bool {
	end := 0
	for end < len(text) && ('a' <= text[end] && text[end] <= 'z' || text[end] == '_') {
		end++
	}
	name, rest := text[:end], text[end:]
	if !bytes.HasPrefix(rest, []byte(":")) || len(rest) > 1 && rest[1] != ' ' {
		return false
	}
	to := (*string)(nil)
	switch string(name) {
	case "key":
		to = &s.now.Key
	case "unit":
		to = &s.now.Unit
	}
	if s.ours = to != nil; !s.ours {
		return true
	}
	if *to != "" {
		return false
	}
	value := string(bytes.TrimLeft(rest[1:], " "))
	if to == &s.now.Key && keyPattern.MatchString(value) {
		*to = value
		return !isWord(value) && isLetter(value[0])
	}
	var ok bool
	*to, ok = plain(value)
	return ok && (to == &s.now.Unit || keyPattern.MatchString(*to))
}

// balanced reports whether no value that begins in the line can end in another one.
func balanced(line []byte) bool {
	double, single, square, curly := 0, 0, 0, 0
	for _, c := range line {
		switch c {
		case '"':
			double++
		case '\'':
			single++
		case '[':
			square++
		case ']':
			square--
		case '{':
			curly++
		case '}':
			curly--
		case '\r', '\t':
			return false
		}
	}
	return double%2 == 0 && single%2 == 0 && square == 0 && curly == 0
}

// plain returns the text of a value, if it stands there as it is, perhaps in quotes.
func plain(value string) (text string, ok bool) {
	if n := len(value); n > 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		text = value[1 : n-1]
		return text, !strings.ContainsAny(text, `"'\`)
	}
	if value == "" || !isLetter(value[0]) || strings.ContainsAny(value, `"':#{}[]`) {
		return "", false
	}
	return value, !isWord(value)
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80 }

// isWord reports whether YAML takes value for something else than a text.
func isWord(value string) bool {
	switch strings.ToLower(value) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return true
	}
	return false
}
