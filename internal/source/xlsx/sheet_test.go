package xlsx

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/source/xlsx/xlsxtest"

	"github.com/google/go-cmp/cmp"
)

// row is a row of a sheet.
type row struct {
	Number int
	Cells  []Cell
}

// readAll reads the first sheet.
func readAll(t testing.TB, body []byte) (rows []row, merged []Area, err error) {
	w, err := Open(t.Context(), body)
	if err != nil {
		return nil, nil, err
	}
	err = w.Rows(w.Sheets[0], func(number int, cells []Cell) error {
		rows = append(rows, row{number, slices.Clone(cells)})
		return nil
	}, func(a Area) error {
		merged = append(merged, a)
		return nil
	})
	return rows, merged, err
}

// c1 is the cell of plainBook that tests change; no other is like it.
const c1 = `<c r="C1"><v>6.89</v></c>`

// plainBook has a text, a day and a number, and below it another text.
func plainBook() []xlsxtest.Part {
	return xlsxtest.Book("S", `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46243</v></c>`+c1+`</row><row r="2"><c r="A2" t="s"><v>1</v></c></row>`, "one", "two")
}

// plainRows are those of plainBook with another cell C1.
func plainRows(c Cell) []row {
	return []row{
		{1, []Cell{{Text: "one"}, {Text: "46243", Number: true, Form: Form{AsDay, "number 14"}}, c}},
		{2, []Cell{{Text: "two"}}},
	}
}

