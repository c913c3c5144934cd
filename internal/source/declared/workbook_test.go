package declared_test

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/source/sourcetest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"
)

// book is a workbook by excelize: rows by sheet, the first one's first. A time.Time is a
// cell shown as a day.
func book(t *testing.T, sheets ...any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i := 0; i < len(sheets); i += 2 {
		name, rows := sheets[i].(string), sheets[i+1].([][]any)
		if i == 0 {
			if err := f.SetSheetName("Sheet1", name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for n, row := range rows {
			cell, err := excelize.CoordinatesToCellName(1, n+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.SetSheetRow(name, cell, &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWorkbooks(t *testing.T) {
	day := func(n int) time.Time { return (first + 0).Time().AddDate(0, 0, n) }
	head := [][]any{{"Prices of the bank"}, {}, {"in USD", nil, "monthly"}, {"Day", "Unit", "Rate"}}
	rows := func(more ...[]any) [][]any { return append(append([][]any{}, head...), more...) }
	usd := source.Series{Key: "A", Code: "USD", Fields: []string{"value"}}
	const yaml = "kind: http-xlsx\n" + anyURL + "day: Day\nvalues: {value: Rate}"
	const numbers = "kind: http-xlsx\n" + anyURL + "day: 1\nvalues: {value: 3}"
	tests := []struct {
		name, yaml string
		book       []byte
		want       []source.Observation
		err        string
	}{
		{name: "notes above and below", yaml: yaml, book: book(t, "About", [][]any{{"words"}}, "Data", rows([]any{day(0), "x", 1.5}, []any{day(1), "x", 0.1 + 0.2}, []any{day(2), "x", nil}, []any{}, []any{"Source: the bank"})), want: values("A", "value", "1.5", "0.3")},
		{name: "days as texts, numbers as texts", yaml: yaml + "\ndates: dd.MM.yyyy\ndecimal: \",\"", book: book(t, "Data", rows([]any{"02.01.2024", "x", "1,50"}, []any{"03.01.2024", "x", 7})), want: values("A", "value", "1.50", "7")},
		{name: "a column a series", yaml: "kind: http-xlsx\n" + anyURL + "day: Date\nvalues: {value: \"{code}\"}", book: book(t, "Data", [][]any{{"note"}, {"Date", "EUR", "USD"}, {day(0), 2, 1.5}}), want: values("A", "value", "1.5")},
		{name: "by number", yaml: "kind: http-xlsx\n" + anyURL + "day: Day\nvalues: {value: 3}", book: book(t, "Data", rows([]any{day(0), "x", 1.5})), want: values("A", "value", "1.5")},
		{name: "one of two sheets", yaml: yaml + "\nsheet: Second", book: book(t, "First", rows([]any{day(0), "x", 9}), "Second", rows([]any{day(0), "x", 1.5})), want: values("A", "value", "1.5")},
		{name: "two sheets", yaml: yaml, book: book(t, "First", rows(), "Second", rows()), err: "2 sheets with the columns: want sheet: the name of one"},
		{name: "another sheet", yaml: yaml + "\nsheet: Third", book: book(t, "First", rows()), err: `no sheet "Third" with a row of the columns "Day", "Rate": there are "First"`},
		{name: "no header", yaml: yaml, book: book(t, "Data", [][]any{{"Date", "Rate"}, {day(0), 1}}), err: `no sheet with a row of the columns "Day", "Rate": there are "Data" with "Date", "Rate"`},
		{name: "a wide header with another name", yaml: yaml, book: book(t, "Notes", [][]any{{"words"}}, "Data", [][]any{{"Date", "Opening rate", "Highest rate", "Lowest rate", "Rate"}, {day(0), 1, 1, 1, 1}}), err: `there are "Notes" with "words"; "Data" with "Date", "Opening rate", "Highest rate", "Lowest rate", "Rate"`},
		{name: "a header with line breaks", yaml: yaml, book: book(t, "Data", [][]any{{"Prices"}, {"Day\n", "Unit", " Rate\u00a0"}, {day(0), "x", 1.5}}), want: values("A", "value", "1.5")},
		{name: "a name with line breaks", yaml: "kind: http-xlsx\n" + anyURL + "day: Day of price\nvalues: {value: Rate}", book: book(t, "Data", [][]any{{"Day\nof  price", "Rate"}, {day(0), 1.5}}), want: values("A", "value", "1.5")},
		{name: "a number that means no value", yaml: yaml + "\nno_value: \"-99\"", book: book(t, "Data", rows([]any{day(0), "x", 1.5}, []any{day(1), "x", -99})), want: values("A", "value", "1.5")},
		{name: "a word for a number", yaml: yaml, book: book(t, "Data", rows([]any{day(0), "x", "much"})), err: `row 5: Rate: "much" is not a number`},
		{name: "a word for a day", yaml: yaml, book: book(t, "Data", rows([]any{"today", "x", 1})), err: `row 5: Day: "today" is not yyyy-MM-dd`},
		{name: "a day for a number", yaml: yaml, book: book(t, "Data", rows([]any{day(0), "x", day(1)})), err: `row 5: Rate: "45294" is shown as a day`},
		{name: "a truth value", yaml: yaml, book: book(t, "Data", rows([]any{day(0), "x", true})), err: "row 5: Rate: a truth value"},
		{name: "an error that means no value", yaml: yaml + "\nno_value: '#N/A'", book: withError(t, book(t, "Data", rows([]any{day(0), "x", 1.5}, []any{day(1), "x", 7.25}))), want: values("A", "value", "1.5")},
		{name: "a column that no row has", yaml: "kind: http-xlsx\n" + anyURL + "day: Day\nvalues: {value: 9}", book: book(t, "Data", rows([]any{day(0), "x", 1.5})), err: `sheet "Data": no row has 9 columns`},
		{name: "percent", yaml: yaml + "\naround: \"%\"", book: styled(t, book(t, "Data", rows([]any{day(0), "x", 0.0525}, []any{day(1), "x", -0.001}, []any{day(2), "x", 7})), "C5", "0.00%", "C6", "0%", "C7", "#,##0.0 %"), want: values("A", "value", "5.25", "-0.1", "700")},
		{name: "percent and the texts of the publisher", yaml: yaml + "\naround: [\"%\", \"R$\"]\ndecimal: \",\"", book: styled(t, book(t, "Data", rows([]any{day(0), "x", 0.1 + 0.2}, []any{day(1), "x", "5,25%"})), "C5", "0.00%"), want: values("A", "value", "30", "5.25")},
		{name: "percent, and nothing says what it is", yaml: yaml, book: styled(t, book(t, "Data", rows([]any{day(0), "x", 0.0525})), "C5", "0.00%"), err: `row 5: Rate: a number shown as "0.00%": around: "%" takes 0.0525 for 5.25`},
		{name: "a day with a time", yaml: yaml, book: styled(t, book(t, "Data", rows([]any{45293.75, "x", 1})), "A5", "yyyy-mm-dd hh:mm"), err: `row 5: Day: "2024-01-02 18:00:00" is not yyyy-MM-dd; it could be yyyy-MM-dd *`},
		{name: "a day with a time, read by dates", yaml: yaml + "\ndates: yyyy-MM-dd *", book: styled(t, book(t, "Data", rows([]any{45293.75, "x", 1.5}, []any{45294, "x", 7}, []any{45295.25, "x", 8})), "A5", "yyyy-mm-dd hh:mm", "A6", "yyyy-mm-dd hh:mm"), want: values("A", "value", "1.5", "7", "8")},
		{name: "a time for a day", yaml: yaml, book: styled(t, book(t, "Data", rows([]any{0.75, "x", 1})), "A5", "dd/mm/yyyy"), err: `row 5: Day: the number 0.75 is shown as a day, and is none`},
		{name: "numbers alone", yaml: numbers, book: book(t, "Notes", [][]any{{"about"}}, "Data", [][]any{{"Prices of the bank"}, {"Day", "Unit", "Rate"}, {day(0), "x", 1.5}, {day(1), "x", 2.25}}), want: values("A", "value", "1.5", "2.25")},
		{name: "numbers alone, without a header", yaml: numbers, book: book(t, "Data", [][]any{{day(0), "x", 1.5}, {day(1), "x", 2.25}}), want: values("A", "value", "1.5", "2.25")},
		{name: "numbers alone, and a text", yaml: numbers, book: book(t, "Data", [][]any{{"Out of order, come back later"}}), err: "no sheet with a row of the columns"},
		{name: "numbers alone, and a wide text", yaml: numbers, book: book(t, "Data", [][]any{{"Out", "of", "order"}}), err: "no rows, and no header that would show that there are none"},
		{name: "names, and no rows", yaml: yaml, book: book(t, "Data", rows())},
		{name: "no workbook", yaml: yaml, book: []byte("Day,Rate\n"), err: "workbook: 9 bytes that are no ZIP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, tt.yaml, "value")
			if err != nil {
				t.Fatal(err)
			}
			got, err := declared.Read(t.Context(), of, source.Request{Series: []source.Series{usd}, Span: asked}, tt.book)
			if diff := cmp.Diff(tt.want, got.Observations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			if text := sourcetest.ErrText(err); !strings.Contains(text, tt.err) || (err == nil) != (tt.err == "") {
				t.Errorf("error %q, want %q", text, tt.err)
			}
		})
	}
}

// styled gives cells number formats: a name, and what it is shown as.
func styled(t *testing.T, file []byte, formats ...string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(formats); i += 2 {
		style := &excelize.Style{CustomNumFmt: &formats[i+1]}
		if of := map[string]int{"0%": 9, "0.00%": 10}[formats[i+1]]; of != 0 { // the built-in ones
			style = &excelize.Style{NumFmt: of}
		}
		id, err := f.NewStyle(style)
		if err == nil {
			err = f.SetCellStyle(f.GetSheetName(0), formats[i], formats[i], id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withError makes the cell with 7.25 the error #N/A.
func withError(t *testing.T, file []byte) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var changed bytes.Buffer
	w := zip.NewWriter(&changed)
	for _, part := range archive.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		to, err := w.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(regexp.MustCompile(`(<c r="C6")([^>]*)><v>7.25</v>`).ReplaceAll(text, []byte(`$1$2 t="e"><v>#N/A</v>`))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return changed.Bytes()
}
