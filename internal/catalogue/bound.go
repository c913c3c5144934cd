package catalogue

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// What a file may have at most. The library that reads YAML has no limits of its
// own: a token of a few bytes costs it 250, and the depth of nesting and the
// length of a mapping cost it their square.
const (
	maxBytes    = 4 << 20  // 10,000 series with all their fields have 2.5 MB; 32 bytes of memory each
	maxTokens   = 200_000  // of a piece; 1,000 series written in one have 40,000
	maxVisits   = 600_000  // fields and items; 10,000 series have 140,000
	maxDepth    = 20       // the deepest field stands in 6 mappings and lists
	maxEntries  = 1000     // of a mapping: calendars or sources; the shipped file has 10
	maxScalar   = 4096     // bytes; a title has 100
	maxKey      = 256      // bytes of the name of a field; the longest has 17
	maxPaths    = 32 << 20 // bytes of the paths of all values; those of 10,000 series have 5 MB
	maxAliases  = 16       // from one to the next
	maxExcepted = 10_000   // days of a calendar, and ranges of a series; a bank's calendar has 600
	maxBases    = 16       // calendars from a derived one to the built-in one
	maxCheckOf  = 100      // checks or fields of a series; the shipped ones have up to 3
)

// How much of what is wrong is told.
const (
	maxProblems   = 1000 // then nothing more is read
	shownProblems = 20
	maxTold       = 300 // bytes of a text, and of the name of a field
)

// estimate returns about how many tokens text has, and never less than half.
func estimate(text []byte) int {
	n, inText, directive := 0, false, false // of a directive each word is a token
	for i, c := range text {
		directive = directive || c == '%'
		switch c {
		case ' ', '\t':
			inText = inText && !directive
			continue
		case '\n', '\r':
			inText, directive = false, false
			continue
		case '[', ']', '{', '}', ',', '"', '\'', '#', '&', '*', '!', '|', '>', '%', '@', '`', '<':
			n++
			inText = false
			continue
		case ':', '-', '?':
			if i+1 == len(text) || bytes.IndexByte([]byte(" \t\r\n,[]{}"), text[i+1]) >= 0 || !inText {
				n++
				inText = false
				continue
			}
		}
		if !inText {
			n++
			inText = true
		}
	}
	return n
}

// open is a mapping or a list that goes on.
type open struct {
	column  int // of a block; 0: between brackets
	key     int // bytes of the key that was read last
	entries int
}

// nesting follows the mappings and lists that tokens open.
type nesting struct {
	opens []open
	paths int // bytes of the paths that the library keeps for each token
}

// check returns what is too much in tokens, and in which line.
func check(tokens token.Tokens) (line int, what string) {
	var n nesting
	properties := 0 // anchors and tags one after the other
	for i, t := range tokens {
		line = t.Position.Line
		switch t.Type {
		case token.AnchorType, token.TagType:
			properties++
		case token.StringType, token.SingleQuoteType, token.DoubleQuoteType:
			if len(t.Value) > maxScalar {
				return line, fmt.Sprintf("a text of %d bytes: want at most %d", len(t.Value), maxScalar)
			}
		default:
			properties = 0
		}
		isKey := i+1 < len(tokens) && tokens[i+1].Type == token.MappingValueType
		if isKey && len(t.Value) > maxKey {
			return line, fmt.Sprintf("the name of a field has %d bytes: want at most %d", len(t.Value), maxKey)
		}
		if what := n.take(t, isKey); what != "" {
			return line, what
		}
		if properties > maxDepth {
			return line, fmt.Sprintf("more than %d anchors and tags of one value", maxDepth)
		}
	}
	return 0, ""
}

func (n *nesting) take(t *token.Token, isKey bool) (what string) {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		n.opens = append(n.opens, open{})
	case token.SequenceEndType, token.MappingEndType:
		n.close()
	case token.SequenceEntryType, token.MappingKeyType:
		n.block(t, 0)
	case token.DocumentHeaderType, token.DocumentEndType:
		n.opens = n.opens[:0]
	default:
		if isKey {
			n.block(t, len(t.Value))
		}
	}
	depth := len(n.opens)
	if depth > maxDepth {
		return fmt.Sprintf("nested more than %d deep", maxDepth)
	}
	for _, o := range n.opens {
		n.paths += o.key + len("[100]")
	}
	if depth > 0 && n.opens[depth-1].entries > maxEntries {
		return fmt.Sprintf("more than %d fields in one place", maxEntries)
	}
	if n.paths > maxPaths {
		return "names that are too long, too deep and too many"
	}
	return ""
}

