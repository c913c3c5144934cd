package output

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// printed is what a screen has got.
func printed(t *testing.T, print func(to *Screen) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := print(NewScreen(&out)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTable(t *testing.T) {
	rows := NewTable("key", "not_due", "title")
	rows.Add("=1+1", 7, "Dólar\x1b[2J\r\n")
	rows.Add("A", 1234, `say "hi", you`)
	got := printed(t, func(to *Screen) error { return WriteList[int](to, "table", rows, nil, nil) })
	want := "KEY   NOT DUE  TITLE\n" +
		"=1+1        7  Dólar\\x1b[2J\\r\\n\n" +
		"A        1234  say \"hi\", you\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	want = "key,not_due,title\n'=1+1,7,Dólar\\x1b[2J\\r\\n\nA,1234,\"say \"\"hi\"\", you\"\n"
	if diff := cmp.Diff(want, printed(t, rows.writeCSV)); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

// Every row is as wide as the widest: one long cell must not cost the memory of
// all rows.
func TestTableShortensCells(t *testing.T) {
	rows := NewTable("key", "reason")
	rows.Add("A", strings.Repeat("é", 10<<20))
	for range 1000 {
		rows.Add("B", "")
	}
	got := printed(t, func(to *Screen) error { return WriteList[int](to, "table", rows, nil, nil) })
	if len(got) > 4*MaxCell || strings.Count(got, "é") != MaxCell/2 {
		t.Errorf("%d bytes that begin with %.60q", len(got), got)
	}
}

// A name too many is counted, a text is cut at a whole character and only where it is too
// long, and JSON is set in for people.
func TestShortForms(t *testing.T) {
	for want, n := range map[string]Names{"": nil, "a b c": {"a", "b", "c"}, "a b c and 1 more": {"a", "b", "c", "d"}} {
		if got := n.String(); got != want {
			t.Errorf("%d names are %q, want %q", len(n), got, want)
		}
	}
	for text, want := range map[string]string{"abcd": "abcd", "abcde": "abcd...", "abcé": "abc...", "éé": "éé", "ééé": "éé..."} {
		if got := Shorten(text, 4); got != want {
			t.Errorf("Shorten(%q, 4) = %q, want %q", text, got, want)
		}
	}
	for want, n := range map[string]int{"0 days": 0, "1 day": 1, "2 days": 2} {
		if got := Count(n, "day"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := Count(1, "series") + Count(2, "series"); got != "1 series2 series" {
		t.Error(got)
	}
	got := printed(t, func(to *Screen) error { return WriteJSON(to, map[string]any{"a": []int{1}, "b": "<&>"}) })
	if want := "{\n  \"a\": [\n    1\n  ],\n  \"b\": \"<&>\"\n}\n"; got != want {
		t.Errorf("JSON %s, want %s", got, want)
	}
}

// What a spreadsheet would reckon is guarded, what would be two cells is quoted,
// and a reader of CSV finds the text again.
func TestCSVCells(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "5.1995": "5.1995", "-0.0512": "-0.0512", "-1.5E-05": "-1.5E-05", "CURRENCY#USD": "CURRENCY#USD", "US dollar": "US dollar", // as they are
		"=1+1": "'=1+1", "+1": "'+1", "-1+2": "'-1+2", "@SUM(A1)": "'@SUM(A1)", "-": "'-", "-1.2.3": "'-1.2.3", "-E1": "'-E1",
		"  =1+1": "'  =1+1", "'=1+1": "''=1+1", ` "=1+1`: `"' ""=1+1"`, `"+1`: `"'""+1"`, // after what is passed over
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠A": "'＠A", "﹦1": "'﹦1", // other forms
		"\t=1": `\t=1`, "\r=1": `\r=1`, "\n=1": `\n=1`, "a\tb": `a\tb`, "a\r\n=b": `a\r\n=b`, "\u00a0=1": `\u00a0=1`, "\ufeff=1": `\ufeff=1`,
		"a;b": `"a;b"`, ";=1+1": `";'=1+1"`, "a;=1+1": `"a;'=1+1"`, "a; =1": `"a;' =1"`, ";-2": `";-2"`, "a,b": `"a,b"`, `a"b`: `"a""b"`, " a": `" a"`,
	} {
		got := Dialect{}.whole().cell(text)
		if got != want {
			t.Errorf("cell(%q) = %s, want %s", text, got, want)
		}
		r := csv.NewReader(strings.NewReader("x," + got + ",y\n"))
		cells, err := r.Read()
		if err != nil || len(cells) != 3 {
			t.Errorf("cell(%q) is read as %q, %v", text, cells, err)
			continue
		}
		if bare := strings.ReplaceAll(cells[1], "'", ""); bare != strings.ReplaceAll(Visible(text), "'", "") {
			t.Errorf("cell(%q) is read as %q", text, cells[1])
		}
	}
}

// A dialect has the guards too, for those who read it as another one.
func TestDialects(t *testing.T) {
	brazil := Locales["pt-BR"]
	for _, tt := range []struct {
		d            Dialect
		text, number string
		want         string
	}{
		{brazil, "CURRENCY#USD", "5.1760", "CURRENCY#USD;5,1760"},
		{brazil, "a;b", "-0.0512", `"a;b";-0,0512`},
		{brazil, "a;=1+1", "1.5E-05", `"a;'=1+1";1,5E-05`},
		{brazil, "a,=1+1", "", `"a,'=1+1";`},
		{brazil, "=1,-2+3", "=1", `"'=1,'-2+3";'=1`},
		{brazil, "-5,1", "1.2.3", `"-5,1";1.2.3`},
		{Dialect{Delimiter: '\t', Decimal: ','}, "a\tb|=1", "12", "a\\tb|=1\t12"},
		{Dialect{Delimiter: '|'}, "a|=1", "0.5", `"a|'=1"|0.5`},
		{Dialect{Delimiter: ';'}, "x", "0.5", "x;0.5"},
		{Dialect{}, "a|=1", "0.5", "a|=1,0.5"},
	} {
		if err := tt.d.Check(); err != nil {
			t.Error(err)
		}
		got := printed(t, func(to *Screen) error {
			out := to.CSVIn(tt.d)
			out.Values([]string{tt.text}, []Number{Number(tt.number)})
			return out.Flush()
		})
		if got != tt.want+"\n" {
			t.Errorf("%+v: %q and %q are %q, want %q", tt.d, tt.text, tt.number, got, tt.want)
		}
	}
	for _, d := range []Dialect{{',', ','}, {'x', 0}, {0, ';'}, {'"', 0}, {'\n', 0}, {0, ','}} {
		if d.Check() == nil {
			t.Errorf("%+v is good", d)
		}
	}
}

// FuzzCSV reads what was written, with commas and with semicolons.
func FuzzCSV(f *testing.F) {
	f.Add("a;b", `"=1`, "-5\r\n")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		got := printed(t, func(to *Screen) error {
			out := to.CSV()
			out.Row(a, b, c)
			return out.Flush()
		})
		for _, r := range got[:len(got)-1] {
			if unseen(r) {
				t.Fatalf("%q has %q", got, r)
			}
		}
		cells, err := csv.NewReader(strings.NewReader(got)).Read()
		if err != nil || len(cells) != 3 {
			t.Fatalf("%q is read as %q, %v", got, cells, err)
		}
		for i, text := range []string{a, b, c} {
			if strings.ReplaceAll(cells[i], "'", "") != strings.ReplaceAll(Visible(text), "'", "") {
				t.Errorf("%q is read as %q", text, cells[i])
			}
			for _, cell := range strings.Split(cells[i], ";") {
				first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, ` "`))
				if strings.ContainsRune("=+@＝＋－＠", first) {
					t.Errorf("%q is a formula in %q", cell, got)
				}
			}
		}
	})
}
