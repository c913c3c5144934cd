package fred_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/fred"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func price(day span.Day, text string) source.Observation {
	return source.Observation{Key: brent.Key, Day: day, Fields: row.Fields{{Name: "value", Value: text}}}
}

// What an answer means stands in its body, not in its status.
func TestAnswers(t *testing.T) {
	asked := span.Span{From: span.Date(2021, 1, 1), To: span.Date(2021, 1, 3)}
	tests := []struct {
		name   string
		status int
		body   string
		err    fault.Name
		empty  map[string]span.Runs // a day that is not mentioned is not in it
	}{
		{"only a header", http.StatusOK, "observation_date,DCOILBRENTEU\n", "", nil},
		{"a day without a price", http.StatusOK, "observation_date,DCOILBRENTEU\n2021-01-01,\n", "", map[string]span.Runs{"OIL#BRENT": {{From: asked.From, To: asked.From}}}},
		{"a day of another month", http.StatusOK, "observation_date,DCOILBRENTEU\n2021-02-01,55.04\n", fault.Malformed, nil},
		{"an unknown id", http.StatusNotFound, "Not Found\n", fault.Rejected, nil},
		{"a refusal", http.StatusBadRequest, "Bad Request\n", fault.Rejected, nil},
		{"a page for an unknown id", http.StatusNotFound, "<!DOCTYPE html><title>404</title>", fault.Unavailable, nil},
		{"a page with 200", http.StatusOK, "\n <html></html>", fault.Unavailable, nil},
		{"JSON instead of CSV", http.StatusOK, "{\"observations\":[]}\n", fault.Malformed, nil},
		{"a spreadsheet instead of CSV", http.StatusOK, "PK\x03\x04\n", fault.Malformed, nil},
		{"no bytes", http.StatusOK, "", fault.Malformed, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := fred.New(sourcetest.Canned(t, tt.status, []byte(tt.body)))
			got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{brent}, Span: asked})
			if diff := cmp.Diff(source.Answer{Empty: tt.empty, Requests: 1}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Fetch mismatch (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.err == "") || err != nil && fault.NameOf(err) != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestFetchRejectsWithoutAsking(t *testing.T) {
	src := fred.New(sourcetest.Canned(t, http.StatusOK, []byte("observation_date,DCOILBRENTEU\n")))
	pair := source.Series{Key: "X", Code: "DCOILBRENTEU", Fields: []string{"buy", "sell"}}
	for name, series := range map[string][]source.Series{"no series": nil, "two series": {brent, brent}, "two fields": {pair}} {
		answer, err := src.Fetch(t.Context(), source.Request{Series: series})
		if fault.NameOf(err) != fault.Rejected || answer.Requests != 0 {
			t.Errorf("%s: error %v after %d requests, want Rejected after none", name, err, answer.Requests)
		}
	}
}

func TestParse(t *testing.T) {
	asked := span.Span{From: span.Date(2012, 12, 21), To: span.Date(2021, 1, 5)}
	old, day := asked.From, span.Date(2020, 12, 22)
	const header = "observation_date,DCOILBRENTEU\n"
	tests := []struct {
		name, body string
		want       []source.Observation
		damaged    []source.Damage
		wantErr    string
	}{
		{name: "the sample", body: string(sourcetest.Sample(t, "fredgraph-brent.csv")), want: []source.Observation{
			price(day, "49.88"), price(day+1, "51.05"), price(day+2, "50.88"), price(day+6, "50.88"), price(day+7, "50.44"),
			price(day+8, "50.74"), price(day+9, "51.22"), price(day+13, "50.37"), price(day+14, "53.16"),
		}},
		{name: "the sample of old", body: string(sourcetest.Sample(t, "fredgraph-brent-old.csv")), want: []source.Observation{
			price(old, "109.13"), price(old+3, "108.44"), price(old+5, "110.72"), price(old+6, "110.04"),
			price(old+7, "110.05"), price(old+10, "110.80"), price(old+12, "112.98"),
		}},
		{name: "lines of another system", body: "DATE,DCOILBRENTEU\r\n2020-12-22,49.88\r\n", want: []source.Observation{price(day, "49.88")}},
		{name: "a price below zero", body: header + "2020-12-22,-36.98\n", want: []source.Observation{price(day, "-36.98")}},
		{name: "only a header", body: header},
		{name: "a day twice", body: header + "2020-12-22,49.88\n2020-12-22,49.88\n", want: []source.Observation{price(day, "49.88")}},
		{name: "a day with two prices", body: header + "2020-12-22,49.88\n2020-12-22,49.89\n", damaged: []source.Damage{
			{Observation: price(day, "49.88"), Reason: "2020-12-22 has different values: value 49.88 and value 49.89"}}},
		{name: "the day before alone", body: header + "2012-12-20,1\n", wantErr: "Source.Malformed: 1 rows, none of them of 2012-12-21/2021-01-05, the first of 2012-12-20"},
		{name: "the day before", body: header + "2012-12-20,1\n2020-12-22,2\n", want: []source.Observation{price(day, "2")}, damaged: []source.Damage{
			{Observation: price(old-1, "1"), Reason: "2012-12-20 is outside the range asked for, 2012-12-21/2021-01-05"}}},
		{name: "no bytes", body: "", wantErr: "Source.Malformed: body of 0 bytes ends in mid-line"},
		{name: "an empty line", body: "\n", wantErr: "Source.Malformed: header: EOF"},
		{name: "half a number", body: header + "2020-12-22,49.8", wantErr: "Source.Malformed: body of 45 bytes ends in mid-line"},
		{name: "another id", body: "observation_date,DCOILWTICO\n2020-12-22,46.97\n",
			wantErr: `Source.Malformed: header ["observation_date" "DCOILWTICO"], want observation_date or DATE, and DCOILBRENTEU`},
		{name: "another first column", body: "day,DCOILBRENTEU\n2020-12-22,46.97\n",
			wantErr: `Source.Malformed: header ["day" "DCOILBRENTEU"], want observation_date or DATE, and DCOILBRENTEU`},
		{name: "a column more", body: "observation_date,DCOILBRENTEU,DCOILWTICO\n2020-12-22,49.88,46.97\n",
			wantErr: `Source.Malformed: header ["observation_date" "DCOILBRENTEU" "DCOILWTICO"], want observation_date or DATE, and DCOILBRENTEU`},
		{name: "columns exchanged", body: header + "49.88,2020-12-22\n", wantErr: `Source.Malformed: line 2: day "49.88": want YYYY-MM-DD`},
		{name: "no such day", body: header + "2021-02-30,1\n", wantErr: `Source.Malformed: line 2: day "2021-02-30": no such date`},
		{name: "a decimal comma", body: header + "2020-12-22,\"49,88\"\n", wantErr: `Source.Malformed: line 2: 2020-12-22: "49,88" is not a decimal number`},
		{name: "one value that cannot be read", body: header + "2020-12-22,49.88\n2020-12-23,n/a\n2020-12-24,51\n", want: []source.Observation{price(day, "49.88"), price(day+2, "51")}, damaged: []source.Damage{
			{Observation: source.Observation{Key: brent.Key, Day: day + 1}, Reason: `line 3: 2020-12-23: "n/a" is not a decimal number`}}},
		{name: "a column too few", body: header + "2020-12-22\n", wantErr: "Source.Malformed: record on line 2: wrong number of fields"},
		{name: "an open quote", body: header + "\"2020-12-22,1\n",
			wantErr: `Source.Malformed: parse error on line 2, column 15: extraneous or missing " in quoted-field`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := fred.Parse([]byte(tt.body), brent, asked)
			got, damaged := answer.Observations, answer.Damaged
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || sourcetest.ErrText(err) != tt.wantErr {
				t.Errorf("Parse: error %v, want %q; mismatch (-want +got):\n%s", err, tt.wantErr, diff)
			}
			if diff := cmp.Diff(tt.damaged, damaged, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("damaged mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// Against a plain split of lines, where no quotes are.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"fredgraph-brent.csv", "fredgraph-brent-old.csv", "ecb-usd.csv"} {
		f.Add(sourcetest.Sample(f, name))
	}
	asked := span.Span{From: span.Date(2000, 1, 1), To: span.Date(2026, 12, 31)}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := fred.Parse(body, brent, asked)
		got, damaged := answer.Observations, answer.Damaged
		if err != nil {
			if fault.NameOf(err) != fault.Malformed || got != nil || damaged != nil {
				t.Fatalf("error %v with %v and %v", err, got, damaged)
			}
			return
		}
		for i, o := range got {
			if !asked.Contains(o.Day) || i > 0 && got[i-1].Day >= o.Day {
				t.Fatalf("observation %v after %v", o, got[max(0, i-1)])
			}
		}
		if bytes.ContainsAny(body, "\"\r") {
			return
		}
		days := map[string]bool{}
		_, text, _ := strings.Cut(strings.TrimLeft(string(body), "\n"), "\n")
		for line := range strings.Lines(text) {
			day, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ",")
			if day == "" && value == "" {
				continue // a line without anything is none
			}
			of, err := span.Parse(day)
			if err != nil {
				t.Fatal(err)
			}
			if number, err := source.Decimal(value); err != nil || number != "" || !asked.Contains(of) { // told even without a value
				days[day] = true
			}
		}
		if len(got)+len(damaged) != len(days) {
			t.Fatalf("%d observations and %d damaged of %d days with a value", len(got), len(damaged), len(days))
		}
	})
}
