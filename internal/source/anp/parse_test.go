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
	"github.com/xuri/excelize/v2"
)

func TestParseCode(t *testing.T) {
	tests := []struct {
		code    string
		level   *level
		key     key
		wantErr string
	}{
		{code: "OLEO DIESEL", level: brazil, key: key{product: "OLEO DIESEL"}},
		{code: "OLEO DIESEL S10/REGIAO/CENTRO OESTE", level: regions, key: key{"OLEO DIESEL S10", "CENTRO OESTE"}},
		{code: "GLP/UF/SAO PAULO", level: states, key: key{"GLP", "SAO PAULO"}},
		{code: "DIESEL", wantErr: `code "DIESEL": no product "DIESEL", only ETANOL HIDRATADO, GASOLINA ADITIVADA, GASOLINA COMUM, GLP, GNV, OLEO DIESEL, OLEO DIESEL S10`},
		{code: "GLP/UF/SP", wantErr: `code "GLP/UF/SP": no place "SP", only ACRE, `},
		{code: "GLP/REGIAO/SAO PAULO", wantErr: `code "GLP/REGIAO/SAO PAULO": no place "SAO PAULO", only CENTRO OESTE, NORDESTE, NORTE, SUDESTE, SUL`},
		{code: "GLP/REGIAO", wantErr: `code "GLP/REGIAO": no place ""`},
		{code: "GLP/CIDADE/SANTOS", wantErr: `code "GLP/CIDADE/SANTOS": want PRODUCT, PRODUCT/REGIAO/NAME or PRODUCT/UF/NAME`},
		{code: "GLP/", wantErr: `code "GLP/": want PRODUCT,`},
		{code: "glp", wantErr: `no product "glp"`},
	}
	for _, tt := range tests {
		l, k, err := parseCode(tt.code)
		if l != tt.level || k != tt.key || (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
			t.Errorf("parseCode(%q) = %v, %v, %v; want %v, %v, %s", tt.code, l, k, err, tt.level, tt.key, tt.wantErr)
		}
	}
	if n := len(states.places); n != 27 {
		t.Errorf("%d states, want 27", n)
	}
}

func TestParsePrice(t *testing.T) {
	tests := []struct {
		text, want string
		exact      bool
		wantErr    bool
	}{
		{text: "6.8", want: "6.8", exact: true},
		{text: "5", want: "5", exact: true},
		{text: "40.113", want: "40.113", exact: true},
		{text: "1.2995", want: "1.2995", exact: true},
		{text: "6.80", want: "6.80", exact: true}, // a text, as published
		{text: "6,89", want: "6.89", exact: true},
		{text: "0.68799999999999994", want: "0.688", exact: true},
		{text: "109.89000000000001", want: "109.89", exact: true},
		{text: "4.9999999999999996", want: "5", exact: true},
		{text: "99.999999999999986", want: "100", exact: true},
		{text: "0.99999999999", want: "1", exact: true},
		{text: "-0.68799999999999994", want: "-0.688", exact: true},
		{text: "2.50000", want: "2.5", exact: true},
		{text: "6.12345", want: "6.12345"},
		{text: "6.1234000001", want: "6.1234", exact: true},
		{text: "6.123401", want: "6.123401"},
		{text: "6.12349999", want: "6.12349999"},
		{text: "123456789012345678.000000", want: "123456789012345678.000000"},
		{text: "-", exact: true},
		{text: "", exact: true},
		{text: "1.234,56", wantErr: true},
		{text: "5E-2", wantErr: true},
		{text: "R$ 6,89", wantErr: true},
		{text: "#N/A", wantErr: true},
	}
	for _, tt := range tests {
		got, exact, err := parsePrice(tt.text)
		if got != tt.want || (err != nil) != tt.wantErr || err == nil && exact != tt.exact {
			t.Errorf("parsePrice(%q) = %q, %v, %v; want %q, %v", tt.text, got, exact, err, tt.want, tt.exact)
		}
	}
}

