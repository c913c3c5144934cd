package ecb_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func rate(s source.Series, day span.Day, text string) source.Observation {
	return source.Observation{Key: s.Key, Day: day, Fields: row.Fields{{Name: s.Fields[0], Value: text}}}
}

// What an answer means stands in its body, not in its status.
func TestAnswers(t *testing.T) {
	asked := span.Span{From: span.Date(2025, 4, 30), To: span.Date(2025, 5, 4)}
	sample := func(name string) []byte { return sourcetest.Sample(t, name) }
	tests := []struct {
		name   string
		status int
		body   []byte
		err    fault.Name
	}{
		{"no bytes", http.StatusOK, sample("ecb-empty.csv"), ""},
		{"only a header", http.StatusOK, []byte("KEY,TIME_PERIOD,OBS_VALUE\n"), ""},
		{"no such series, or not now", http.StatusNotFound, sample("ecb-404.json"), fault.Unavailable},
		{"another 404", http.StatusNotFound, []byte("no route"), fault.Rejected},
		{"a refusal", http.StatusBadRequest, []byte(`{"title":"Bad Request"}`), fault.Rejected},
		{"JSON instead of CSV", http.StatusOK, []byte(`{"title":"Fine"}`), fault.Malformed},
		{"an error page", http.StatusOK, sample("bcb-html-error.html"), fault.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := ecb.New(sourcetest.Canned(t, tt.status, tt.body))
			got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{brl}, Span: asked})
			if diff := cmp.Diff(source.Answer{Requests: 1}, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Fetch mismatch (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.err == "") || err != nil && fault.NameOf(err) != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

// A page is a breakdown, whatever it says.
func TestAPageIsNoLostSeries(t *testing.T) {
	src := ecb.New(sourcetest.Canned(t, http.StatusNotFound, []byte("<html>No results found")))
	_, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{brl}})
	if err == nil || !strings.Contains(err.Error(), "status 404, an HTML page") {
		t.Errorf("error %v, want one that tells of a page", err)
	}
}

func TestFetchRejectsWithoutAsking(t *testing.T) {
	src := ecb.New(sourcetest.Canned(t, http.StatusOK, nil))
	pair := source.Series{Key: "X", Code: "USD", Fields: []string{"buy", "sell"}}
	for name, series := range map[string][]source.Series{"no series": nil, "two fields": {brl, pair}} {
		answer, err := src.Fetch(t.Context(), source.Request{Series: series})
		if fault.NameOf(err) != fault.Rejected || answer.Requests != 0 {
			t.Errorf("%s: error %v after %d requests, want Rejected after none", name, err, answer.Requests)
		}
	}
}

func TestParseSamples(t *testing.T) {
	may := span.Date(2025, 5, 1)
	september := span.Date(2026, 9, 1)
	tests := []struct {
		sample string
		asked  span.Span
		want   []source.Observation
	}{
		{"ecb-brl-dataonly.csv", span.Span{From: span.Date(2025, 4, 10), To: span.Date(2025, 5, 5)}, []source.Observation{
			rate(brl, span.Date(2025, 4, 10), "6.4887"), rate(brl, span.Date(2025, 4, 11), "6.6159"),
			rate(brl, span.Date(2025, 4, 14), "6.6488"), rate(brl, span.Date(2025, 4, 15), "6.6207"),
			rate(brl, span.Date(2025, 4, 16), "6.6671"), rate(brl, span.Date(2025, 4, 17), "6.681"),
			rate(brl, span.Date(2025, 4, 22), "6.6516"), rate(brl, span.Date(2025, 4, 23), "6.5127"),
			rate(brl, span.Date(2025, 4, 24), "6.4678"), rate(brl, span.Date(2025, 4, 25), "6.4566"),
			rate(brl, span.Date(2025, 4, 28), "6.4691"), rate(brl, span.Date(2025, 4, 29), "6.4326"),
			rate(brl, may-1, "6.3839"), rate(brl, may+1, "6.4264"), rate(brl, may+4, "6.4019"),
		}},
		{"ecb-usd.csv", span.Span{From: september, To: september + 6}, []source.Observation{
			rate(usd, september+2, "1.1615"), rate(usd, september+3, "1.1622"), rate(usd, september+6, "1.1622"),
		}},
		{"ecb-empty.csv", span.Span{From: september, To: september}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.sample, func(t *testing.T) {
			answer, err := ecb.Parse(sourcetest.Sample(t, tt.sample), []source.Series{brl, usd}, tt.asked)
			got, damaged := answer.Observations, answer.Damaged
			if diff := cmp.Diff(tt.want, got); diff != "" || damaged != nil || err != nil {
				t.Errorf("Parse: error %v, damaged %v, mismatch (-want +got):\n%s", err, damaged, diff)
			}
		})
	}
}

