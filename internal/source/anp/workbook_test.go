package anp

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// part is a file in a workbook.
type part struct{ name, content string }

const (
	packaged  = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	documents = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	mainSpace = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	price2    = `<c r="H2"><v>6.89</v></c>` // of S10; the only one like it
)

// plainBook is the week of 2026-08-09 in São Paulo: S10 for 6.89, GNV for 4.33.
func plainBook() []part {
	sheet := `<worksheet xmlns="` + mainSpace + `"><sheetData><row r="1">`
	for i, name := range header {
		sheet += fmt.Sprintf(`<c r="%c1" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, name)
	}
	sheet += `</row>`
	for i, cells := range [][3]string{{"2", "0", `<c r="H2"><v>6.89</v></c>`}, {"3", "1", `<c r="H3"><v>4.33</v></c>`}} {
		n := cells[0]
		sheet += `<row r="` + n + `"><c r="A` + n + `" s="1"><v>46243</v></c><c r="B` + n + `" s="1"><v>46249</v></c><c r="D` + n + `" t="s"><v>2</v></c>` +
			`<c r="E` + n + `" t="s"><v>` + cells[1] + `</v></c><c r="G` + n + `" t="s"><v>` + fmt.Sprint(3+i) + `</v></c>` + cells[2] + `</row>`
	}
	return []part{
		{"_rels/.rels", `<Relationships ` + packaged + `><Relationship Id="r1" Type="` + documents + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + documents + `"><workbookPr/><sheets><sheet name="ESTADOS" sheetId="1" r:id="r1"/></sheets><calcPr calcId="1"/></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships ` + packaged + `><Relationship Id="r1" Type="` + documents + `/worksheet" Target="worksheets/s1.xml"/>` +
			`<Relationship Id="r2" Type="` + documents + `/sharedStrings" Target="/xl/texts.xml"/><Relationship Id="r3" Type="` + documents + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/worksheets/s1.xml", sheet + `</sheetData></worksheet>`},
		{"xl/texts.xml", `<sst xmlns="` + mainSpace + `"><si><t>OLEO DIESEL S10</t></si><si><t>GNV</t></si><si><t>SAO PAULO</t></si><si><t>R$/l</t></si><si><t>R$/m3</t></si></sst>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + mainSpace + `"><numFmts count="1"><numFmt numFmtId="164" formatCode="FORMAT"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="164"/></cellXfs></styleSheet>`},
	}
}

// edited returns plainBook with old replaced by new in the part that has it.
func edited(t testing.TB, changes ...string) []byte {
	t.Helper()
	book := plainBook()
	for i := 0; i < len(changes); i += 2 {
		at := slices.IndexFunc(book, func(p part) bool { return strings.Contains(p.content, changes[i]) })
		if at < 0 {
			t.Fatalf("no part has %q", changes[i])
		}
		book[at].content = strings.ReplaceAll(book[at].content, changes[i], changes[i+1])
	}
	return zipped(t, book)
}

func zipped(t testing.TB, book []part) []byte {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, p := range book {
		out, err := archive.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func value(key, text string) source.Observation {
	o := source.Observation{Key: key, Day: span.Date(2026, 8, 9)}
	if text != "" {
		o.Fields = row.Fields{{Name: "value", Value: text}}
	}
	return o
}

// h2 is the price of S10 as another cell.
func h2(cell string) []string { return []string{price2, cell} }

// Forms of a cell that are the same price, those whose price cannot be known, and
// those that make the whole workbook one that cannot be read. None of them is a
// week without a price.
func TestCells(t *testing.T) {
	const none = ""
	tests := []struct {
		name    string
		changes []string
		price   string // of S10
		damage  string // of S10
		wantErr string
	}{
		{"as it is", nil, "6.89", none, none},
		{"with an exponent", h2(`<c r="H2"><v>6.8899999999999997E0</v></c>`), "6.89", none, none},
		{"with a negative exponent", h2(`<c r="H2"><v>689e-2</v></c>`), "6.89", none, none},
		{"in space", h2("<c r=\"H2\"><v>\n 6.89 </v></c>"), "6.89", none, none},
		{"with a place that is implied", []string{`<c r="E2"`, `<c`}, "6.89", none, none},
		{"as text with a comma", h2(`<c r="H2" t="inlineStr"><is><t>6,89</t></is></c>`), "6.89", none, none},
		{"as text in parts, with its sound", h2(`<c r="H2" t="inlineStr"><is><r><t>6,</t></r><r><t>89</t></r><rPh><t>7</t></rPh></is></c>`), "6.89", none, none},
		{"as text after a space that does not break", h2("<c r=\"H2\" t=\"inlineStr\"><is><t>\u00a06,89</t></is></c>"), "6.89", none, none},
		{"of a formula", h2(`<c r="H2"><f>A1</f><v>6.89</v></c>`), "6.89", none, none},
		{"of a formula with a text", h2(`<c r="H2" t="str"><f>A1</f><v>6,89</v></c>`), "6.89", none, none},
		{"with an escaped digit", h2(`<c r="H2" t="inlineStr"><is><t>6,8_x0039_</t></is></c>`), "6.89", none, none},
		{"in an extension too", h2(price2 + `<extLst><ext><c r="I2"><v>9</v></c></ext></extLst>`), "6.89", none, none},
		{"in a hidden row", []string{`<row r="2">`, `<row r="2" hidden="1">`}, "6.89", none, none},
		{"strict", []string{mainSpace, "http://purl.oclc.org/ooxml/spreadsheetml/main"}, "6.89", none, none},
		{"with days as text", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="d"><v>2026-08-09T00:00:00</v></c>`,
			`<c r="B2" s="1"><v>46249</v></c>`, `<c r="B2" t="str"><v>15/08/2026</v></c>`}, "6.89", none, none},
		{"with a day with an exponent", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" s="1"><v>4.6243E4</v></c>`}, "6.89", none, none},

		{"a formula without a value", h2(`<c r="H2"><f>A1</f></c>`), none, "a formula without a value", none},
		{"a formula with an empty value", h2(`<c r="H2"><f>A1</f><v></v></c>`), none, "a formula without a value", none},
		{"a shared formula without a value", h2(`<c r="H2"><f t="shared" si="0"/></c>`), none, "a formula without a value", none},
		{"a formula with an empty text", h2(`<c r="H2" t="str"><f>A1</f><v/></c>`), none, "a formula without a value", none},
		{"a formula that is calculated on opening", append(h2(`<c r="H2"><f>A1</f><v>0</v></c>`), `<calcPr calcId="1"/>`, `<calcPr fullCalcOnLoad="1"/>`), none, "a formula that is still to be calculated", none},
		{"a formula that was not calculated", append(h2(`<c r="H2"><f>A1</f><v>0</v></c>`), `<calcPr calcId="1"/>`, `<calcPr calcCompleted="0"/>`), none, "a formula that is still to be calculated", none},
		{"a formula that is never at rest", h2(`<c r="H2"><f ca="1">RAND()</f><v>0</v></c>`), none, "a formula that is still to be calculated", none},
		{"an error", h2(`<c r="H2" t="e"><v>#N/A</v></c>`), none, `the error "#N/A"`, none},
		{"an error of a formula", h2(`<c r="H2" t="e"><f>A1</f><v>#REF!</v></c>`), none, `the error "#REF!"`, none},
		{"a truth value", h2(`<c r="H2" t="b"><v>1</v></c>`), none, "a truth value", none},
		{"a day", h2(`<c r="H2" t="d"><v>2026-08-09</v></c>`), none, `"2026-08-09" is not a decimal number`, none},
		{"a number with a day's form", h2(`<c r="H2" s="1"><v>6.89</v></c>`), none, `a number shown as "number 14"`, none},
		{"a percentage", h2(`<c r="H2" s="2"><v>6.89</v></c>`), none, `a number shown as "number 9"`, none},
		{"a number of thousands", append(h2(`<c r="H2" s="3"><v>6890</v></c>`), "FORMAT", "0.00,"), none, `a number shown as "0.00,"`, none},
		{"a number with a factor beside it", append(h2(`<c r="H2" s="3"><v>6.89</v></c>`), "FORMAT", `0.00&quot; x1000&quot;`), none, `a number shown as "0.00\" x1000\""`, none},
		{"a style that is not there", h2(`<c r="H2" s="7"><v>6.89</v></c>`), none, `style "7" of 4`, none},
		{"not a number", h2(`<c r="H2"><v>NaN</v></c>`), none, `"NaN" is no number`, none},
		{"without end", h2(`<c r="H2"><v>INF</v></c>`), none, `"INF" is no number`, none},
		{"a number that is a word", h2(`<c r="H2"><v>null</v></c>`), none, `"null" is no number`, none},
		{"an empty number", h2(`<c r="H2"><v></v></c>`), none, `"" is no number`, none},
		{"too large", h2(`<c r="H2"><v>1E99</v></c>`), none, `"1E99" is no number`, none},
		{"two values", h2(`<c r="H2"><v>6.8</v><v>9</v></c>`), none, "two values in a cell", none},
		{"a number in a text's place", h2(`<c r="H2"><is><t>6.89</t></is></c>`), none, "two values in a cell, or one of another kind", none},
		{"a text in a number's place", h2(`<c r="H2" t="inlineStr"><v>6.89</v></c>`), none, "two values in a cell, or one of another kind", none},
		{"a text that says there is none", h2(`<c r="H2" t="str"><v>NaN</v></c>`), none, `"NaN" is not a decimal number`, none},
		{"a text with thousands", h2(`<c r="H2" t="str"><v>1.234,56</v></c>`), none, `"1.234,56" is not a decimal number`, none},
		{"a text with thousands of another country", h2(`<c r="H2" t="str"><v>1,234.56</v></c>`), none, `"1,234.56" is not a decimal number`, none},
		{"a text that may be thousands", h2(`<c r="H2" t="str"><v>6.890</v></c>`), none, `"6.890" may be thousands`, none},
		{"a text with an exponent", h2(`<c r="H2" t="str"><v>6.89E0</v></c>`), none, `"6.89E0" is not a decimal number`, none},
		{"a price in dollars", []string{`<t>R$/l</t>`, `<t>US$/l</t>`}, "6.89", `a price in "US$/l", want R$/L`, none},
		{"a price of a cubic metre", []string{`<t>R$/l</t>`, `<t>R$/m³</t>`}, "6.89", `a price in "R$/m³", want R$/L`, none},
		{"days of another country", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="str"><v>08/09/2026</v></c>`}, "6.89", "the week of 2026-09-06 in the workbook of 2026-08-09", none},

		{"counted from 1904", []string{`<workbookPr/>`, `<workbookPr date1904="true"/>`}, none, none, "its days are counted from 1904 (date1904)"},
		{"counted from 1904 by a number", []string{`<workbookPr/>`, `<workbookPr date1904="1"/>`}, none, none, "date1904"},
		{"precise as displayed", []string{`<calcPr calcId="1"/>`, `<calcPr fullPrecision="0"/>`}, none, none, "its numbers are as precise as displayed (fullPrecision)"},
		{"formulas that the sheet has to calculate", append(h2(`<c r="H2"><f>A1</f><v>0</v></c>`), `</sheetData>`, `</sheetData><sheetCalcPr fullCalcOnLoad="1"/>`), none, none, "its formulas are still to be calculated (fullCalcOnLoad)"},
		{"all in percent, by the style of cells without one", []string{`<cellXfs><xf numFmtId="0"/>`, `<cellXfs><xf numFmtId="9"/>`}, none, none, `no row that was asked for can be read: row 2: PRECO MEDIO REVENDA: a number shown as "number 9"`},
		{"a product that is an error", []string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2" t="e"><v>#REF!</v></c>`}, none, none, `row 2: PRODUTO: the error "#REF!"`},
		{"a product that is a formula", []string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2"><f>E1</f></c>`}, none, none, "row 2: PRODUTO: a formula without a value"},
		{"no product", []string{`<c r="E2" t="s"><v>0</v></c>`, ``}, none, none, "row 2: a row without PRODUTO or its place"},
		{"no place", []string{`<c r="D2" t="s"><v>2</v></c>`, ``}, none, none, "row 2: a row without PRODUTO or its place"},
		{"a day that is a formula", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" s="1"><f>A1</f></c>`}, none, none, "row 2: DATA INICIAL: a formula without a value"},
		{"a day that is a truth value", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="b"><v>1</v></c>`}, none, none, "row 2: DATA INICIAL: a truth value"},
		{"a day and a half", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" s="1"><v>46243.5</v></c>`}, none, none, `row 2: DATA INICIAL: "46243.5" is no day`},
		{"no day", []string{`<c r="A2" s="1"><v>46243</v></c>`, ``}, none, none, `row 2: DATA INICIAL: "" is no day`},
		{"a day in percent", []string{`<c r="A2" s="1">`, `<c r="A2" s="2">`}, none, none, `row 2: DATA INICIAL: a number shown as "number 9"`},
		{"a shared text before the first", []string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2" t="s"><v>-1</v></c>`}, none, none, `row 2: shared text "-1" of 5`},
		{"a shared text without a number", []string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2" t="s"/>`}, none, none, `row 2: shared text "" of 5`},
		{"a cell of no kind", h2(`<c r="H2" t="x"><v>6.89</v></c>`), none, none, `row 2: a cell of the unknown kind "x"`},
		{"a cell twice", h2(price2 + price2), none, none, `row 2: cell "H2" after 8 cells`},
		{"a cell of another row", h2(`<c r="H3"><v>6.89</v></c>`), none, none, `row 2: cell "H3" in it`},
		{"a row twice", []string{`<row r="3">`, `<row r="2">`}, none, none, `row "2" after row 2`},
		{"a row back", []string{`<row r="3">`, `<row r="1">`}, none, none, `row "1" after row 2`},
		{"a row as a fallback", []string{`<row r="3">`, `<mc:AlternateContent xmlns:mc="m"><mc:Choice><row r="3"/></mc:Choice></mc:AlternateContent><row r="4">`}, none, none, `row 2: a tag of another kind, "AlternateContent"`},
		{"a tag in a value", h2(`<c r="H2"><v>6<x>.</x>89</v></c>`), none, none, `row 2: a tag in a value, "x"`},
		{"two lists of rows", []string{`</sheetData>`, `</sheetData><sheetData/>`}, none, none, "two lists of rows"},
		{"two documents", []string{`</sheetData></worksheet>`, `</sheetData></worksheet><worksheet/>`}, none, none, "two documents in one part"},
		{"prices that are one cell", []string{`</sheetData>`, `</sheetData><mergeCells><mergeCell ref="H2:H3"/></mergeCells>`}, none, none, "rows 2 to 3: PRECO MEDIO REVENDA in merged cells"},
		{"merged cells nowhere", []string{`</sheetData>`, `</sheetData><mergeCells><mergeCell ref="H2:A1"/></mergeCells>`}, none, none, `merged cells "H2:A1"`},
		{"merged notes below and above", []string{`</sheetData>`, `</sheetData><mergeCells><mergeCell ref="A4:H9"/><mergeCell ref="A1:H1"/><mergeCell ref="I2:I3"/></mergeCells>`}, "6.89", none, none},
		{"a part in another encoding", []string{`<worksheet`, `<?xml version="1.0" encoding="UTF-16"?><worksheet`}, none, none, `xml: encoding "UTF-16" declared but`},
		{"tags without end", []string{`<sheetData>`, strings.Repeat("<a>", 100) + `<sheetData>`}, none, none, "tags more than 50 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, damaged, err := readStates(t, edited(t, tt.changes...))
			if tt.wantErr != "" {
				if fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.wantErr) || got != nil {
					t.Errorf("%v, error %v, want Malformed with %q", got, err, tt.wantErr)
				}
				return
			}
			want := []source.Observation{value("GNV", "4.33")}
			if tt.price != "" && tt.damage == "" {
				want = append(want, value("S10", tt.price))
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("error %v, observations (-want +got):\n%s", err, diff)
			}
			if len(want) == 1 && (len(damaged) != 1 || !strings.Contains(damaged[0].Reason, tt.damage) || !cmp.Equal(damaged[0].Fields, value("S10", tt.price).Fields, cmpopts.EquateEmpty())) {
				t.Errorf("damaged %v, want S10 %s with %q", damaged, tt.price, tt.damage)
			}
		})
	}
}

// Without a row that can be read the workbook is not one of damaged rows.
func TestNoPriceCanBeRead(t *testing.T) {
	_, _, err := readStates(t, edited(t, price2, `<c r="H2"><f>A1</f></c>`, `<c r="H3"><v>4.33</v></c>`, `<c r="H3" t="e"><v>#N/A</v></c>`))
	if want := "no row that was asked for can be read: row 2: PRECO MEDIO REVENDA: a formula without a value"; fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want Malformed with %q", err, want)
	}
}

// A price that is shown to be none is one, and only that.
func TestPricesThatAreShownAsNone(t *testing.T) {
	for _, cell := range []string{`<c r="H2" t="str"><v>-</v></c>`, `<c r="H2"/>`, ``} {
		week := span.Date(2026, 8, 9)
		f := newFetch(week, source.Series{Key: "S10", Code: "OLEO DIESEL S10/UF/SAO PAULO", Fields: []string{"value"}})
		if err := f.readSummary(t.Context(), edited(t, price2, cell), week); err != nil {
			t.Fatal(err)
		}
		got, err := f.rows.Answer()
		want := source.Answer{Empty: map[string]span.Runs{"S10": {{From: week, To: week}}}}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%q: error %v, mismatch (-want +got):\n%s", cell, err, diff)
		}
	}
}

