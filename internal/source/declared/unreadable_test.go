package declared_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A cell that cannot be read, among others that can, is damage of its day and series.
func TestUnreadableCells(t *testing.T) {
	day := func(n int) time.Time { return first.Time().AddDate(0, 0, n) }
	const csv = "kind: http-csv\n" + anyURL + "day: d\nvalues: {value: v}"
	const all = "kind: http-csv\nurl: https://bank.example/all\nday: d\nvalues: {value: v}"
	const workbook = "kind: http-xlsx\n" + anyURL + "day: Day\nvalues: {value: Rate}"
	tests := []struct {
		name, yaml string
		body       []byte
		want       []source.Observation
		damaged    string // its reason; the day is the second one
		err        string
	}{
		{name: "csv", yaml: csv, body: []byte("d,v\n2024-01-02,1.5\n2024-01-03,n/a\n2024-01-04,2\n"), want: values("A", "value", "1.5", "", "2"),
			damaged: `line 3: v: "n/a" is not a number with the decimal mark "."`},
		{name: "json", yaml: "kind: http-json\n" + anyURL + "rows: $.data[*]\nday: d\nvalues: {value: v}", body: []byte(`{"data":[{"d":"2024-01-02","v":1.5},{"d":"2024-01-03","v":true},{"d":"2024-01-04","v":"2"}]}`), want: values("A", "value", "1.5", "", "2"),
			damaged: "rows: $.data[1]: v: a truth value"},
		{name: "a workbook", yaml: workbook, body: book(t, "Data", [][]any{{"Day", "Rate"}, {day(0), 1.5}, {day(1), "much"}, {day(2), 2}, {"Source: the bank"}}), want: values("A", "value", "1.5", "", "2"),
			damaged: `sheet "Data": row 3: Rate: "much" is not a number with the decimal mark "."`},
		{name: "another decimal mark, and integers", yaml: csv + "\ndelimiter: ;", body: []byte("d;v\n2024-01-02;1,5\n2024-01-03;2\n2024-01-04;2,5\n"), err: `line 2: v: "1,5" is not a number with the decimal mark "."`},
		{name: "another decimal mark, and days without a value", yaml: csv + "\ndelimiter: ;", body: []byte("d;v\n2024-01-02;\n2024-01-03;1,5\n2024-01-04;\n"), err: `line 3: v: "1,5" is not a number with the decimal mark "."`},
		{name: "a file of all days, most of which are not asked for", yaml: all, body: []byte("d,v\n2023-12-28,1\n2023-12-29,x\n2024-01-01,1\n2024-01-03,n/a\n2024-01-08,2\n"),
			damaged: `line 5: v: "n/a" is not a number with the decimal mark "."`},
		{name: "a file of all days, with another decimal mark, without those asked for", yaml: all + "\ndelimiter: ;", body: []byte("d;v\n2023-12-28;1,5\n"), err: `line 2: v: "1,5" is not a number with the decimal mark "."`},
		{name: "a cell that is not there", yaml: "kind: http-csv\n" + anyURL + "header: none\nday: 1\nvalues: {value: 2}", body: []byte("2024-01-02,1.5\n2024-01-03\n2024-01-04,2\n"), err: "line 2: a line of 1 columns, and 2 is number 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, tt.yaml, "value")
			if err != nil {
				t.Fatal(err)
			}
			got, err := declared.Read(t.Context(), of, source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked}, tt.body)
			var damaged []source.Damage
			if tt.damaged != "" {
				damaged = []source.Damage{{Observation: source.Observation{Key: "A", Day: first + 1}, Reason: tt.damaged}}
			}
			if diff := cmp.Diff(source.Answer{Observations: tt.want, Damaged: damaged}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("answer mismatch (-want +got):\n%s", diff)
			}
			if text := sourcetest.ErrText(err); !strings.Contains(text, tt.err) || (err == nil) != (tt.err == "") {
				t.Errorf("error %q, want %q", text, tt.err)
			}
		})
	}
}

// One cell of forty series is one day of one of them.
func TestAnUnreadableCellAmongFortySeries(t *testing.T) {
	of, err := sourceOf(t, "kind: http-csv\nurl: https://bank.example/x?from={from}&to={to}\nday: day\nvalues: {value: \"{code}\"}", "value")
	if err != nil {
		t.Fatal(err)
	}
	r := source.Request{Span: asked}
	var text strings.Builder
	text.WriteString("day")
	for i := range 40 {
		r.Series = append(r.Series, source.Series{Key: fmt.Sprint("K", i), Code: fmt.Sprint("c", i), Fields: []string{"value"}})
		fmt.Fprintf(&text, ",c%d", i)
	}
	for n := range 4 {
		fmt.Fprintf(&text, "\n%s", first+span.Day(n))
		for i := range 40 {
			if n == 2 && i == 17 {
				text.WriteString(",n/a")
			} else {
				fmt.Fprintf(&text, ",%d.%d", n, i)
			}
		}
	}
	text.WriteString("\n")
	got, err := declared.Read(t.Context(), of, r, []byte(text.String()))
	want := []source.Damage{{Observation: source.Observation{Key: "K17", Day: first + 2}, Reason: `line 4: c17: "n/a" is not a number with the decimal mark "."`}}
	if diff := cmp.Diff(want, got.Damaged); diff != "" || len(got.Observations) != 159 || err != nil {
		t.Errorf("%d observations, error %v, damaged (-want +got):\n%s", len(got.Observations), err, diff)
	}
}

