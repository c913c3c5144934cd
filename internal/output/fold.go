package output

import (
	"strings"
	"unicode/utf8"
)

// usualWidth is that of a terminal of which nothing is known.
const usualWidth = 80

// Fit has lines for people be no wider than the terminal, or than COLUMNS says. Where
// neither is known, as in a file, tables have 80 columns and other lines stay whole.
func (s *Screen) Fit(env map[string]string) { s.width = s.columns(env) }

// command begins what a person copies into a shell.
const command = ": lacuna "

// fold returns text, some lines, in lines of at most width: those too long go on below,
// set in by two. A command goes on behind a backslash, as a shell takes it. What has
// our colours is as wide as who drew it made it.
func fold(text string, width int) string {
	if width <= 0 || len(text) <= width {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare := strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(bare) <= width || strings.Contains(bare, "\x1b") {
			b.WriteString(line)
			continue
		}
		shell := len(bare)
		if at := strings.Index(bare, command); at >= 0 {
			shell = at + len(": ")
		}
		foldLine(&b, bare, shell, width)
		b.WriteString(line[len(bare):])
	}
	return b.String()
}

// foldLine writes line in several; from the byte shell on it is a command.
func foldLine(b *strings.Builder, line string, shell, width int) {
	const indent = "  "
	used, set := 0, ""
	for at := 0; at < len(line); {
		end := wordEnd(line, at, shell)
		word := line[at:end]
		n := utf8.RuneCountInString(word)
		room, broken := width, "\n"
		if at > shell {
			broken = " \\\n"
		}
		if end > shell && end < len(line) {
			room -= len(` \`)
		}
		if used > len(set) && used+n > room {
			text := strings.TrimLeft(word, " ")
			set = indent
			b.WriteString(broken + set)
			used, word, n = len(set), text, utf8.RuneCountInString(text)
		}
		for at <= shell && used+n > width && width > len(indent) { // no blank to break it at
			part := firstRunes(word, width-used)
			b.WriteString(part + "\n" + indent)
			word, set, used = word[len(part):], indent, len(indent)
			n = utf8.RuneCountInString(word)
		}
		b.WriteString(word)
		used += n
		at = end
	}
}

// folded writes a line, in several where it is wider than width.
func (l *Lines) folded(line string, width int) {
	var b strings.Builder
	foldLine(&b, line, len(line), width)
	for part := range strings.SplitSeq(b.String(), "\n") {
		l.Printf("%s\n", part)
	}
}

// wordEnd returns where the word ends that begins, with its blanks, at at. From shell on
// a blank in quotes ends none; before it a list in JSON may end with any item.
func wordEnd(line string, at, shell int) int {
	quoted := false
	for i := at; i < len(line); i++ {
		switch {
		case line[i] == '\\' && !quoted:
			i++
		case line[i] == '\'' && i > shell:
			quoted = !quoted
		case i < shell && strings.HasPrefix(line[i:], `,"`):
			return i + 1
		case line[i] == ' ' && !quoted && strings.Trim(line[at:i], " ") != "":
			return i
		}
	}
	return len(line)
}

func firstRunes(text string, n int) string {
	for at := range text {
		if n == 0 {
			return text[:at]
		}
		n--
	}
	return text
}