func TestKindOf(t *testing.T) {
	for code, want := range map[string]formKind{
		"General": asNumber, "0": asNumber, "0.00": asNumber, "#,##0.000": asNumber, "0.00E+00": asNumber, "@": asNumber,
		`_-"R$"\ * #,##0.00_-;\-"R$"\ * #,##0.00_-;_-"R$"\ * "-"??_-;_-@_-`: asNumber,
		`[$R$-416]\ #,##0.00;[Red]\-[$R$-416]\ #,##0.00`:                    asNumber,
		`#,##0.00_);(#,##0.00)`:                                             asNumber,
		"dd/mm/yyyy":                                                        asDay, "[$-416]d\\-mmm\\-yy;@": asDay, `d" de "mmmm" de "yyyy`: asDay, "m/d/yy h:mm": asDay,
		"0%": asOther, "0.00 %": asOther, "0,": asOther, "#,##0,,": asOther, "0.0,": asOther, `0.00" x1000"`: asOther, `0" mil"`: asOther,
		`[>=1000]0.0,"k";0`: asOther, "0.00;0%": asOther, "h:mm": asOther, "# ?/?": asOther,
	} {
		if got := kindOf(code); got != want {
			t.Errorf("kindOf(%q) = %d, want %d", code, got, want)
		}
	}
	for id, want := range map[string]formKind{"": asNumber, "2": asNumber, "4": asNumber, "9": asOther, "10": asOther, "11": asNumber, "14": asDay, "22": asDay, "49": asNumber, "163": asOther, "x": asOther} {
		if got := builtIn(id); got != want {
			t.Errorf("builtIn(%q) = %d, want %d", id, got, want)
		}
	}
}

