package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"lacuna/internal/exit"
	"lacuna/internal/output/outputtest"

	"github.com/google/go-cmp/cmp"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		"R$ 5,20 — Dólar €":  "R$ 5,20 — Dólar €",
		"日本語 ünï 😀":          "日本語 ünï 😀",
		`C:\x1b "q"`:         `C:\x1b "q"`,
		"\x1b]0;x\a":         `\x1b]0;x\a`,
		"a\r\nb\tc\x00\x7f":  `a\r\nb\tc\x00\x7f`,
		"\u009b2J\u0085":     `\u009b2J\u0085`,
		"\u202egnp\u2066":    `\u202egnp\u2066`,
		"\u200b\u2028\ufe0f": `\u200b\u2028\ufe0f`,
		"\U000e0041":         `\U000e0041`,
		"\x9b\xe2\x80!\xff":  `\x9b\xe2\x80!\xff`,
		"\ufffd":             "\ufffd",
	} {
		if got := Visible(text); got != want {
			t.Errorf("visible(%q) = %s, want %s", text, got, want)
		}
		if got := Visible(want); got != want {
			t.Errorf("visible(%q) = %s, want it as it is", want, got)
		}
	}
}

// Every character of the kinds is written in letters, and as JSON reads as itself.
func TestVisibleWritesAll(t *testing.T) {
	for _, r := range outputtest.Unseen() {
		if got := Visible(string(r)); strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) || got == "" {
			t.Errorf("visible(%U) = %q", r, got)
		}
	}
	for _, text := range outputtest.NotUTF8 {
		if got := Visible(text); strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("visible(%q) = %q", text, got)
		}
	}
	want := map[string]string{"a": string(outputtest.Unseen())}
	text := printed(t, func(to *Screen) error { return WriteJSON(to, want) })
	var got map[string]string
	if err := json.Unmarshal([]byte(text), &got); err != nil || got["a"] != want["a"] {
		t.Errorf("%q is read as %+q, %v", text, got, err)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
		t.Errorf("JSON has it raw: %q", text)
	}
}

// JSON from elsewhere is written as the rest: encoding/json would leave its strings.
func TestJSONFromElsewhere(t *testing.T) {
	given := json.RawMessage("{\"a\":\"\x7f\u009b\u202e\u2028\xff\"}")
	got := printed(t, func(to *Screen) error { return WriteLines(to, []json.RawMessage{given}) })
	if want := `{"a":"\u007f\u009b\u202e\u2028\ufffd"}` + "\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff\ufe0f")
	f.Fuzz(func(t *testing.T, text string) {
		got := Visible(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unseen) {
			t.Errorf("visible(%q) = %q", text, got)
		}
		if utf8.ValidString(text) && !strings.ContainsFunc(text, unseen) && got != text {
			t.Errorf("visible(%q) = %q, want it as it is", text, got)
		}
	})
}

// An argument makes no line, however it is formatted; our own lines and colours are
// kept.
func TestPrintf(t *testing.T) {
	evil := "x\n\x1b[2Jlacuna: Complete"
	got := printed(t, func(to *Screen) error {
		return to.Printf("%s|%v|%q|%-4d|%05.1f|%v|%s\n", evil, errors.New(evil), "\u202e", 7, 2.5, []string{evil}, Drawn("\x1b[0m"))
	})
	const seen = `x\n\x1b[2Jlacuna: Complete`
	if want := seen + "|" + seen + `|"\u202e"|7   |002.5|[` + seen + "]|\x1b[0m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	long := printed(t, func(to *Screen) error { return to.Printf("%s\n", strings.Repeat("é", 1<<20)) })
	if want := strings.Repeat("é", maxShown/2) + "...\n"; long != want {
		t.Errorf("a long text is written in %d bytes, want %d", len(long), len(want))
	}
}

// Errors that were joined have a line each; one error never has two.
func TestLinesOf(t *testing.T) {
	one, two := errors.New("one\nfake"), fmt.Errorf("two: %w", errors.New("2"))
	joined := errors.Join(one, two)
	for name, tt := range map[string]struct {
		err  error
		want []string
	}{
		"one":        {one, []string{"one\nfake"}},
		"joined":     {joined, []string{"one\nfake", "two: 2"}},
		"wrapped":    {fmt.Errorf("file: %w", joined), []string{"file: one\nfake", "two: 2"}},
		"twice":      {errors.Join(fmt.Errorf("a: %w", joined), one), []string{"a: one\nfake", "two: 2", "one\nfake"}},
		"exit code":  {exit.Usage("%w", joined), []string{"one\nfake", "two: 2"}},
		"in between": {fmt.Errorf("a %w b", joined), []string{"a one\nfake\ntwo: 2 b"}},
		"two in one": {fmt.Errorf("%w; %w", one, two), []string{"one\nfake; two: 2"}},
	} {
		if diff := cmp.Diff(tt.want, LinesOf(tt.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"x.db": "x.db", "azAZ09-_./:,": "azAZ09-_./:,", "2024-01-05": "2024-01-05", "": "''", "CURRENCY#*": "'CURRENCY#*'", "it's": `'it'\''s'`, "a b": "'a b'",
	} {
		if got := Quote(text); got != want {
			t.Errorf("quote(%q) = %s, want %s", text, got, want)
		}
	}
}
