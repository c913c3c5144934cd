package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/calendar"

	"github.com/goccy/go-yaml/lexer"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// fileOf returns a catalogue of n series.
func fileOf(n int) string {
	b := strings.Builder{}
	b.WriteString("version: 1\nsources: {ecb: {}}\nseries:\n")
	for i := range n {
		fmt.Fprintf(&b, "- key: A#%d\n  aliases: [B#%d]\n  title: \"a title: with - signs, [%d]\"\n  unit: x\n  source: ecb\n  code: A\n\n  # a note\n  calendar: target\n  since: 2008-01-02\n", i, i, i)
	}
	return b.String()
}

// A file of 10,000 series is read, in pieces, and is the same as when it is read
// whole.
func TestSplit(t *testing.T) {
	c, err := Parse("f.yaml", []byte(fileOf(10_000)), nil)
	if err != nil || len(c.All()) != 10_000 || c.All()[9_999].Key != "A#9999" {
		t.Fatalf("10,000 series: %v", err)
	}
	const n = 900
	text := fileOf(n) + "calendars:\n  own: {base: daily, closed: [{day: 2020-01-01, reason: x}]}\n"
	if _, pieces := split([]byte(text)); len(pieces) < 2 {
		t.Fatalf("%d pieces, want several", len(pieces))
	}
	whole := strings.Replace(text, "unit: x", "unit: &x x", 1)
	if _, pieces := split([]byte(whole)); len(pieces) > 0 {
		t.Fatal("a file with anchors is read in pieces")
	}
	got, err := Parse("f.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Parse("f.yaml", []byte(whole), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Sources, got.Sources) + cmp.Diff(want.All(), got.All(), cmpopts.IgnoreTypes(&calendar.Calendar{}, Ready{})); diff != "" {
		t.Errorf("whole and in pieces (-whole +pieces):\n%s", diff)
	}
}

// Problems have the line and the number of the file, whichever piece they are in.
func TestSplitPlaces(t *testing.T) {
	text := fileOf(1000) + "- {title: x}\n- {key: A#5, title: x, unit: x, source: ecb, code: A, calendar: target, since: 2008-01-02, more: 1}\n" +
		"- {key: Z, title: x, unit: x, source: ecc, code: A, calendar: nobody, since: 2008-01-02, aliases: [B#7]}\nmore: 1\n"
	_, err := Parse("f.yaml", []byte(text), nil)
	want := `f.yaml:10004: series[1000].key: missing
f.yaml:10004: series[1000].unit: missing
f.yaml:10004: series[1000].source: missing
f.yaml:10004: series[1000].code: missing
f.yaml:10004: series[1000].calendar: missing
f.yaml:10004: series[1000].since: missing
f.yaml:10005: series[A#5].more: unknown field
f.yaml:10005: series[A#5]: the key comes twice
f.yaml:10006: series[Z].source: unknown source "ecc": did you mean ecb?
f.yaml:10006: series[Z].calendar: unknown calendar "nobody": there are brazil-bank, daily, target, weekdays
f.yaml:10006: series[Z].aliases[0]: B#7 is already a name of A#7
f.yaml:10007: more: unknown field`
	if err == nil || err.Error() != want {
		t.Errorf("problems:\n%v\nwant:\n%s", err, want)
	}
}

// What looks like the list of series and is within a text takes no part.
func TestSplitWithinText(t *testing.T) {
	item := "- {key: A, title: x, unit: x, source: ecb, code: A, calendar: target, since: 2008-01-02}\n"
	text := "version: 1\nsources: {ecb: {}}\ncalendars:\n  own:\n    base: daily\n    closed:\n    - day: 2020-01-01\n      reason: \"\nseries:\n" +
		strings.Repeat(item, 1000) + "\"\nseries: []\n"
	if c, err := Parse("f.yaml", []byte(text), nil); err == nil && len(c.All()) > 0 {
		t.Errorf("%d series, want none", len(c.All()))
	}
}

