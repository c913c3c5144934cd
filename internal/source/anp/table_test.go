package anp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/xlsx/xlsxtest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// price2 is the cell with the price of S10; no other is like it.
const price2 = `<c r="H2"><v>6.89</v></c>`

// plainBook is the week of 2026-08-09 in São Paulo: S10 for 6.89, GNV for 4.33.
func plainBook() []xlsxtest.Part {
	rows := `<row r="1">`
	for i, name := range header {
		rows += fmt.Sprintf(`<c r="%c1" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, name)
	}
	rows += `</row>`
	for i, price := range []string{price2, `<c r="H3"><v>4.33</v></c>`} {
		n := strconv.Itoa(i + 2)
		rows += `<row r="` + n + `"><c r="A` + n + `" s="1"><v>46243</v></c><c r="B` + n + `" s="1"><v>46249</v></c><c r="D` + n + `" t="s"><v>2</v></c>` +
			`<c r="E` + n + `" t="s"><v>` + strconv.Itoa(i) + `</v></c><c r="G` + n + `" t="s"><v>` + strconv.Itoa(i+3) + `</v></c>` + price + `</row>`
	}
	return xlsxtest.Book("ESTADOS", rows, "OLEO DIESEL S10", "GNV", "SAO PAULO", "R$/l", "R$/m3")
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
		{"as text with a comma", h2(`<c r="H2" t="inlineStr"><is><t>6,89</t></is></c>`), "6.89", none, none},
		{"as text after a space that does not break", h2("<c r=\"H2\" t=\"inlineStr\"><is><t>\u00a06,89</t></is></c>"), "6.89", none, none},
		{"with days as text", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="d"><v>2026-08-09T00:00:00</v></c>`,
			`<c r="B2" s="1"><v>46249</v></c>`, `<c r="B2" t="str"><v>15/08/2026</v></c>`}, "6.89", none, none},
		{"a formula without a value", h2(`<c r="H2"><f>A1</f></c>`), none, "a formula without a value", none},
		{"a day", h2(`<c r="H2" t="d"><v>2026-08-09</v></c>`), none, `"2026-08-09" is not a decimal number`, none},
		{"a number with a day's form", h2(`<c r="H2" s="1"><v>6.89</v></c>`), none, `a number shown as "number 14"`, none},
		{"a percentage", h2(`<c r="H2" s="2"><v>6.89</v></c>`), none, `a number shown as "0%"`, none},
		{"a number of thousands", append(h2(`<c r="H2" s="3"><v>6890</v></c>`), "FORMAT", "0.00,"), none, `a number shown as "0.00,"`, none},
		{"a text that says there is none", h2(`<c r="H2" t="str"><v>NaN</v></c>`), none, `"NaN" is not a decimal number`, none},
		{"a text with thousands", h2(`<c r="H2" t="str"><v>1.234,56</v></c>`), none, `"1.234,56" is not a decimal number`, none},
		{"a text with thousands of another country", h2(`<c r="H2" t="str"><v>1,234.56</v></c>`), none, `"1,234.56" is not a decimal number`, none},
		{"a text that may be thousands", h2(`<c r="H2" t="str"><v>6.890</v></c>`), none, `"6.890" may be thousands`, none},
		{"a text with an exponent", h2(`<c r="H2" t="str"><v>6.89E0</v></c>`), none, `"6.89E0" is not a decimal number`, none},
		{"a price in dollars", []string{`<t>R$/l</t>`, `<t>US$/l</t>`}, "6.89", `a price in "US$/l", want R$/L`, none},
		{"a price of a cubic metre", []string{`<t>R$/l</t>`, `<t>R$/m³</t>`}, "6.89", `a price in "R$/m³", want R$/L`, none},
		{"days of another country", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="str"><v>08/09/2026</v></c>`}, "6.89", "the week of 2026-09-06 in the workbook of 2026-08-09", none},
		{"all in percent, by the style of cells without one", []string{`<cellXfs><xf numFmtId="0"/>`, `<cellXfs><xf numFmtId="9"/>`}, none, none, `no row that was asked for can be read: row 2: PRECO MEDIO REVENDA: a number shown as "0%"`},
		{"a product that is an error", []string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2" t="e"><v>#REF!</v></c>`}, none, none, `row 2: PRODUTO: the error "#REF!"`},
		{"a product that is a formula", []string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2"><f>E1</f></c>`}, none, none, "row 2: PRODUTO: a formula without a value"},
		{"no product", []string{`<c r="E2" t="s"><v>0</v></c>`, ``}, none, none, "row 2: a row without PRODUTO or its place"},
		{"no place", []string{`<c r="D2" t="s"><v>2</v></c>`, ``}, none, none, "row 2: a row without PRODUTO or its place"},
		{"a day that is a formula", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" s="1"><f>A1</f></c>`}, none, none, "row 2: DATA INICIAL: a formula without a value"},
		{"a day that is a truth value", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="b"><v>1</v></c>`}, none, none, "row 2: DATA INICIAL: a truth value"},
		{"a day and a half", []string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" s="1"><v>46243.5</v></c>`}, none, none, `row 2: DATA INICIAL: "46243.5" is no day`},
		{"no day", []string{`<c r="A2" s="1"><v>46243</v></c>`, ``}, none, none, `row 2: DATA INICIAL: "" is no day`},
		{"a day in percent", []string{`<c r="A2" s="1">`, `<c r="A2" s="2">`}, none, none, `row 2: DATA INICIAL: a number shown as "0%"`},
		{"a row back", []string{`<row r="3">`, `<row r="1">`}, none, none, `row "1" after row 2`},
		{"prices that are one cell", []string{`</sheetData>`, `</sheetData><mergeCells><mergeCell ref="H2:H3"/></mergeCells>`}, none, none, "rows 2 to 3: PRECO MEDIO REVENDA in merged cells"},
		{"merged notes below and above", []string{`</sheetData>`, `</sheetData><mergeCells><mergeCell ref="A4:H9"/><mergeCell ref="A1:H1"/><mergeCell ref="I2:I3"/></mergeCells>`}, "6.89", none, none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, damaged, err := readStates(t, xlsxtest.Zip(t, plainBook(), tt.changes...))
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
	_, _, err := readStates(t, xlsxtest.Zip(t, plainBook(), price2, `<c r="H2"><f>A1</f></c>`, `<c r="H3"><v>4.33</v></c>`, `<c r="H3" t="e"><v>#N/A</v></c>`))
	if want := "no row that was asked for can be read: row 2: PRECO MEDIO REVENDA: a formula without a value"; fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want Malformed with %q", err, want)
	}
}

