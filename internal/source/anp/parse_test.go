package anp

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/xlsx/xlsxtest"
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
	for text, want := range map[string]span.Day{"36526": span.Date(2000, 1, 1), "73050": span.Date(2099, 12, 31)} {
		if got, err := parseDay(text); got != want || err != nil {
			t.Errorf("parseDay(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "6.8", "46243.5", "46243.05", "1", "36525", "73051", "99999999", "31/02/2026", "8/9/2026", "2026-08-09 12:00:00", "agosto"} {
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

// Nothing panics, and what cannot be read is Malformed.
func FuzzReadSummary(f *testing.F) {
	f.Add(made(f, map[string][][]any{"ESTADOS": {header, diesel()}}))
	f.Add(xlsxtest.Zip(f, plainBook()))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, _, err := readStates(t, body); err != nil && fault.NameOf(err) != fault.Malformed {
			t.Errorf("error %v, want Malformed", err)
		}
	})
}