// close ends the innermost brackets.
func (n *nesting) close() {
	for len(n.opens) > 0 {
		last := n.opens[len(n.opens)-1]
		n.opens = n.opens[:len(n.opens)-1]
		if last.column == 0 {
			return
		}
	}
}

// block notes an entry of a block, or of a mapping between brackets, where
// columns mean nothing.
func (n *nesting) block(t *token.Token, key int) {
	column := t.Position.Column
	for len(n.opens) > 0 && n.opens[len(n.opens)-1].column > column {
		n.opens = n.opens[:len(n.opens)-1]
	}
	last := len(n.opens) - 1
	if last < 0 || n.opens[last].column != 0 && n.opens[last].column < column {
		n.opens = append(n.opens, open{column: column})
		last++
	}
	n.opens[last].key = key
	if key > 0 {
		n.opens[last].entries++
	}
}

// A piece of a list is as many of its items as have about this many bytes.
const pieceBytes = 64 << 10

// piece is a part of a text, and how many lines are before it.
type piece struct {
	text   []byte
	before int
}

// split takes the items of the list `series`, which stands for itself and has a
// line that begins with `- ` for each, out of text. A piece of a few of them costs
// the memory of a few, where a whole file would cost that of all. The items are
// cut out where their list could go on and nowhere else, so a piece that ends
// within quotes or brackets has an error, as the file does. Aliases, which may
// lead from one piece to another, leave the text whole.
func split(text []byte) (rest []byte, pieces []piece) {
	from, to, ok := items(text)
	if !ok || len(text) <= pieceBytes || hasAnchors(text) {
		return text, nil
	}
	indent := leading(text[from:to])
	before := bytes.Count(text[:from], []byte("\n"))
	begin, at, lines := from, from, 0
	for line := range bytes.Lines(text[from:to]) {
		if at-begin >= pieceBytes && isItem(line, indent) {
			pieces = append(pieces, piece{text[begin:at], before})
			begin, before = at, before+lines
			lines = 0
		}
		at += len(line)
		lines++
	}
	pieces = append(pieces, piece{text[begin:to], before})
	rest = append(rest, text[:from]...)
	rest = append(rest, indent...)
	rest = append(rest, "- "+placeholder+"\n"...)
	rest = append(rest, strings.Repeat("\n", max(0, bytes.Count(text[from:to], []byte("\n"))-1))...)
	return append(rest, text[to:]...), pieces
}

// placeholder is the one item of a list that was taken out.
const placeholder = "{}"

// items returns where the items of the list `series` stand in text: lines from
// the first one that is an item to the next name at the margin.
func items(text []byte) (from, to int, ok bool) {
	at, inside := 0, false
	var indent []byte
	for line := range bytes.Lines(text) {
		blank := len(bytes.TrimSpace(line)) == 0 || bytes.TrimLeft(line, " ")[0] == '#'
		switch {
		case blank:
		case !inside:
			name, _, _ := strings.Cut(string(line), " #")
			inside = strings.TrimRight(name, " \r\n") == "series:"
		case from == 0:
			if indent = leading(line); !isItem(line, indent) {
				return 0, 0, false
			}
			from = at
		case isItem(line, indent) || len(leading(line)) > len(indent):
		case line[0] == ' ' || line[0] == '-' || line[0] == '\t':
			return 0, 0, false // no list that goes on, nor its end
		default:
			return from, at, true
		}
		at += len(line)
	}
	return from, at, from > 0
}

func leading(line []byte) []byte { return line[:len(line)-len(bytes.TrimLeft(line, " "))] }

func isItem(line, indent []byte) bool {
	return bytes.HasPrefix(line, indent) && bytes.HasPrefix(line[len(indent):], []byte("- "))
}

// hasAnchors reports whether text may have anchors or aliases.
func hasAnchors(text []byte) bool {
	for i, c := range text {
		if (c == '&' || c == '*') && i+1 < len(text) && text[i+1] > ' ' && (i == 0 || bytes.IndexByte([]byte(" \t\n[{,:-"), text[i-1]) >= 0) {
			return true
		}
	}
	return false
}