// Forms of a cell that show the same, those of which it cannot be known what they
// show, and those that make the whole workbook one that cannot be read.
func TestCells(t *testing.T) {
	as := func(cell string) []string { return []string{c1, cell} }
	general := Form{AsNumber, "number 0"}
	number := func(text string) Cell { return Cell{Text: text, Number: true, Form: general} }
	text := func(text string) Cell { return Cell{Text: text} }
	bad := func(text, why string) Cell { return Cell{Text: text, Bad: why, Number: true, Form: general} }
	shown := func(f Form) Cell { return Cell{Text: "6.89", Number: true, Form: f} }
	const (
		noValue   = "a formula without a value"
		stale     = "a formula that is still to be calculated"
		twoValues = "two values in a cell, or one of another kind"
	)
	tests := []struct {
		name    string
		changes []string
		want    Cell // at C1
	}{
		{"as it is", nil, number("6.89")},
		{"with an exponent", as(`<c r="C1"><v>6.8899999999999997E0</v></c>`), number("6.8899999999999997")},
		{"with a negative exponent", as(`<c r="C1"><v>689e-2</v></c>`), number("6.89")},
		{"with an exponent and a day's form", as(`<c r="C1" s="1"><v>4.6243E4</v></c>`), Cell{Text: "46243", Number: true, Form: Form{AsDay, "number 14"}}},
		{"in space", as("<c r=\"C1\"><v>\n 6.89 </v></c>"), number("6.89")},
		{"with a place that is implied", []string{`<c r="B1"`, `<c`}, number("6.89")},
		{"as text", as(`<c r="C1" t="inlineStr"><is><t>6,89</t></is></c>`), text("6,89")},
		{"as text in parts, with its sound", as(`<c r="C1" t="inlineStr"><is><r><t>6,</t></r><r><t>89</t></r><rPh><t>7</t></rPh></is></c>`), text("6,89")},
		{"as text in space", as("<c r=\"C1\" t=\"inlineStr\"><is><t>\u00a06,89 </t></is></c>"), text("\u00a06,89 ")},
		{"of a formula", as(`<c r="C1"><f>A1</f><v>6.89</v></c>`), number("6.89")},
		{"of a formula with a text", as(`<c r="C1" t="str"><f>A1</f><v>6,89</v></c>`), text("6,89")},
		{"with an escaped digit", as(`<c r="C1" t="inlineStr"><is><t>6,8_x0039_</t></is></c>`), text("6,89")},
		{"in an extension too", as(c1 + `<extLst><ext><c r="D1"><v>9</v></c></ext></extLst>`), number("6.89")},
		{"in a hidden row", []string{`<row r="1">`, `<row r="1" hidden="1">`}, number("6.89")},
		{"strict", []string{xlsxtest.Main, "http://purl.oclc.org/ooxml/spreadsheetml/main"}, number("6.89")},
		{"a day as text", as(`<c r="C1" t="d"><v>2026-08-09T00:00:00</v></c>`), text("2026-08-09T00:00:00")},
		{"empty", as(`<c r="C1"/>`), Cell{Number: true}},

		{"a formula without a value", as(`<c r="C1"><f>A1</f></c>`), Cell{Bad: noValue, Number: true}},
		{"a formula with an empty value", as(`<c r="C1"><f>A1</f><v></v></c>`), bad("", noValue)},
		{"a shared formula without a value", as(`<c r="C1"><f t="shared" si="0"/></c>`), Cell{Bad: noValue, Number: true}},
		{"a formula with an empty text", as(`<c r="C1" t="str"><f>A1</f><v/></c>`), Cell{Bad: noValue}},
		{"a formula that is calculated on opening", append(as(`<c r="C1"><f>A1</f><v>0</v></c>`), `<calcPr calcId="1"/>`, `<calcPr fullCalcOnLoad="1"/>`), bad("0", stale)},
		{"a formula that was not calculated", append(as(`<c r="C1"><f>A1</f><v>0</v></c>`), `<calcPr calcId="1"/>`, `<calcPr calcCompleted="0"/>`), bad("0", stale)},
		{"a formula that is never at rest", as(`<c r="C1"><f ca="1">RAND()</f><v>0</v></c>`), bad("0", stale)},
		{"an error", as(`<c r="C1" t="e"><v>#N/A</v></c>`), Cell{Text: "#N/A", Bad: `the error "#N/A"`}},
		{"an error of a formula", as(`<c r="C1" t="e"><f>A1</f><v>#REF!</v></c>`), Cell{Text: "#REF!", Bad: `the error "#REF!"`}},
		{"a truth value", as(`<c r="C1" t="b"><v>1</v></c>`), Cell{Text: "1", Bad: "a truth value"}},
		{"a day's form", as(`<c r="C1" s="1"><v>6.89</v></c>`), shown(Form{AsDay, "number 14"})},
		{"a percentage", as(`<c r="C1" s="2"><v>6.89</v></c>`), shown(Form{AsPercent, "0%"})},
		{"a form of its own", append(as(`<c r="C1" s="3"><v>6.89</v></c>`), "FORMAT", "#,##0.00"), shown(Form{AsNumber, "#,##0.00"})},
		{"a number of thousands", append(as(`<c r="C1" s="3"><v>6.89</v></c>`), "FORMAT", "0.00,"), shown(Form{AsOther, "0.00,"})},
		{"a number with a factor beside it", append(as(`<c r="C1" s="3"><v>6.89</v></c>`), "FORMAT", `0.00&quot; x1000&quot;`), shown(Form{AsOther, `0.00" x1000"`})},
		{"in percent, by the style of cells without one", []string{`<cellXfs><xf numFmtId="0"/>`, `<cellXfs><xf numFmtId="10"/>`}, shown(Form{AsPercent, "0.00%"})},
		{"a style that is not there", as(`<c r="C1" s="7"><v>6.89</v></c>`), Cell{Text: "6.89", Bad: `style "7" of 4`, Number: true}},
		{"not a number", as(`<c r="C1"><v>NaN</v></c>`), bad("", `"NaN" is no number`)},
		{"without end", as(`<c r="C1"><v>INF</v></c>`), bad("", `"INF" is no number`)},
		{"a number that is a word", as(`<c r="C1"><v>null</v></c>`), bad("", `"null" is no number`)},
		{"an empty number", as(`<c r="C1"><v></v></c>`), bad("", `"" is no number`)},
		{"too large", as(`<c r="C1"><v>1E99</v></c>`), bad("", `"1E99" is no number`)},
		{"two values", as(`<c r="C1"><v>6.8</v><v>9</v></c>`), bad("6.89", twoValues)},
		{"a number in a text's place", as(`<c r="C1"><is><t>6.89</t></is></c>`), bad("6.89", twoValues)},
		{"a text in a number's place", as(`<c r="C1" t="inlineStr"><v>6.89</v></c>`), Cell{Text: "6.89", Bad: twoValues}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, merged, err := readAll(t, xlsxtest.Zip(t, plainBook(), tt.changes...))
			if diff := cmp.Diff(plainRows(tt.want), got); diff != "" || merged != nil || err != nil {
				t.Errorf("merged %v, error %v, rows (-want +got):\n%s", merged, err, diff)
			}
		})
	}
	for c, want := range map[Cell]bool{{}: true, {Number: true}: true, text("0"): false, {Bad: noValue}: false} {
		if c.Empty() != want {
			t.Errorf("%+v is empty: %t", c, !want)
		}
	}
}