// Where each day is a request of its own, one that cannot be read is not all of them; nor is a
// text that means that there is nothing one that cannot be read.
func TestAnUnreadableDayAmongRequests(t *testing.T) {
	of, err := sourceOf(t, "kind: http-csv\nurl: https://bank.example/{day}\nempty: {text: closed}\nday: d\nvalues: {value: v}", "value")
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{"2024-01-02": "1", "2024-01-03": "2", "2024-01-04": "closed", "2024-01-05": "n/a"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		day := strings.TrimPrefix(r.URL.Path, "/")
		fmt.Fprintf(w, "d,v\n%s,%s\n", day, answers[day])
	}))
	defer server.Close()
	got, err := opened(t, of, server.URL).Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "A", Code: "USD", Fields: []string{"value"}}}, Span: asked})
	damaged := []source.Damage{{Observation: source.Observation{Key: "A", Day: first + 3}, Reason: `line 2: v: "n/a" is not a number with the decimal mark "."`}}
	if diff := cmp.Diff(damaged, got.Damaged); diff != "" || err != nil {
		t.Errorf("error %v, damaged (-want +got):\n%s", err, diff)
	}
	want := []source.Observation{{Key: "A", Day: first, Fields: row.Fields{{Name: "value", Value: "1"}}}, {Key: "A", Day: first + 1, Fields: row.Fields{{Name: "value", Value: "2"}}}}
	if diff := cmp.Diff(want, got.Observations); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
}

// A column that is written in another way than the others of its answer is not stored, however
// many others there are; nor does anybody hear that it is not there.
func TestASeriesThatIsReadWrongly(t *testing.T) {
	usd, eur, gbp := source.Series{Key: "USD", Code: "USD", Fields: []string{"value"}}, source.Series{Key: "EUR", Code: "EUR", Fields: []string{"value"}}, source.Series{Key: "GBP", Code: "GBP", Fields: []string{"value"}}
	const marks = "kind: http-csv\nurl: https://bank.example/x?from={from}&to={to}\ndelimiter: ;\ndecimal: \",\"\nthousands: .\nday: d\n"
	const wide = marks + "values: {value: \"{code}\"}"
	tests := []struct {
		name, yaml, body string
		series           []source.Series
		failed           map[string]string
		err              string
	}{
		{name: "a column", yaml: wide, series: []source.Series{usd, eur}, body: "d;USD;EUR\n2024-01-02;1,50;1.10\n2024-01-03;1,51;1.123\n2024-01-04;1,52;1.12\n",
			failed: map[string]string{"EUR": `Source.Malformed: line 2: EUR: "1.10" is no number with the decimal mark "," and between thousands "."`}},
		{name: "a code", yaml: marks + "code: c\nvalues: {value: v}", series: []source.Series{usd, eur}, body: "d;c;v\n2024-01-02;USD;1,50\n2024-01-03;USD;1,51\n2024-01-04;USD;1,52\n2024-01-02;EUR;1.10\n2024-01-03;EUR;1.123\n",
			failed: map[string]string{"EUR": `Source.Malformed: line 5: v: "1.10" is no number with the decimal mark "," and between thousands "."`}},
		{name: "and a column that is not there", yaml: wide, series: []source.Series{usd, eur, gbp}, body: "d;USD;EUR\n2024-01-02;1,50;1.10\n2024-01-03;1,51;1.123\n2024-01-04;1,52;1.12\n",
			failed: map[string]string{"EUR": `Source.Malformed: line 2: EUR: "1.10" is no number with the decimal mark "," and between thousands "."`, "GBP": `Source.Malformed: no column "GBP" in the header: "d", "USD", "EUR"`}},
		{name: "all that are there", yaml: wide, series: []source.Series{eur, gbp}, body: "d;USD;EUR\n2024-01-02;1,50;1.10\n2024-01-03;1,51;1.123\n", err: `line 2: EUR: "1.10" is no number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of, err := sourceOf(t, tt.yaml, "value")
			if err != nil {
				t.Fatal(err)
			}
			got, err := declared.Read(t.Context(), of, source.Request{Series: tt.series, Span: asked}, []byte(tt.body))
			if text := sourcetest.ErrText(err); !strings.Contains(text, tt.err) || (err == nil) != (tt.err == "") {
				t.Fatalf("error %q, want %q", text, tt.err)
			}
			var want []source.Observation
			if tt.err == "" {
				want = values("USD", "value", "1.50", "1.51", "1.52")
			}
			failed := map[string]string{}
			for key, why := range got.Failed {
				failed[key] = sourcetest.ErrText(why)
			}
			if diff := cmp.Diff(tt.failed, failed, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("failed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(source.Answer{Observations: want}, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(source.Answer{}, "Failed")); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}