func TestParseDay(t *testing.T) {
	want := span.Date(2026, 8, 9)
	for _, text := range []string{"46243", "46243.0", "09/08/2026", "2026-08-09", "2026-08-09 00:00:00", "2026-08-09T00:00:00.000"} {
		if got, err := parseDay(text); got != want || err != nil {
			t.Errorf("parseDay(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "6.8", "46243.5", "46243.05", "1", "99999999", "31/02/2026", "8/9/2026", "2026-08-09 12:00:00", "agosto"} {
		if got, err := parseDay(text); err == nil {
			t.Errorf("parseDay(%q) = %s, want an error", text, got)
		}
	}
	for d := span.Date(2026, 3, 8); d < span.Date(2026, 3, 15); d++ {
		if got := weekOf(d); got != span.Date(2026, 3, 8) {
			t.Errorf("weekOf(%s) = %s", d, got)
		}
	}
	if got := weekOf(span.Date(1960, 1, 6)); got != span.Date(1960, 1, 3) {
		t.Errorf("weekOf(1960-01-06) = %s, want 1960-01-03", got)
	}
}

// made is a workbook by excelize, cells by rows of sheets.
func made(t testing.TB, sheets map[string][][]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	for name, rows := range sheets {
		if _, err := book.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, cells := range rows {
			if err := book.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := book.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	body, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

var header = []any{"DATA INICIAL", "DATA FINAL", "REGIAO", "ESTADOS", "PRODUTO", "NÚMERO DE POSTOS PESQUISADOS", "UNIDADE DE MEDIDA", "PREÇO MÉDIO REVENDA", "DESVIO PADRÃO REVENDA"}

func diesel(cells ...any) []any {
	row := []any{46243, 46249, "SUDESTE", "SAO PAULO", "OLEO DIESEL S10", 833, "R$/l", 6.89, 0.413}
	for i, cell := range cells {
		if cell != nil {
			row[i] = cell
		}
	}
	return row
}

// readStates reads the S10 of São Paulo of the week of 2026-08-09.
func readStates(t testing.TB, body []byte) ([]source.Observation, []source.Damage, error) {
	week := span.Date(2026, 8, 9)
	f := newFetch(week, source.Series{Key: "S10", Code: "OLEO DIESEL S10/UF/SAO PAULO", Fields: []string{"value"}},
		source.Series{Key: "GNV", Code: "GNV/UF/SAO PAULO", Fields: []string{"value"}})
	if err := f.readSummary(t.Context(), body, week); err != nil {
		return nil, nil, err
	}
	answer, err := f.rows.Answer()
	return answer.Observations, answer.Damaged, err
}

func TestReadSummary(t *testing.T) {
	week := span.Date(2026, 8, 9)
	good := func(key, value string) source.Observation {
		return source.Observation{Key: key, Day: week, Fields: row.Fields{{Name: "value", Value: value}}}
	}
	bad := func(reason string) []source.Damage {
		return []source.Damage{{Observation: good("S10", "6.89"), Reason: reason}}
	}
	tests := []struct {
		name    string
		rows    [][]any
		want    []source.Observation
		damaged []source.Damage
		wantErr string
	}{
		{name: "one among others", rows: [][]any{{"NOTAS"}, {}, header, diesel(nil, nil, nil, "ACRE", nil, nil, nil, 7.5), diesel(), diesel(nil, nil, nil, nil, "GLP", nil, "R$/13kg")},
			want: []source.Observation{good("S10", "6.89")}},
		{name: "text for numbers", rows: [][]any{header, diesel("09/08/2026", "15/08/2026", nil, nil, nil, nil, nil, "6,89")}, want: []source.Observation{good("S10", "6.89")}},
		{name: "other spellings", rows: [][]any{
			{"Data  Inicial", "data final", "Estado", "Produto", "Unidade de Medida", "Preço Médio  Revenda"},
			{46243, 46249, "São Paulo", "Óleo Diesel S10", "R$ / L", 6.89}, {46243, 46249, "São Paulo", "GNV", "R$/m³", 4.33}},
			want: []source.Observation{good("GNV", "4.33"), good("S10", "6.89")}},
		{name: "accents of their own", rows: [][]any{header, diesel(nil, nil, nil, "SA\u0303O PAULO", "O\u0301LEO DIESEL S10\u200b")}, want: []source.Observation{good("S10", "6.89")}},
		{name: "the old cubic metre", rows: [][]any{header, diesel(nil, nil, nil, nil, "GNV", nil, "R$/m3", 4.33)}, want: []source.Observation{good("GNV", "4.33")}},
		{name: "no price", rows: [][]any{header, diesel(nil, nil, nil, nil, nil, nil, nil, "-")}},
		{name: "notes below", rows: [][]any{header, diesel(), {}, {"Fonte: ANP"}}, want: []source.Observation{good("S10", "6.89")}},
		{name: "no rows", rows: [][]any{header}, wantErr: "sheet ESTADOS: no row of the week"},
		{name: "another unit", rows: [][]any{header, diesel(nil, nil, nil, nil, nil, nil, "R$/m3")}, damaged: bad(`a price in "R$/m3", want R$/L`)},
		{name: "a week of eight days", rows: [][]any{header, diesel(nil, 46250)}, damaged: bad("2026-08-09 to 2026-08-16 is no week from Sunday to Saturday")},
		{name: "a week from Monday", rows: [][]any{header, diesel(46244, 46250)}, damaged: bad("2026-08-10 to 2026-08-16 is no week from Sunday to Saturday")},
		{name: "two prices", rows: [][]any{header, diesel(), diesel(nil, nil, nil, nil, nil, nil, nil, 6.9)},
			damaged: bad("2026-08-09 has different values: value 6.89 and value 6.9")},
		{name: "five decimals", rows: [][]any{header, diesel(nil, nil, nil, nil, nil, nil, nil, 6.12345)},
			damaged: []source.Damage{{Observation: good("S10", "6.12345"), Reason: "6.12345 has more than 4 decimals"}}},
		{name: "another week", rows: [][]any{header, diesel(46236, 46242)}, wantErr: "sheet ESTADOS: no row of the week"},
		{name: "another week beside it", rows: [][]any{header, diesel(46236, 46242), diesel(nil, nil, nil, nil, "GNV", nil, "R$/m3")}, want: []source.Observation{good("GNV", "6.89")}, damaged: []source.Damage{
			{Observation: source.Observation{Key: "S10", Day: week - 7, Fields: row.Fields{{Name: "value", Value: "6.89"}}}, Reason: "the week of 2026-08-02 in the workbook of 2026-08-09"}}},
		{name: "no header", rows: [][]any{{"NOTAS"}, diesel()}, wantErr: `no row with DATA INICIAL`},
		{name: "a column less", rows: [][]any{header[:7], diesel()}, wantErr: "row 1: the header has 0 columns PRECO MEDIO REVENDA, want 1"},
		{name: "a column twice", rows: [][]any{append(header[:9:9], "PREÇO MÉDIO REVENDA"), diesel()}, wantErr: "the header has 2 columns PRECO MEDIO REVENDA"},
		{name: "no place", rows: [][]any{append([]any{"DATA INICIAL", "DATA FINAL"}, header[4:]...)}, wantErr: "the header has 0 columns REGIAO or ESTADO"},
		{name: "a day that is none", rows: [][]any{header, diesel("soon")}, wantErr: `row 2: DATA INICIAL: "soon" is no day`},
		{name: "a price that is none", rows: [][]any{header, diesel(nil, nil, nil, nil, nil, nil, nil, "#N/A")}, wantErr: `row 2: PRECO MEDIO REVENDA: "#N/A" is not a decimal number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, damaged, err := readStates(t, made(t, map[string][][]any{"CAPITAIS": {{"DATA INICIAL"}}, "ESTADOS": tt.rows}))
			if (err == nil) != (tt.wantErr == "") || err != nil && (!strings.Contains(err.Error(), tt.wantErr) || fault.NameOf(err) != fault.Malformed) {
				t.Errorf("error %v, want Malformed with %q", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.damaged, damaged); diff != "" {
				t.Errorf("damaged (-want +got):\n%s", diff)
			}
		})
	}
	if _, _, err := readStates(t, made(t, map[string][][]any{"BRASIL": {header}})); fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), `0 visible sheets "ESTADOS"`) {
		t.Errorf("without the sheet: %v", err)
	}
}

// parts is a workbook by hand, whose one sheet is content.
func parts(t testing.TB, content string, more ...string) []byte {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	files := append([]string{
		"_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="x/worksheet" Target="/xl/worksheets/s.xml"/>` +
			`<Relationship Id="b" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/s.xml", content,
	}, more...)
	if !slices.Contains(more, "xl/sharedStrings.xml") {
		files = append(files, "xl/sharedStrings.xml", "<sst/>")
	}
	for i := 0; i < len(files); i += 2 {
		part, err := archive.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func readAll(t testing.TB, body []byte) (rows [][]string, err error) {
	w, err := openWorkbook(t.Context(), body)
	if err != nil {
		return nil, err
	}
	err = w.rows(w.sheets[0].part, func(number int, cells []cell) error {
		row := []string{fmt.Sprint(number)}
		for _, c := range cells {
			row = append(row, c.text+c.bad)
		}
		rows = append(rows, row)
		return nil
	}, nil)
	return rows, err
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
			got, err := readAll(t, parts(t, tt.sheet, "xl/sharedStrings.xml", texts))
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenWorkbookRefuses(t *testing.T) {
	whole := made(t, map[string][][]any{"ESTADOS": {header, diesel()}})
	emptyZIP := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	many := `<sst>` + strings.Repeat("<si><t>0123456789</t></si>", maxOther/20) + `</sst>`
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"half of it":     {whole[:len(whole)/2], "not a valid zip file"},
		"no ZIP":         {[]byte("DATA INICIAL;DATA FINAL"), "23 bytes that are no ZIP"},
		"another ZIP":    {emptyZIP, `no part "_rels/.rels"`},
		"too many texts": {parts(t, "<worksheet/>", "xl/sharedStrings.xml", many), "xl/sharedStrings.xml: more than 16777216 bytes"},
		"broken texts":   {parts(t, "<worksheet/>", "xl/sharedStrings.xml", "<sst>"), "unexpected EOF"},
	} {
		if w, err := openWorkbook(t.Context(), tt.body); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, error %v, want %q", name, w, err, tt.want)
		}
	}
}

// A sheet that is long when it is unpacked ends at the limit, and fills no memory.
func TestALongSheetIsRefused(t *testing.T) {
	in := &bounded{in: zeros{}, done: t.Context().Err, limit: maxSheet, next: maxSheet + 1}
	buffer, read := make([]byte, 1<<20), int64(0)
	for {
		n, err := in.Read(buffer)
		read += int64(n)
		if err != nil {
			if want := fmt.Sprintf("more than %d bytes", maxSheet); err.Error() != want || read > maxSheet+1<<20 {
				t.Errorf("%v after %d bytes, want %s", err, read, want)
			}
			return
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Nothing panics, and what cannot be read is Malformed.
func FuzzReadSummary(f *testing.F) {
	f.Add(made(f, map[string][][]any{"ESTADOS": {header, diesel()}}))
	f.Add(parts(f, `<worksheet><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>`, "xl/sharedStrings.xml", "<sst><si><t>a</t></si></sst>"))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, _, err := readStates(t, body); err != nil && fault.NameOf(err) != fault.Malformed {
			t.Errorf("error %v, want Malformed", err)
		}
	})
}

// The sheet itself, without a ZIP around it that a fuzzer can hardly make.
func FuzzRows(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>x</t></is></c><c><v>1</v></c></row></sheetData></worksheet>`)
	f.Add(`<worksheet><sheetData><row><c r="AAAAAAAAAAAAAA1"/></row></sheetData></worksheet>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		rows, err := readAll(t, parts(t, sheet))
		for _, cells := range rows {
			if len(cells) > maxCells+1 {
				t.Errorf("%d cells, error %v", len(cells), err)
			}
		}
	})
}