// A price that is shown to be none is one, and only that.
func TestPricesThatAreShownAsNone(t *testing.T) {
	for _, cell := range []string{`<c r="H2" t="str"><v>-</v></c>`, `<c r="H2"/>`, ``} {
		week := span.Date(2026, 8, 9)
		f := newFetch(week, source.Series{Key: "S10", Code: "OLEO DIESEL S10/UF/SAO PAULO", Fields: []string{"value"}})
		if err := f.readSummary(t.Context(), xlsxtest.Zip(t, plainBook(), price2, cell), week); err != nil {
			t.Fatal(err)
		}
		got, err := f.rows.Answer()
		want := source.Answer{Empty: map[string]span.Runs{"S10": {{From: week, To: week}}}}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%q: error %v, mismatch (-want +got):\n%s", cell, err, diff)
		}
	}
}

// Which sheet of a week's workbook is meant.
func TestTheSheetOfTheLevel(t *testing.T) {
	const one = `<sheet name="ESTADOS" sheetId="1" r:id="r1"/>`
	for _, tt := range []struct{ name, sheets, wantErr string }{
		{"alone", one, ""},
		{"a hidden sheet of the same name before it", `<sheet name="Estados" sheetId="2" state="veryHidden" r:id="r1"/>` + one, ""},
		{"no visible sheet of the name", `<sheet name="ESTADOS" sheetId="1" state="hidden" r:id="r1"/>`, `0 visible sheets "ESTADOS"`},
		{"two sheets of the name", one + `<sheet name=" estados" sheetId="2" r:id="r1"/>`, `2 visible sheets "ESTADOS"`},
		{"a sheet that is no table", `<sheet name="ESTADOS" sheetId="1" r:id="r9"/>`, `sheet "ESTADOS": no table of the file`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, damaged, err := readStates(t, xlsxtest.Zip(t, plainBook(), one, tt.sheets))
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
}

// The workbook of all weeks has one table, whatever its sheet is called and what
// lies beside it.
func TestTheOneTable(t *testing.T) {
	const one = `<sheet name="ESTADOS" sheetId="1" r:id="r1"/>`
	notes := xlsxtest.Part{Name: "xl/worksheets/s2.xml", Content: `<worksheet xmlns="` + xlsxtest.Main + `"><sheetData><row><c t="str"><v>NOTAS</v></c></row></sheetData></worksheet>`}
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
			book[1].Content = strings.Replace(book[1].Content, one, tt.sheets, 1)
			book[2].Content = strings.Replace(book[2].Content, `<Relationship Id="r1"`, `<Relationship Id="r2n" Type="x/worksheet" Target="worksheets/s2.xml"/><Relationship Id="r1"`, 1)
			week := span.Date(2026, 8, 9)
			f := newFetch(week, source.Series{Key: "S10", Code: "OLEO DIESEL S10/UF/SAO PAULO", Fields: []string{"value"}})
			err := f.table(states, func(span.Day) (string, bool) { return "", true }).readOne(t.Context(), xlsxtest.Zip(t, book))
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