func TestASheetIsRefused(t *testing.T) {
	const shared = `<c r="A1" t="s"><v>0</v></c>`
	for name, tt := range map[string]struct {
		changes []string
		want    string
	}{
		"counted from 1904":                        {[]string{`<workbookPr/>`, `<workbookPr date1904="true"/>`}, "its days are counted from 1904 (date1904)"},
		"counted from 1904 by a number":            {[]string{`<workbookPr/>`, `<workbookPr date1904="1"/>`}, "date1904"},
		"precise as displayed":                     {[]string{`<calcPr calcId="1"/>`, `<calcPr fullPrecision="0"/>`}, "its numbers are as precise as displayed (fullPrecision)"},
		"formulas that the sheet has to calculate": {[]string{c1, `<c r="C1"><f>A1</f><v>0</v></c>`, `</sheetData>`, `</sheetData><sheetCalcPr fullCalcOnLoad="1"/>`}, "its formulas are still to be calculated (fullCalcOnLoad)"},
		"a shared text before the first":           {[]string{shared, `<c r="A1" t="s"><v>-1</v></c>`}, `row 1: shared text "-1" of 2`},
		"a shared text without a number":           {[]string{shared, `<c r="A1" t="s"/>`}, `row 1: shared text "" of 2`},
		"a cell of no kind":                        {[]string{c1, `<c r="C1" t="x"><v>6.89</v></c>`}, `row 1: a cell of the unknown kind "x"`},
		"a cell twice":                             {[]string{c1, c1 + c1}, `row 1: cell "C1" after 3 cells`},
		"a cell of another row":                    {[]string{c1, `<c r="C3"><v>6.89</v></c>`}, `row 1: cell "C3" in it`},
		"a row twice":                              {[]string{`<row r="2">`, `<row r="1">`}, `row "1" after row 1`},
		"a row back":                               {[]string{`<row r="2">`, `<row r="0">`}, `row "0" after row 1`},
		"a row as a fallback":                      {[]string{`<row r="2">`, `<mc:AlternateContent xmlns:mc="m"><mc:Choice><row r="2"/></mc:Choice></mc:AlternateContent><row r="3">`}, `row 1: a tag of another kind, "AlternateContent"`},
		"a tag in a value":                         {[]string{c1, `<c r="C1"><v>6<x>.</x>89</v></c>`}, `row 1: a tag in a value, "x"`},
		"two lists of rows":                        {[]string{`</sheetData>`, `</sheetData><sheetData/>`}, "two lists of rows"},
		"two documents":                            {[]string{`</sheetData></worksheet>`, `</sheetData></worksheet><worksheet/>`}, "two documents in one part"},
		"merged cells nowhere":                     {[]string{`</sheetData>`, `</sheetData><mergeCells><mergeCell ref="C2:A1"/></mergeCells>`}, `merged cells "C2:A1"`},
		"a part in another encoding":               {[]string{`<worksheet`, `<?xml version="1.0" encoding="UTF-16"?><worksheet`}, `xml: encoding "UTF-16" declared but`},
		"tags without end":                         {[]string{`<sheetData>`, strings.Repeat("<a>", 100) + `<sheetData>`}, "tags more than 50 deep"},
	} {
		if rows, _, err := readAll(t, xlsxtest.Zip(t, plainBook(), tt.changes...)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, error %v, want %q", name, rows, err, tt.want)
		}
	}
}

func TestMergedCells(t *testing.T) {
	_, got, err := readAll(t, xlsxtest.Zip(t, plainBook(), `</sheetData>`, `</sheetData><mergeCells><mergeCell ref="A4:H9"/><mergeCell ref="AA1"/></mergeCells>`))
	want := []Area{{Left: 0, Top: 4, Right: 7, Bottom: 9}, {Left: 26, Top: 1, Right: 26, Bottom: 1}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
	}
}

