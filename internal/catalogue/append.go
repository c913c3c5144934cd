package catalogue

import (
	"bytes"
	"errors"
	"strings"

	"lacuna/internal/lazy"
)

var seriesLine = lazy.Regexp(`(?m)^["']?series["']?[ \t]*:[ \t]*(\[[ \t]*\])?`)

// Append returns the text of a catalogue with one entry more behind those of its list
// of series, or with such a list where it has none. All else stays as it is, comments
// too. entry has the lines of the entry behind an indentation. What comes of it is for
// Parse to check.
func Append(text []byte, entry func(indent string) []byte) ([]byte, error) {
	ending := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		ending = "\r\n"
	}
	lines := func(indent string) []byte { return bytes.ReplaceAll(entry(indent), []byte("\n"), []byte(ending)) }
	if from, to, ok := items(text); ok {
		at := from + endOfItems(text[from:to])
		return insert(text, at, ending, lines(string(leading(text[from:])))), nil
	}
	found := seriesLine().FindAllSubmatchIndex(text, -1)
	switch {
	case len(found) == 0:
		return insert(text, len(text), ending, append([]byte("series:"+ending), lines("")...)), nil
	case len(found) == 1 && found[0][2] >= 0: // series: []
		from, to := found[0][2], found[0][3]
		end := bytes.IndexByte(text[to:], '\n') + 1
		if end == 0 {
			end = len(text) - to
		}
		without := append(bytes.TrimRight(bytes.Clone(text[:from]), " \t"), text[to:]...)
		at := to + end - (len(text) - len(without))
		return insert(without, at, ending, lines("")), nil
	}
	return nil, errors.New("series is not a list with a line that begins with `- ` for each")
}

// insert puts lines into text at a place where a line begins, or ends without a break.
func insert(text []byte, at int, ending string, lines []byte) []byte {
	var out bytes.Buffer
	out.Write(text[:at])
	if at > 0 && text[at-1] != '\n' {
		out.WriteString(ending)
	}
	out.Write(lines)
	out.Write(text[at:])
	return out.Bytes()
}

// endOfItems returns where the last item ends, with the comments right below it that
// stand further in than the items.
func endOfItems(list []byte) (end int) {
	at, indent, after := 0, len(leading(list)), false
	for line := range bytes.Lines(list) {
		at += len(line)
		text := strings.TrimSpace(string(line))
		comment := strings.HasPrefix(text, "#")
		after = text != "" && (!comment || after && len(leading(line)) > indent)
		if after {
			end = at
		}
	}
	return end
}