func TestPlainNumber(t *testing.T) {
	for text, want := range map[string]string{
		"6.89": "6.89", "-0.5": "-0.5", "5.1E0": "5.1", "6.8799999999999994E-1": "0.68799999999999994", "4.6243E4": "46243", "1E2": "100",
		"12.5e+1": "125", "1.25E-3": "0.00125", "-1E-2": "-0.01", "0E5": "0", "1.5E3": "1500", "1E99": "", "E5": "", "1E": "", "1E1.5": "", "": "", ".": "", "0x1": "", "1_0": "",
	} {
		if got := plainNumber(text); got != want {
			t.Errorf("plainNumber(%q) = %q, want %q", text, got, want)
		}
	}
}

// What a file may say of its parts and sheets.
func TestBooks(t *testing.T) {
	sheets := func(list string) []string { return []string{`<sheet name="ESTADOS" sheetId="1" r:id="r1"/>`, list} }
	rels := `<Relationship Id="r3"`
	tests := []struct {
		name    string
		changes []string
		wantErr string
	}{
		{"as it is", nil, ""},
		{"a hidden sheet of the same name before it", sheets(`<sheet name="Estados" sheetId="2" state="veryHidden" r:id="r1"/><sheet name="ESTADOS" sheetId="1" r:id="r1"/>`), ""},
		{"no visible sheet of the name", sheets(`<sheet name="ESTADOS" sheetId="1" state="hidden" r:id="r1"/>`), `0 visible sheets "ESTADOS"`},
		{"two sheets of the name", sheets(`<sheet name="ESTADOS" sheetId="1" r:id="r1"/><sheet name=" estados" sheetId="2" r:id="r1"/>`), `2 visible sheets "ESTADOS"`},
		{"a sheet that is in no part", sheets(`<sheet name="ESTADOS" sheetId="1" r:id="r9"/>`), "no table of the file"},
		{"a sheet that is a chart", []string{documents + `/worksheet"`, documents + `/chartsheet"`}, "no table of the file"},
		{"a sheet elsewhere", []string{`Target="worksheets/s1.xml"`, `Target="http://x/s1.xml" TargetMode="External"`}, "no table of the file"},
		{"a sheet of another name in the file", []string{`Target="worksheets/s1.xml"`, `Target="worksheets/s2.xml"`}, `no part "xl/worksheets/s2.xml"`},
		{"names in capitals", []string{`Target="worksheets/s1.xml"`, `Target="Worksheets/S1.XML"`}, ""},
		{"texts outside the file", []string{`Target="/xl/texts.xml"`, `Target="/xl/texts.xml" TargetMode="External"`}, "two parts for sharedStrings, or one outside the file"},
		{"two parts with texts", []string{rels, `<Relationship Id="r4" Type="x/sharedStrings" Target="/xl/styles.xml"/>` + rels}, "two parts for sharedStrings"},
		{"a relation twice", []string{rels, `<Relationship Id="r1" Type="x/y" Target="z"/>` + rels}, `two relations "r1"`},
		{"no workbook", []string{`/officeDocument"`, `/elsewhere"`}, "no workbook in the ZIP"},
		{"texts of another kind", []string{`<si><t>GNV</t></si>`, `<si><t>GNV</t></si><m:x xmlns:m="m"/>`}, `xl/texts.xml: a tag of another kind, "x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, damaged, err := readStates(t, edited(t, tt.changes...))
			if tt.wantErr != "" {
				if fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("%v, error %v, want Malformed with %q", got, err, tt.wantErr)
				}
				return
			}
			if len(got) != 2 || damaged != nil || err != nil {
				t.Errorf("%v, damaged %v, error %v", got, damaged, err)
			}
		})
	}
	book := plainBook()
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"a part twice":      {zipped(t, append(book, part{"XL/workbook.xml", "<x/>"})), `two parts "XL/workbook.xml"`},
		"many parts":        {bytes.Repeat([]byte("PK\x01\x02"), maxParts+1), "a ZIP of 1001 entries"},
		"a file of old":     {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an OLE file"},
		"encrypted parts":   {encrypted(zipped(t, book)), "encrypted"},
		"a part that broke": {bytes.Replace(zipped(t, book[:1]), []byte("PK\x01\x02"), []byte("PK\x01\x03"), 1), "not a valid zip file"},
	} {
		if _, _, err := readStates(t, tt.body); fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want Malformed with %q", name, err, tt.want)
		}
	}
}

// encrypted sets the flag of that in each entry of a ZIP's list.
func encrypted(body []byte) []byte {
	for at := 0; ; {
		next := bytes.Index(body[at:], []byte("PK\x01\x02"))
		if next < 0 {
			return body
		}
		at += next + 8
		body[at] |= 1
	}
}

// The workbook of all weeks has one table, whatever its sheet is called and what
// lies beside it.
func TestTheOneTable(t *testing.T) {
	const one = `<sheet name="ESTADOS" sheetId="1" r:id="r1"/>`
	notes := part{"xl/worksheets/s2.xml", `<worksheet xmlns="` + mainSpace + `"><sheetData><row><c t="str"><v>NOTAS</v></c></row></sheetData></worksheet>`}
	for _, tt := range []struct{ name, sheets, wantErr string }{
		{"alone", one, ""},
		{"after notes", `<sheet name="N" sheetId="2" r:id="r2n"/>` + one, ""},
		{"behind a hidden copy", `<sheet name="V" sheetId="2" state="hidden" r:id="r1"/>` + one, ""},
		{"beside a chart", `<sheet name="C" sheetId="2" r:id="none"/>` + one, ""},
		{"twice", one + `<sheet name="V" sheetId="2" r:id="r1"/>`, "2 visible sheets with a row with DATA INICIAL, want 1"},
		{"hidden", `<sheet name="ESTADOS" sheetId="1" state="hidden" r:id="r1"/>`, "0 visible sheets with a row with DATA INICIAL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			book := append(plainBook(), notes)
			book[1].content = strings.Replace(book[1].content, one, tt.sheets, 1)
			book[2].content = strings.Replace(book[2].content, `<Relationship Id="r1"`, `<Relationship Id="r2n" Type="x/worksheet" Target="worksheets/s2.xml"/><Relationship Id="r1"`, 1)
			week := span.Date(2026, 8, 9)
			f := newFetch(week, source.Series{Key: "S10", Code: "OLEO DIESEL S10/UF/SAO PAULO", Fields: []string{"value"}})
			err := f.table(states, func(span.Day) (string, bool) { return "", true }).readOne(t.Context(), zipped(t, book))
			got, _ := f.rows.Answer()
			if tt.wantErr == "" && (err != nil || !cmp.Equal(got.Observations, []source.Observation{value("S10", "6.89")})) ||
				tt.wantErr != "" && (fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.wantErr)) {
				t.Errorf("%+v, error %v, want %q", got, err, tt.wantErr)
			}
		})
	}
}

// newFetch is one of week, before any workbook.
func newFetch(week span.Day, list ...source.Series) *fetch {
	f := &fetch{series: map[*level]map[key][]source.Series{}, missing: map[string]string{}, rows: source.NewCollector(span.Span{From: week, To: week}, 1)}
	for _, one := range list {
		l, k, err := parseCode(one.Code)
		if err != nil {
			panic(err)
		}
		if f.series[l] == nil {
			f.series[l] = map[key][]source.Series{}
		}
		f.series[l][k] = append(f.series[l][k], one)
	}
	return f
}
