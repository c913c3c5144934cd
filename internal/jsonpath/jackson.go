package jsonpath

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// What a decoder expected, for those of its errors that Jackson has too.
const (
	noValue = "expected a JSON value"
	noName  = "expected a member name"
	noColon = "expected ':'"
	noComma = "expected ',' or '}'"
	noItem  = "expected ',' or ']'"
)

const jacksonValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

// jacksonWanted says the same in the words of Jackson.
var jacksonWanted = map[string]string{
	noValue: "expected a valid value " + jacksonValues,
	noName:  "was expecting double-quote to start field name",
	noColon: "was expecting a colon to separate field name and value",
	noComma: "was expecting comma to separate Object entries",
	noItem:  "was expecting comma to separate Array entries",
}

// Jackson is the error of data in the words of Jackson, which AWS reads JSON with, and the
// offset of what it has not read yet; "" where those are not known.
func (e *SyntaxError) Jackson(data []byte) (text string, next int) {
	rest, wanted := data[min(e.Offset, len(data)):], jacksonWanted[e.Msg]
	if len(rest) == 0 || wanted == "" {
		return "", 0
	}
	if word := bareword(rest); e.Msg == noValue && len(word) > 0 {
		return fmt.Sprintf("Unrecognized token '%s': was expecting %s", word, jacksonValues), e.Offset + len(word)
	}
	r, size := utf8.DecodeRune(rest)
	shown := fmt.Sprintf("'%c' (code %d)", r, r)
	switch {
	case unicode.IsControl(r):
		shown = fmt.Sprintf("(CTRL-CHAR, code %d)", r)
	case r > 0xFF:
		shown = fmt.Sprintf("'%c' (code %d / 0x%[2]x)", r, r)
	}
	return fmt.Sprintf("Unexpected character (%s): %s", shown, wanted), e.Offset + size
}

// bareword is the word without quotes at the beginning of text.
func bareword(text []byte) []byte {
	end := bytes.IndexFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '$')
	})
	if end < 0 {
		end = len(text)
	}
	return text[:end]
}
