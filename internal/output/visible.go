package output

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text of publishers, clients, databases and files may hold what a terminal obeys
// or does not show. Here is which characters those are, and how they are written.

// unseen reports whether r is not shown as itself: a control character, one that
// turns the direction of text, a space but the usual one, or nothing to see.
func unseen(r rune) bool {
	return !unicode.IsPrint(r) || r >= utf8.RuneSelf && unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Visible returns text in one line with everything unseen as Go writes it: \n,
// \x1b, \u202e; a byte that is not UTF-8 is \xff.
func Visible(text string) string { return escape(text, "", escapeText) }

// visibleLines is visible, but leaves newlines and tabs.
func visibleLines(text string) string { return escape(text, "\n\t", escapeText) }

// visibleJSON returns JSON that is the same to a reader, with everything unseen
// but newlines as \u202e. A byte that is not UTF-8 is \ufffd, as encoding/json has it.
func visibleJSON(text string) string { return escape(text, "\n", escapeJSON) }

// escape has write replace what is unseen in text, but for what is in keep.
func escape(text, keep string, write func(b *strings.Builder, r rune, of string)) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); {
		if c := text[at]; c >= ' ' && c < 0x7f { // nearly all of them
			at++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if broken := r == utf8.RuneError && size == 1; broken || unseen(r) && !strings.ContainsRune(keep, r) {
			b.WriteString(text[done:at])
			write(&b, r, text[at:at+size])
			done = at + size
		}
		at += size
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

func escapeText(b *strings.Builder, r rune, of string) {
	if r == utf8.RuneError {
		fmt.Fprintf(b, `\x%02x`, of[0])
		return
	}
	b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
}

func escapeJSON(b *strings.Builder, r rune, _ string) {
	for _, unit := range utf16.Encode([]rune{r}) {
		fmt.Fprintf(b, `\u%04x`, unit)
	}
}

// MaxQuoted is how much of a foreign text a line of ours shows, in bytes.
const MaxQuoted = 300

// Shorten returns text, or its first bytes, at most limit of them, and that it is
// longer.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "..."
}

// Quote writes text so that a shell takes it as one word.
func Quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