func TestParseRows(t *testing.T) {
	day := span.Date(2026, 6, 1)
	twin := source.Series{Key: "TWIN#BRL", Code: "BRL", Fields: []string{"brl"}}
	series := []source.Series{brl, twin, usd}
	const key = "EXR.D.USD.EUR.SP00.A"
	tests := []struct {
		name, body string
		want       []source.Observation
		wantErr    string
	}{
		{name: "columns in another order", body: "OBS_VALUE,NEW,TIME_PERIOD,KEY\n1.1,x,2026-06-01," + key + "\n", want: []source.Observation{rate(usd, day, "1.1")}},
		{name: "all quoted", body: `"KEY","TIME_PERIOD","OBS_VALUE"` + "\r\n\"" + key + "\",\"2026-06-01\",\"1.10\"\r\n", want: []source.Observation{rate(usd, day, "1.10")}},
		{name: "a code of two series", body: "KEY,TIME_PERIOD,OBS_VALUE\nEXR.D.BRL.EUR.SP00.A,2026-06-01,6.1\n",
			want: []source.Observation{rate(brl, day, "6.1"), rate(twin, day, "6.1")}},
		{name: "no number", body: "KEY,TIME_PERIOD,OBS_VALUE\n" + key + ",2026-06-01,NaN\n" + key + ",2026-06-02,\n"},
		{name: "a column under another name", body: "KEY,TIME_PERIOD,VALUE\n" + key + ",2026-06-01,1\n",
			wantErr: `Source.Malformed: header ["KEY" "TIME_PERIOD" "VALUE"] lacks KEY, TIME_PERIOD or OBS_VALUE`},
		{name: "a series not asked for", body: "KEY,TIME_PERIOD,OBS_VALUE\nEXR.M.USD.EUR.SP00.A,2026-06-01,1\n",
			wantErr: `Source.Malformed: line 2, "EXR.M.USD.EUR.SP00.A": a series that was not asked for`},
		{name: "a month for a day", body: "KEY,TIME_PERIOD,OBS_VALUE\n" + key + ",2026-06,1\n",
			wantErr: `Source.Malformed: line 2, "` + key + `": TIME_PERIOD: day "2026-06": want YYYY-MM-DD`},
		{name: "a word for a number", body: "KEY,TIME_PERIOD,OBS_VALUE\n" + key + ",2026-06-01,one\n",
			wantErr: `Source.Malformed: line 2, "` + key + `": OBS_VALUE: "one" is not a decimal number`},
		{name: "half a number", body: "KEY,TIME_PERIOD,OBS_VALUE\n" + key + ",2026-06-01,1.1", wantErr: "Source.Malformed: body of 61 bytes ends in mid-line"},
		{name: "a column too few", body: "KEY,TIME_PERIOD,OBS_VALUE\n" + key + ",2026-06-01\n", wantErr: "Source.Malformed: record on line 2: wrong number of fields"},
		{name: "an open quote", body: "KEY,TIME_PERIOD,OBS_VALUE\n\"" + key + ",2026-06-01,1\n",
			wantErr: `Source.Malformed: parse error on line 2, column 36: extraneous or missing " in quoted-field`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := ecb.Parse([]byte(tt.body), series, span.Span{From: day, To: day + 1})
			got, damaged := answer.Observations, answer.Damaged
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || damaged != nil || sourcetest.ErrText(err) != tt.wantErr {
				t.Errorf("Parse: error %v, want %q; damaged %v, mismatch (-want +got):\n%s", err, tt.wantErr, damaged, diff)
			}
		})
	}
}

// One rate that cannot be read is damage of its day and series.
func TestParseOneUnreadableRow(t *testing.T) {
	day := span.Date(2026, 6, 1)
	body := "KEY,TIME_PERIOD,OBS_VALUE\n"
	for i, value := range []string{"1.1", "n/a", "1.2"} {
		body += "EXR.D." + usd.Code + ".EUR.SP00.A," + (day + span.Day(i)).String() + "," + value + "\n"
	}
	got, err := ecb.Parse([]byte(body), []source.Series{usd}, span.Span{From: day, To: day + 4})
	want := source.Answer{
		Observations: []source.Observation{rate(usd, day, "1.1"), rate(usd, day+2, "1.2")},
		Damaged:      []source.Damage{{Observation: source.Observation{Key: usd.Key, Day: day + 1}, Reason: `line 3, "EXR.D.USD.EUR.SP00.A": OBS_VALUE: "n/a" is not a decimal number`}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
	}
}

// Against a plain split of lines, where no quotes are.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"ecb-brl-dataonly.csv", "ecb-usd.csv", "ecb-empty.csv", "ecb-404.json"} {
		f.Add(sourcetest.Sample(f, name))
	}
	asked := span.Span{From: span.Date(2025, 4, 1), To: span.Date(2026, 12, 31)}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := ecb.Parse(body, []source.Series{brl, usd}, asked)
		got, damaged := answer.Observations, answer.Damaged
		if err != nil {
			if fault.NameOf(err) != fault.Malformed || got != nil || damaged != nil {
				t.Fatalf("error %v with %v and %v", err, got, damaged)
			}
			return
		}
		for i, o := range got {
			if !asked.Contains(o.Day) || i > 0 && got[i-1].Key == o.Key && got[i-1].Day >= o.Day {
				t.Fatalf("observation %v after %v", o, got[max(0, i-1)])
			}
		}
		if bytes.ContainsAny(body, "\"\r") || len(answer.Failed) > 0 {
			return
		}
		days := map[string]bool{}
		header, text, _ := strings.Cut(strings.TrimLeft(string(body), "\n"), "\n")
		for line := range strings.Lines(text) {
			cells := map[string]string{}
			names := strings.Split(header, ",")
			for i, cell := range strings.Split(strings.TrimSuffix(line, "\n"), ",") {
				if _, taken := cells[names[i]]; !taken {
					cells[names[i]] = cell
				}
				if line == "\n" {
					break
				}
			}
			if number, err := source.Decimal(cells["OBS_VALUE"]); err != nil || number != "" {
				days[cells["KEY"]+cells["TIME_PERIOD"]] = true
			}
		}
		if len(got)+len(damaged) != len(days) {
			t.Fatalf("%d observations and %d damaged of %d days with a value", len(got), len(damaged), len(days))
		}
	})
}