func TestBounds(t *testing.T) {
	const head = "version: 1\nsources: {ecb: {}}\n"
	const item = "- {key: A%d, title: x, unit: x, source: ecb, code: A, calendar: target, since: 2008-01-02}\n"
	list := func(n int, format string) string {
		b := strings.Builder{}
		for i := range n {
			if strings.Contains(format, "%") {
				fmt.Fprintf(&b, format, i)
			} else {
				b.WriteString(format)
			}
		}
		return b.String()
	}
	tests := []struct{ name, text, want string }{
		{"brackets", head + "series: " + strings.Repeat("[", 500), "f.yaml:3: nested more than 20 deep"},
		{"dashes", head + "series:\n" + strings.Repeat("- ", 500), "f.yaml:4: nested more than 20 deep"},
		{"indentation", head + "series:\n" + strings.Repeat("- ", 3) + list(30, "\n") + func() (s string) {
			for i := range 30 {
				s += strings.Repeat(" ", i+8) + "a:\n"
			}
			return s
		}(), "nested more than 20 deep"},
		{"tags", head + "series: " + strings.Repeat("!a ", 500), "f.yaml:3: more than 20 anchors and tags of one value"},
		{"signs", head + "series: [" + strings.Repeat("[],", 100_000) + "]", "more than 200000 names, values and signs in one piece"},
		{"fields", head + "series: []\n" + list(1001, "x%d: 1\n"), "more than 1000 fields in one place"},
		{"fields between braces", head + "series: [{" + list(1001, "x%d: 1,") + "}]\n", "more than 1000 fields in one place"},
		{"a long name", head + "series: []\n" + strings.Repeat("x", 257) + ": 1", "the name of a field has 257 bytes"},
		{"a long text", head + "series: []\ninclude: " + strings.Repeat("x", 4097), "a text of 4097 bytes"},
		{"a long text with escapes", head + "series: []\ninclude: \"" + strings.Repeat("\\u0041", 4097) + `"`, "a text of 4097 bytes"},
		{"long names of what is deep", head + "series: []\nx:\n" + func() (s string) {
			for i := range 15 {
				s += strings.Repeat(" ", i+1) + strings.Repeat("k", 250) + ":\n"
			}
			for range 15 {
				s += strings.Repeat(" ", 17) + "a:\n" + list(900, strings.Repeat(" ", 18)+"a%d: 1\n")
			}
			return s
		}(), "names that are too long, too deep and too many"},
		{"aliases of much", head + "x: &x {" + list(900, "a%d: 1,") + "}\nseries:\n" + list(2000, "- {<<: *x}\n"), "and more than 979 more problems"},
		{"aliases of good series", head + "calendars:\n" + list(300, "  c%d: {base: daily, closed: *x}\n") + "x: &x\n" + list(5000, "- {day: 2020-01-01, reason: x}\n") + "series: []\n", "aliases make more than 600000 fields and items"},
		{"problems", head + "series:\n" + list(50, "- {kez: A%d}\n"), "f.yaml: and 330 more problems"},
		{"very many problems", head + "series:\n" + list(5000, "- {kez: A%d}\n"), "f.yaml: and more than 979 more problems"},
		{"calendars on calendars", head + "series: []\ncalendars:\n  c0: {base: daily}\n" + func() (s string) {
			for i := 40; i > 0; i-- {
				s += fmt.Sprintf("  c%d: {base: c%d}\n", i, i-1)
			}
			return s
		}(), "more than 16 calendars that stand on one another"},
		{"closed days", head + "series: []\ncalendars:\n  c0:\n    base: daily\n    closed: [" + list(10_001, "a,") + "]\n", "10001 entries: want at most 10000"},
		{"fields of a series", head + "series:\n- {fields: [" + list(101, "a%d,") + "]}\n", "101 entries: want at most 100"},
		{"a long file", head + strings.Repeat("#\n", maxBytes/2), "longer than 4194304 bytes"},
		{"an unknown zone", head + "series:\n- {ready: {at: \"18:00\", zone: " + strings.Repeat("Z", 4000) + "}}\n", `unknown time zone "` + strings.Repeat("Z", maxTold-len(`unknown time zone "`)) + "..."},
		{"thousands of names to guess", "version: 1\nsources: {" + list(900, "s%d: {},") + "}\nseries:\n" + list(6000, strings.Replace(item, "ecb", "t%[1]d", 1)), "and more than 979 more problems"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(tt.text), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %.1000v, want %q in it", err, tt.want)
			}
			if len(err.Error()) > 21*700 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

// The library makes at most twice as many tokens as were counted before.
func FuzzEstimate(f *testing.F) {
	for _, text := range []string{"", "a: b", "- - ? a", `"a":"b"`, "[a,b,{c: d}]", "a\n b\n\nc", "&a *b !c |\n x\n>\n y", "%a\n---\n...", "'a''b'", "a:b -c ?d", "\t\r a: 1\rb: 2", "<<: *a", "# x", "@`"} {
		f.Add(text)
	}
	f.Add(fileOf(2))
	f.Fuzz(func(t *testing.T, text string) {
		text, what, _ := decodeText(text)
		if what != "" {
			return
		}
		if tokens := len(lexer.Tokenize(text)); tokens > 2*estimate([]byte(text))+2 {
			t.Errorf("%q: %d tokens, estimated as %d", text, tokens, estimate([]byte(text)))
		}
	})
}

func decodeText(text string) (string, string, int) {
	b, what, line := decode([]byte(text))
	return string(b), what, line
}