// bare is a workbook of a sheet and shared texts, without namespaces and styles.
func bare(t testing.TB, sheet, texts string) []byte {
	return xlsxtest.Zip(t, []xlsxtest.Part{
		{Name: "_rels/.rels", Content: `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{Name: "xl/workbook.xml", Content: `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>`},
		{Name: "xl/_rels/workbook.xml.rels", Content: `<Relationships><Relationship Id="a" Type="x/worksheet" Target="/xl/worksheets/s.xml"/>` +
			`<Relationship Id="b" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{Name: "xl/worksheets/s.xml", Content: sheet},
		{Name: "xl/sharedStrings.xml", Content: texts},
	})
}

// What spreadsheets may write, and what no sheet can be.
func TestRows(t *testing.T) {
	texts := `<sst><si><t>one</t></si><si><r><rPr/><t>t</t></r><r><t xml:space="preserve">w&amp;o </t></r><rPh><t>no</t></rPh></si></sst>`
	tests := []struct {
		name, sheet string
		want        [][]string
		wantErr     string
	}{
		{name: "kinds of cells", sheet: `<worksheet><sheetData><row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2"><f>1+1</f><v>2.50</v></c>` +
			`<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c><c r="AA2" t="str"><v>x</v></c></row><row><c><v>3</v></c></row></sheetData></worksheet>`,
			want: [][]string{append(append([]string{"2", "tw&o ", "", "2.50", "inline"}, make([]string, 22)...), "x"), {"3", "3"}}},
		{name: "a prefix", sheet: `<x:worksheet xmlns:x="y"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c></x:row></x:sheetData></x:worksheet>`, want: [][]string{{"1", "one"}}},
		{name: "broken in the middle", sheet: `<worksheet><sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c`, want: [][]string{{"1", "1"}}, wantErr: "unexpected EOF"},
		{name: "cut between rows", sheet: `<worksheet><sheetData><row><c><v>1</v></c></row>`, want: [][]string{{"1", "1"}}, wantErr: "unexpected EOF"},
		{name: "a text that is not there", sheet: `<worksheet><sheetData><row><c t="s"><v>2</v></c></row></sheetData></worksheet>`, wantErr: `row 1: shared text "2" of 2`},
		{name: "a cell before its neighbour", sheet: `<worksheet><sheetData><row><c r="B1"/><c r="A1"/></row></sheetData></worksheet>`, wantErr: `row 1: cell "A1" after 2 cells`},
		{name: "a cell far away", sheet: `<worksheet><sheetData><row><c r="XFD1"/></row></sheetData></worksheet>`, wantErr: `row 1: cell "XFD1" after 0 cells`},
		{name: "a cell that is nowhere", sheet: `<worksheet><sheetData><row><c r="1"/></row></sheetData></worksheet>`, wantErr: `cell "1" after 0 cells`},
		{name: "a row twice", sheet: `<worksheet><sheetData><row r="3"/><row r="3"/></sheetData></worksheet>`, want: [][]string{{"3"}}, wantErr: `row "3" after row 3`},
		{name: "an entity of one's own", sheet: `<!DOCTYPE a [<!ENTITY b "c">]><worksheet><row><c><v>&b;</v></c></row></worksheet>`, wantErr: "a document type, which workbooks do not have"},
		{name: "a text without end", sheet: `<worksheet>` + strings.Repeat("9", 100<<10) + `</worksheet>`, wantErr: "a tag or text of more than 65536 bytes"},
		{name: "a cell without end", sheet: `<worksheet><sheetData><row><c><is>` + strings.Repeat("<t>123456789</t>", 10<<10) + `</is></c></row></sheetData></worksheet>`, wantErr: "row 1: a cell of more than 65536 bytes"},
		{name: "a comment without end", sheet: `<worksheet><!--` + strings.Repeat("<a>", 100<<10) + `--></worksheet>`, wantErr: "a tag or text of more than 65536 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, _, err := readAll(t, bare(t, tt.sheet, texts))
			var got [][]string
			for _, r := range rows {
				line := []string{fmt.Sprint(r.Number)}
				for _, c := range r.Cells {
					line = append(line, c.Text+c.Bad)
				}
				got = append(got, line)
			}
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}
