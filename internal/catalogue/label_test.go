package catalogue_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"

	"github.com/google/go-cmp/cmp"
)

// long is a catalogue of plain series, among them the lines of more.
func long(more string) []byte {
	var text strings.Builder
	text.WriteString("version: 1\ninclude: shipped\nseries:\n")
	for i := range 20 { // with 70,000 bytes: short ones are parsed
		if i == 10 {
			text.WriteString(more)
		}
		fmt.Fprintf(&text, `- key: SERIES#%d
  title: "%s: of many" # a comment's apostrophes' number is even
  unit: BRL per USD
  source: bcb-ptax
  code: USD
  calendar: brazil-bank
  since: 2000-01-03
  ready: {at: "18:00", zone: America/Sao_Paulo}

`, i, strings.Repeat("x", 3500))
	}
	return []byte(text.String())
}

// Whatever the lines of a catalogue look like, labels are those that Parse has.
func wantLabels(t *testing.T, text []byte) {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", text, lacuna.Series)
	if err != nil {
		return
	}
	var want []catalogue.Label
	for _, s := range c.Series {
		want = append(want, catalogue.Label{Key: s.Key, Unit: s.Unit})
	}
	got, err := catalogue.Labels("series.yaml", text, lacuna.Series)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("labels (-Parse +Labels):\n%s", diff)
	}
}

const labelRest = "  source: bcb-ptax\n  code: X\n  calendar: daily\n  since: 2020-01-01\n"

var labelled = []string{
	"- key: A\n  title: x\n  unit: percent\n",
	"- title: x\n  unit: percent\n  key: A\n",
	"- key: \"A\"\n  title: x\n  unit: '% a year'\n",
	"- key: A # comment\n  title: x\n  unit: percent # comment\n",
	"- key: A\n  title: x\n  unit: reais\n    per dollar\n",
	"- key: A\n  title: x\n  unit:\n    percent\n",
	"- key: A\n  title: x\n  unit: >-\n    percent\n",
	"- key: A\n  title: >-\n    of a\n    unit: of it\n  unit: percent\n",
	"- key: A\n  title: \"of a\n  unit: of it\"\n  unit: percent\n",
	"- key: A\n  title: x\n  unit : percent\n",
	"- \"key\": A\n  title: x\n  \"unit\": percent\n",
	"- ? key\n  : A\n  title: x\n  unit: percent\n",
	"-   key: A\n    title: x\n    unit: percent\n    source: bcb-ptax\n    code: X\n    calendar: daily\n    since: 2020-01-01\n- key: B\n  title: x\n  unit: y\n",
	"- key: A\n  title: x\n  unit: \"a \\u0041\"\n",
	"- key: A\n  title: x\n  unit: it''s\n",
	"- key: A\n  title: x\n  unit: 'it''s'\n",
	"- key: A\n  aliases:\n  - B\n  - C\n  title: x\n  unit: percent\n",
	"- key: CURRENCY#USD\n  title: x\n  unit: mine\n",
	"- key: A#1:2\n  title: x\n  unit: ünit\n",
	"- {key: A, title: x, unit: y, source: bcb-ptax, code: X, calendar: daily, since: 2020-01-01}\n- key: B\n  title: x\n  unit: y\n",
	"- key: A\n  title: [\n  unit: x]\n  unit: percent\n",
	"- key: A\n  title: x\r  unit: y\n  unit: percent\n",
	"- key: A\n  title: x\n  unit: true\n",
}

func TestLabelsAreThoseOfParse(t *testing.T) {
	for _, more := range labelled {
		t.Run(more, func(t *testing.T) { wantLabels(t, long(more+labelRest)) })
	}
	wantLabels(t, lacuna.Series)
}

func FuzzLabels(f *testing.F) {
	for _, more := range labelled {
		f.Add(more + labelRest)
	}
	f.Fuzz(func(t *testing.T, more string) { wantLabels(t, long(more)) })
}

// Of a long and plain catalogue nothing but the labels is read.
func TestLabelsReadNothingElse(t *testing.T) {
	got, err := catalogue.Labels("series.yaml", long("- key: A\n  unit: percent\n  since: never\n"), lacuna.Series)
	if err != nil || len(got) < 21 {
		t.Errorf("%d labels, error %v; want all, and no look at since", len(got), err)
	}
	for _, more := range []string{
		"- key: A\n  title: x\n", "- key: SERIES#1\n  unit: x\n", "- key: A B\n  unit: x\n", "- unit: x\n", "- key: A\n  unit: x\n unit: y\n",
	} {
		if _, err := catalogue.Labels("series.yaml", long(more), lacuna.Series); err == nil {
			t.Errorf("%q: no error, want that of Parse", more)
		}
	}
}

func BenchmarkLabels10000Series(b *testing.B) {
	text := long("")
	for i := range 10_000 {
		text = fmt.Appendf(text, "- key: MORE#%d\n  title: x\n  unit: x\n  source: ecb\n  code: A\n  calendar: target\n  since: 2008-01-02\n  checks:\n    value: {min: 0.5, max: 25, max_change: 15%%}\n", i)
	}
	for b.Loop() {
		if got, err := catalogue.Labels("series.yaml", text, lacuna.Series); err != nil || len(got) < 10_000 {
			b.Fatal(len(got), err)
		}
	}
}
