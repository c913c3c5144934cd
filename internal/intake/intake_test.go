package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/catalogue"
	"lacuna/internal/export"
	"lacuna/internal/intake"
	"lacuna/internal/notation"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

const series = `version: 1
sources: {ecb: {}, bcb-ptax: {}}
series:
- {key: ECB#USD, title: A, source: ecb, code: USD, unit: USD, calendar: target, since: 2025-01-02, aliases: [OLD#USD], checks: {value: {min: 0.5, max: 2}}}
- {key: FX#USD, title: B, source: bcb-ptax, code: USD, unit: BRL, calendar: brazil-bank, since: 2025-01-02, fields: [buy, sell]}
`

func parsed(tb testing.TB) *catalogue.Catalogue {
	tb.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(series), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// file writes a file of that name.
func file(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

// take imports a file, and returns what it came to in short.
func take(t *testing.T, s intake.Store, with func(*intake.Importer, *intake.Reader), path string) (report intake.Report, said string) {
	t.Helper()
	im := intake.Importer{Catalogue: parsed(t), Store: s, Now: now}
	r := intake.Reader{Catalogue: im.Catalogue}
	if with != nil {
		with(&im, &r)
	}
	if err := im.Take(t.Context(), r.Lines(path)); err != nil {
		return report, strings.ReplaceAll(err.Error(), path, filepath.Base(path))
	}
	report = im.Report()
	var words []string
	for _, c := range report.Series {
		for _, n := range []struct {
			what string
			n    int
		}{{"new", c.New}, {"equal", c.Equal}, {"different", c.Different}, {"revised", c.Revised}, {"suspect", c.Suspect}, {"empty", c.Empty}, {"outside", c.Outside}} {
			if n.n > 0 {
				words = append(words, fmt.Sprint(c.Key, " ", n.what, " ", n.n))
			}
		}
	}
	for _, u := range report.Unknown {
		words = append(words, fmt.Sprint("unknown ", u.Key, " ", u.Near))
	}
	return report, strings.Join(words, ", ")
}

// storedIn returns the rows of a store in short.
func storedIn(t *testing.T, s store.Store) string {
	t.Helper()
	var lines []string
	for _, key := range []string{"ECB#USD", "FX#USD"} {
		rows, err := s.Rows(t.Context(), key, ever)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			lines = append(lines, fmt.Sprint(key, " ", r.Day, " ", r.Status, " ", r.Fields))
		}
	}
	return strings.Join(lines, "\n")
}

func TestFiles(t *testing.T) {
	const twoDays = "ECB#USD 2026-06-01 observed value 1.10\nECB#USD 2026-06-02 observed value 1.2"
	brazil := func(_ *intake.Importer, r *intake.Reader) { r.Dialect = output.Locales["pt-BR"] }
	dates := func(form string) func(*intake.Importer, *intake.Reader) {
		return func(_ *intake.Importer, r *intake.Reader) {
			var err error
			if r.Dates, err = notation.ParseDates(form); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name, text string
		with       func(*intake.Importer, *intake.Reader)
		want       string // what it comes to, or the error
		stored     string
	}{
		{"a.csv", "info_type,date,status,value\nECB#USD,2026-06-01,observed,1.10\nECB#USD,2026-06-02,observed,1.2\n", nil, "ECB#USD new 2", twoDays},
		{"bom and CRLF.csv", "\ufeffinfo_type,date,value\r\n\"ECB#USD\",2026-06-01,1.10\r\nECB#USD,2026-06-02,1.2\r\n", nil, "ECB#USD new 2", twoDays},
		{"alias and any order.csv", "value,date,info_type\n1.2,2026-06-02,OLD#USD\n1.10,2026-06-01,ECB#USD\n1.1,2026-06-01,ECB#USD\n", nil, "ECB#USD new 2, ECB#USD equal 1", twoDays},
		{"brazil.csv", "info_type;date;value\nECB#USD;2026-06-01;1,10\nECB#USD;2026-06-02;1,2\n", brazil, "ECB#USD new 2", twoDays},
		{"as a spreadsheet saves it.csv", "info_type,date,value\nECB#USD,01/06/2026,1.10\nECB#USD,02/06/2026,1.2\n", dates("dd/MM/yyyy"), "ECB#USD new 2", twoDays},
		{"wide, as a spreadsheet saves it.csv", "day,ECB#USD\n1-jun-26,1.10\n2-jun-26,1.2\n", dates("d-MMM-yy"), "ECB#USD new 2", twoDays},
		{"names.csv", "dia,preco,nota\n2026-06-01,1.10,x\n2026-06-02,1.2,\n", func(_ *intake.Importer, r *intake.Reader) {
			r.Series, r.Names = "DOLLAR", intake.Names{"dia": "date", "preco": "value", "nota": "", "DOLLAR": "ECB#USD"}
		}, "ECB#USD new 2", twoDays},
		{"wide.csv", "day,ECB#USD,FX#USD.buy,FX#USD.sell\n2026-06-01,1.10,,\n2026-06-02,1.2,5.1,5.2\n", nil, "ECB#USD new 2, FX#USD new 1", twoDays + "\nFX#USD 2026-06-02 observed buy 5.1, sell 5.2"},
		{"info_type=ECB%23USD/year=2026/rows.csv", "date,value\n2026-06-01,1.10\n2026-06-02,1.2\n", nil, "ECB#USD new 2", twoDays},
		{"a.jsonl", `{"info_type":"ECB#USD","date":"2026-06-01","status":"observed","fields":{"value":"1.10"}}` + "\n\n" + `{"info_type":"ECB#USD","date":"2026-06-02","fields":{"value":1.2}}`, nil, "ECB#USD new 2", twoDays},
		{"flat.ndjson", `{"date":"2026-06-01","info_type":"ECB#USD","value":"1.10"}` + "\n" + `{"info_type":"ECB#USD","date":"2026-06-02","value":1.2,"status":null}`, nil, "ECB#USD new 2", twoDays},

		{"no values.csv", "info_type,date,status,value\nECB#USD,2026-06-01,absent,\nECB#USD,2026-06-02,missing,\nECB#USD,2026-06-03,quarantined,9\n", nil, "ECB#USD empty 3", ""},
		{"a holiday, and before the series.csv", "info_type,date,value\nECB#USD,2026-05-01,1.1\nECB#USD,2001-01-02,1.1\n", nil, "ECB#USD new 2, ECB#USD outside 2", "ECB#USD 2001-01-02 observed value 1.1\nECB#USD 2026-05-01 observed value 1.1"},
		{"a value that no check believes.csv", "info_type,date,value\nECB#USD,2026-06-01,110\n", nil, "ECB#USD new 1, ECB#USD suspect 1", "ECB#USD 2026-06-01 incomplete value 110"},
		{"half a day.csv", "info_type,date,buy\nFX#USD,2026-06-01,5.1\n", nil, "FX#USD new 1, FX#USD suspect 1", "FX#USD 2026-06-01 incomplete buy 5.1"},
		{"unknown.csv", "info_type,date,value\nECB#UDS,2026-06-01,1\nECB#USD,2026-06-01,1.10\nECB#UDS,2026-06-02,1\n", nil, "ECB#USD new 1, unknown ECB#UDS [ECB#USD]", "ECB#USD 2026-06-01 observed value 1.10"},
		{"empty.csv", "", nil, "", ""},

		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,1.10\n", dates("dd/MM/yyyy"), "e.csv:2: day \"2026-06-01\" is not dd/MM/yyyy; it could be yyyy-MM-dd: another --dates?", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,1.10\nECB#USD,2026-06-31,1.10\n", nil, "e.csv:3: day \"2026-06-31\": no such date", "ECB#USD 2026-06-01 observed value 1.10"},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,\"1.10\n", nil, "e.csv:2: a quote is not closed in its line", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,\"1\"1\n", nil, "e.csv:2: cell 3: text behind a closing quote", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01\n", nil, "e.csv:2: 2 cells: the header has 3. Another --delimiter?", ""},
		{"e.csv", "info_type,date,price\nECB#USD,2026-06-01,1\n", nil, "e.csv:2: column \"price\" is no field of ECB#USD, which has value: --map price=value takes it for one, --map price= leaves it out", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,1;2\n", nil, "e.csv:2: ECB#USD value: \"1;2\" is not a decimal number", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,+1.1\n", nil, "e.csv:2: ECB#USD value: \"+1.1\" is not a decimal number", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2026-06-01,1.\n", nil, "e.csv:2: ECB#USD value: \"1.\" is not a decimal number", ""},
		{"e.jsonl", `{"info_type":"ECB#USD","date":"2026-06-01","value":1.1e0}`, nil, "e.jsonl:1: ECB#USD value: \"1.1e0\" is not a decimal number", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","status":"observed","fields":{"value":"+1.1"}}`, nil, "e.jsonl:1: value: \"+1.1\" is not a decimal number", ""},
		{"e.csv", "info_type;date;value\nECB#USD;2026-06-01;1.170\n", brazil, "e.csv:2: ECB#USD value: \"1.170\" is not a decimal number with a comma", ""},
		{"e.csv", "info_type;date;value\nECB#USD;2026-06-01;1.170,00\n", brazil, "e.csv:2: ECB#USD value: \"1.170,00\" is not a decimal number with a comma", ""},
		{"e.csv", "info_type;date;value\nECB#USD;2026-06-01;1,1,0\n", brazil, "e.csv:2: ECB#USD value: \"1,1,0\" is not a decimal number with a comma", ""},
		{"e.csv", "day;ECB#USD\n2026-06-01;1.170\n", brazil, "e.csv:2: ECB#USD value: \"1.170\" is not a decimal number with a comma", ""},
		{"e.csv", "info_type,date,value\nECB#USD,2126-06-01,1\n", nil, "e.csv:2: ECB#USD 2126-06-01 is more than a year in the future", ""},
		{"e.csv", "info_type,date,value,value\n", nil, "e.csv:1: two columns are called \"value\"", ""},
		{"e.csv", "ECB#USD,2026-06-01,1.1\n", nil, "e.csv:1: the header is \"ECB#USD,2026-06-01,1.1\": no column is called info_type or date, or as a field of a series: --map NAME=date names one", ""},
		{"e.csv", "info_type;date;value\r\n", nil, "e.csv:1: the header is \"info_type;date;value\": another --delimiter?", ""},
		{"e.csv", "info_type\tdate\tvalue", nil, "e.csv:1: the header is \"info_type\\tdate\\tvalue\": another --delimiter?", ""},
		{"e.csv", "day;ECB#USD\n2026-06-01;1,1\n", nil, "e.csv:1: the header is \"day;ECB#USD\": another --delimiter?", ""},
		{"e.csv", "info_type,date,value\n", brazil, "e.csv:1: the header is \"info_type,date,value\": another --delimiter?", ""},
		{"e.csv", "dia;preco\n", brazil, "e.csv:1: the header is \"dia;preco\": no column is called info_type or date, or as a field of a series: --map NAME=date names one", ""},
		{"e.csv", "info_type,date,value\rECB#USD,2026-06-01,1.1\r", nil, "e.csv:1: the header is \"info_type,date,value\", and its end a CR alone: save the file with LF or CRLF", ""},
		{"e.csv", "date,value\n2026-06-01,1\n", nil, "e.csv:2: of which series? There is no info_type: --series KEY says it for all lines, or --map NAME=info_type names the column", ""},
		{"e.csv", "info_type,value\nECB#USD,1\n", nil, "e.csv:2: of which day? There is no date: --map NAME=date names the column", ""},
		{"e.csv", "day,ECB#UDS\n2026-06-01,1\n", nil, "e.csv:1: column \"ECB#UDS\" is no series, and none with a field: did you mean ECB#USD?; --map ECB#UDS= leaves it out", ""},
		{"e.csv", "day,ECB#USD,FX#USD.buy\n,,\n2026-06-01,1.10,\n,,5\n", nil, "e.csv:4: FX#USD has a value, and the column day none", "ECB#USD 2026-06-01 observed value 1.10"},
		{"e.csv", "info_type,date,status,value\nECB#USD,2026-06-01,fine,1\n", nil, "e.csv:2: status \"fine\": want observed, absent, incomplete, quarantined or missing", ""},
		{"e.csv", "\xff\xfei\x00n\x00", nil, "e.csv:1: is no UTF-8: save the file as UTF-8", ""},
		{"e.jsonl", `{"info_type":"ECB#USD","date":"2026-06-01","value":[1]}`, nil, "e.jsonl:1: value: want a text or a number; --map value= leaves it out", ""},
		{"e.jsonl", `{"info_type":"ECB#USD"`, nil, "e.jsonl:1: the JSON ends too early", ""},
		{"e.jsonl", `[1]`, nil, "e.jsonl:1: want an object", ""},
		{"e.jsonl", `{"schema_version":2,"info_type":"ECB#USD","date":"2026-06-01","status":"absent"}`, nil, "e.jsonl:1: schema_version 2: this program knows 1", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","status":"absent"}`, nil, "e.jsonl:1: has no date", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":null,"status":"observed","fields":{"value":"1"}}`, nil, "e.jsonl:1: has no date", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","status":"absent","reason":"x","trail":[{"date":"2026-06-01"}]}`, nil, "e.jsonl:1: has no date", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01"}`, nil, "e.jsonl:1: has neither a status nor revisions", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","status":"observed","fields":{"value":"x"}}`, nil, "e.jsonl:1: value: \"x\" is not a decimal number", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"RUN#x","date":"2026-06-01","status":"absent"}`, nil, "unknown RUN#x []", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","status":"observed"}`, nil, "e.jsonl:1: observed without a value", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","status":"absent","fields":{"value":"1"}}`, nil, "e.jsonl:1: absent with a value", ""},
		{"e.jsonl", `{"schema_version":1,"info_type":"ECB#USD","date":"2026-06-01","revisions":[{"status":"observed"}]}`, nil, "e.jsonl:1: observed without a value", ""},
		{"e.txt", "", nil, "e.txt: which format has it? --format csv, jsonl, parquet", ""},
		{"e.parquet", "PAR1 no more", nil, "e.parquet: is no Parquet file, or an encrypted one", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := memory.New()
			if _, got := take(t, s, tt.with, file(t, tt.name, tt.text)); got != tt.want {
				t.Errorf("it came to\n%s, want\n%s", got, tt.want)
			}
			if diff := cmp.Diff(tt.stored, storedIn(t, s)); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsStoredStays(t *testing.T) {
	day := span.Date(2026, 6, 1)
	value := func(text string) row.Fields { return row.Fields{{Name: "value", Value: text}} }
	before := now.AddDate(0, 0, -9)
	accepted := []row.Step{{At: before, Run: "run-1", Answer: "incomplete"}, {At: before, Answer: string(row.Accept), By: "eva", Reason: "so published"}}
	marked := []row.Step{{At: before, Answer: string(row.MarkAbsent), By: "eva", Reason: "strike"}}
	withdrawn := []row.Step{{At: before, Answer: string(row.MarkMissing), By: "eva", Reason: "typo (was observed value 1.3)"}, {At: before, Run: "run-2", Answer: "absent"}}
	tests := []struct {
		name   string
		old    row.Row
		text   string // of the file
		revise bool
		want   string
		stored string
		reason string // of the difference
	}{
		{"equal", row.Row{Status: row.Observed, Fields: value("1.10")}, "1.1", true, "ECB#USD equal 1", "observed value 1.10", ""},
		{"another value", row.Row{Status: row.Observed, Fields: value("1.10")}, "1.2", false, "ECB#USD different 1", "observed value 1.10", ""},
		{"another value that counts", row.Row{Status: row.Observed, Fields: value("1.10")}, "1.2", true, "ECB#USD revised 1", "observed value 1.2", ""},
		{"nothing published", row.Row{Status: row.Absent, Attempts: 1, RetryAt: day + 99}, "1.2", false, "ECB#USD new 1", "observed value 1.2", ""},
		{"the value that was not believed", row.Row{Status: row.Incomplete, Fields: value("1.2"), Reason: "odd"}, "1.2", false, "ECB#USD different 1", "incomplete value 1.2", ""},
		{"the value that was not believed counts", row.Row{Status: row.Quarantined, Fields: value("1.2"), Reason: "odd"}, "1.2", true, "ECB#USD revised 1", "observed value 1.2", ""},
		{"a value that no check believes, again", row.Row{Status: row.Incomplete, Fields: value("110"), Reason: "odd"}, "110", false, "ECB#USD equal 1", "incomplete value 110", ""},
		{"a value that a person has accepted", row.Row{Status: row.Observed, Fields: value("110"), Trail: accepted}, "110", false, "ECB#USD equal 1", "observed value 110", ""},
		{"a value that a person has accepted, to count", row.Row{Status: row.Observed, Fields: value("110"), Trail: accepted}, "110.0", true, "ECB#USD equal 1", "observed value 110", ""},
		{"marked as absent", row.Row{Status: row.Absent, Trail: marked}, "1.2", false, "ECB#USD different 1", "absent ", "mark absent by eva: strike"},
		{"marked as absent, and the file counts", row.Row{Status: row.Absent, Trail: marked}, "1.2", true, "ECB#USD revised 1", "observed value 1.2", "mark absent by eva: strike"},
		{"withdrawn, asked again and in quarantine", row.Row{Status: row.Quarantined, Trail: withdrawn}, "1.2", false, "ECB#USD different 1", "quarantined ", "mark missing by eva: typo (was observed value 1.3)"},
	}
	for _, tt := range tests {
		for _, dry := range []bool{true, false} {
			s := memory.New()
			tt.old.Series, tt.old.Day, tt.old.FetchedAt, tt.old.Run = "ECB#USD", day, before, "run-1"
			if err := s.Change(t.Context(), row.Row{Series: "ECB#USD", Day: day}, tt.old); err != nil {
				t.Fatal(err)
			}
			first := storedIn(t, s)
			path := file(t, "a.csv", "info_type,date,value\nECB#USD,2026-06-01,"+tt.text+"\n")
			report, got := take(t, s, func(im *intake.Importer, _ *intake.Reader) {
				im.DryRun, im.Revise, im.Hand = dry, tt.revise, row.Hand{At: now, By: "ana", Reason: "the bulletin"}
			}, path)
			if got != tt.want {
				t.Errorf("%s: came to %q, want %q", tt.name, got, tt.want)
			}
			if values := report.Series[0].Values; tt.reason != "" && (len(values) != 1 || values[0].Reason != tt.reason) {
				t.Errorf("%s: values %+v, want the reason %q", tt.name, values, tt.reason)
			}
			want := "ECB#USD 2026-06-01 " + tt.stored
			if dry {
				want = first
			}
			if got := storedIn(t, s); got != want {
				t.Errorf("%s, dry run %t: stored %q, want %q", tt.name, dry, got, want)
			}
			revisions, err := s.Revisions(t.Context(), "ECB#USD", ever)
			if err != nil {
				t.Fatal(err)
			}
			revised := !dry && tt.old.Status == row.Observed && tt.want == "ECB#USD revised 1"
			if revised != (len(revisions) == 1) || revised && (revisions[0].ReplacedBy != "ana" || !revisions[0].ReplacedAt.Equal(now)) {
				t.Errorf("%s: revisions %+v", tt.name, revisions)
			}
			rows, err := s.Rows(t.Context(), "ECB#USD", ever)
			if err != nil {
				t.Fatal(err)
			}
			trail := rows[0].Trail
			if !strings.HasSuffix(tt.want, "revised 1") || dry {
				if len(trail) > len(tt.old.Trail) && !strings.HasSuffix(tt.want, "new 1") {
					t.Errorf("%s: trail %+v", tt.name, trail)
				}
				continue
			}
			reason := "the bulletin"
			if len(tt.old.Fields) > 0 {
				reason = fmt.Sprintf("the bulletin (was %s %s)", tt.old.Status, tt.old.Fields)
			}
			want = fmt.Sprint(append(slices.Clone(tt.old.Trail), row.Step{At: now, Answer: "import", By: "ana", Reason: reason}))
			if got := fmt.Sprint(trail); got != want {
				t.Errorf("%s: trail %s, want %s", tt.name, got, want)
			}
		}
	}
}

// lived fills a store with days that have a past.
func lived(tb testing.TB, s store.Store) {
	tb.Helper()
	check := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	ctx := tb.Context()
	day := span.Date(2026, 6, 1)
	pair := func(buy string) row.Fields {
		return row.Fields{{Name: "buy", Value: buy}, {Name: "sell", Value: "5.20"}}
	}
	plain := row.Row{Series: "FX#USD", Day: day, Status: row.Observed, Fields: pair("5.10"), Source: "bcb-ptax", FetchedAt: now, Run: "run-1", Raw: "sha256:ab"}
	check(s.Insert(ctx, []row.Row{plain}))
	asking := row.Asking{At: now.AddDate(0, 0, 1), Run: "run-2", Wanted: true}
	revised, _ := row.Next(plain, row.Answer{Fields: pair("5.110"), Source: "bcb-ptax"}, asking)
	check(s.Change(ctx, plain, revised))
	hand := row.Hand{At: now.AddDate(0, 0, 2), By: "ana \"x\"", Reason: "bul\u00e9 <tim>"}
	missing, err := row.Decide(revised, row.MarkMissing, hand, nil)
	check(err)
	check(s.Change(ctx, revised, missing))
	none := row.Row{Series: "FX#USD", Day: day + 1}
	absent, _ := row.Next(none, row.Answer{Source: "bcb-ptax"}, asking)
	check(s.Change(ctx, none, absent))
	none.Day++
	odd, _ := row.Next(none, row.Answer{Fields: pair("900"), Reason: "too large", Source: "bcb-ptax"}, asking)
	check(s.Change(ctx, none, odd))
	none.Day++
	held := odd
	held.Day, held.Status, held.RetryAt, held.Attempts = none.Day, row.Quarantined, 0, 6
	check(s.Change(ctx, none, held))
	check(s.Restore(ctx, row.Row{Series: "FX#USD", Day: day - 5}, []row.Revision{{Row: func() row.Row { r := plain; r.Day = day - 5; return r }(), ReplacedAt: now, ReplacedBy: "run-9"}}))
	other := plain
	other.Series, other.Fields = "NOT#IN#THE#CATALOGUE", row.Fields{{Name: "x", Value: "-0.00"}}
	check(s.Insert(ctx, []row.Row{other}))
}

// whole returns what `export --full` writes of a store.
func whole(tb testing.TB, s export.Rows) string {
	tb.Helper()
	var text bytes.Buffer
	e := export.Exporter{Rows: s, Days: ever, Catalogue: parsed(tb)}
	if err := e.Whole(context.Background(), output.NewScreen(&text).JSONLines(), []string{"ECB#USD", "FX#USD", "NOT#IN#THE#CATALOGUE"}); err != nil {
		tb.Fatal(err)
	}
	return text.String()
}

// ofCatalogue leaves out of a whole export what the catalogue does not have.
func ofCatalogue(text string) string {
	text, _, _ = strings.Cut(text, `{"schema_version":1,"info_type":"NOT#`)
	return text
}

func TestAWholeExportMakesTheSameStore(t *testing.T) {
	for from, open := range map[string]func() store.Store{
		"memory": func() store.Store { return memory.New() },
		"sqlite": func() store.Store {
			s, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"), sqlite.Live)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		},
	} {
		one, two := open(), open()
		lived(t, one)
		text := whole(t, one)
		if n := strings.Count(text, "\n"); n != 6 {
			t.Fatalf("%d lines:\n%s", n, text)
		}
		path := file(t, "full.jsonl", text)
		if _, got := take(t, two, nil, path); got != "FX#USD new 5, unknown NOT#IN#THE#CATALOGUE []" {
			t.Errorf("%s: %s", from, got)
		}
		if diff := cmp.Diff(ofCatalogue(text), whole(t, two)); diff != "" {
			t.Errorf("%s: exported again (-first +second):\n%s", from, diff)
		}
		if _, got := take(t, two, nil, path); got != "FX#USD equal 5, unknown NOT#IN#THE#CATALOGUE []" {
			t.Errorf("%s, again: %s", from, got)
		}
	}
}

func TestWholeLinesThatDiffer(t *testing.T) {
	one, two := memory.New(), memory.New()
	lived(t, one)
	other := row.Row{Series: "FX#USD", Day: span.Date(2026, 6, 1), Status: row.Observed, Fields: row.Fields{{Name: "buy", Value: "1"}, {Name: "sell", Value: "2"}}, FetchedAt: now, Run: "x"}
	if err := two.Insert(t.Context(), []row.Row{other}); err != nil {
		t.Fatal(err)
	}
	path := file(t, "full.jsonl", whole(t, one))
	revise := func(im *intake.Importer, _ *intake.Reader) {
		im.Revise, im.Hand = true, row.Hand{At: now, By: "ana", Reason: "x"}
	}
	for range 2 { // a day that was withdrawn there takes no value away here: that is for mark missing
		report, got := take(t, two, revise, path)
		if !strings.Contains(got, "FX#USD different 1") || !report.Differs() || !report.Left() {
			t.Error(got)
		}
	}
	rows, err := two.Rows(t.Context(), "FX#USD", span.Span{From: other.Day, To: other.Day})
	if err != nil || len(rows) != 1 || !row.Equal(rows[0].Fields, other.Fields) {
		t.Errorf("rows %+v, %v", rows, err)
	}
}

// A day that a person has decided about elsewhere is not the same with an equal value.
func TestWholeLinesWithWordsOfPeople(t *testing.T) {
	day := span.Date(2026, 6, 1)
	held := row.Row{Series: "ECB#USD", Day: day, Status: row.Incomplete, Fields: row.Fields{{Name: "value", Value: "110"}}, Source: "ecb", FetchedAt: now.AddDate(0, 0, -9), Run: "run-1",
		Reason: "too large", Attempts: 1, RetryAt: day + 20, Trail: []row.Step{{At: now.AddDate(0, 0, -9), Run: "run-1", Answer: "incomplete", Reason: "too large"}}}
	accepted, err := row.Decide(held, row.Accept, row.Hand{At: now.AddDate(0, 0, -5), By: "eva", Reason: "so published"}, []string{"value"})
	if err != nil {
		t.Fatal(err)
	}
	absent := row.Row{Series: "ECB#USD", Day: day, Status: row.Absent, FetchedAt: held.FetchedAt, Run: "run-1", RetryAt: day + 20}
	plain := held
	plain.Status, plain.Reason, plain.Attempts, plain.RetryAt, plain.Trail = row.Observed, "", 0, 0, nil
	marked, err := row.Decide(absent, row.MarkAbsent, row.Hand{At: now, By: "eva", Reason: "strike"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name                     string
		here, there              row.Row
		want, revised, andBehind string // as it is, with --revise, and with --revise again
		trail                    string // in the end
	}{
		{"accepted there", held, accepted, "different", "revised", "equal", "[incomplete, quarantine accept by eva: so published, import by ana: as there (was incomplete value 110)]"},
		{"accepted there, observed here", plain, accepted, "different", "revised", "equal", "[quarantine accept by eva: so published, import by ana: as there (was observed value 110)]"},
		{"accepted there, nothing published here", absent, accepted, "new", "equal", "equal", "[quarantine accept by eva: so published, observed]"},
		{"accepted here", accepted, plain, "equal", "equal", "equal", "[incomplete, quarantine accept by eva: so published]"},
		{"accepted here, and never there", accepted, held, "different", "different", "different", "[incomplete, quarantine accept by eva: so published]"},
		{"marked there", absent, marked, "different", "different", "different", "[]"},
		{"marked here", marked, plain, "different", "revised", "equal", "[mark absent by eva: strike, import by ana: as there]"},
	}
	for _, tt := range tests {
		one, two := memory.New(), memory.New()
		for in, r := range map[*memory.Store]row.Row{one: tt.there, two: tt.here} {
			if err := in.Restore(t.Context(), r, nil); err != nil {
				t.Fatal(err)
			}
		}
		path := file(t, "full.jsonl", whole(t, one))
		for i, want := range []string{tt.want, tt.revised, tt.andBehind} {
			_, got := take(t, two, func(im *intake.Importer, _ *intake.Reader) {
				im.Revise, im.Hand = i > 0, row.Hand{At: now, By: "ana", Reason: "as there"}
			}, path)
			if want = "ECB#USD " + want + " 1"; got != want {
				t.Errorf("%s: time %d came to %q, want %q", tt.name, i, got, want)
			}
		}
		rows, err := two.Rows(t.Context(), "ECB#USD", ever)
		if err != nil {
			t.Fatal(err)
		}
		var trail []string
		for _, s := range rows[0].Trail {
			if s.By == "" {
				trail = append(trail, s.Answer)
			} else {
				trail = append(trail, s.String())
			}
		}
		if got := "[" + strings.Join(trail, ", ") + "]"; got != tt.trail {
			t.Errorf("%s: trail %s, want %s", tt.name, got, tt.trail)
		}
	}
}

// stopped is a store that fails after so many changes.
type stopped struct {
	*memory.Store
	left int
}

func (s *stopped) Insert(ctx context.Context, rows []row.Row) error {
	if s.left--; s.left < 0 {
		return context.Canceled
	}
	return s.Store.Insert(ctx, rows)
}

// An import that was stopped goes on when it is called again.
func TestGoesOn(t *testing.T) {
	var text strings.Builder
	text.WriteString("info_type,date,value\n")
	const days = 10_000
	for i := range days {
		fmt.Fprintf(&text, "ECB#USD,%s,1.%d\n", span.Date(1990, 1, 1)+span.Day(i), i+1)
	}
	path := file(t, "a.csv", text.String())
	s := &stopped{memory.New(), 1}
	if _, got := take(t, s, nil, path); got != context.Canceled.Error() {
		t.Fatalf("stopped: %s", got)
	}
	s.left = 99
	report, got := take(t, s, nil, path)
	if c := report.Series[0]; c.Equal == 0 || c.New == 0 || c.Equal+c.New != days {
		t.Errorf("again: %s", got)
	}
	rows, err := s.Rows(t.Context(), "ECB#USD", ever)
	if err != nil || len(rows) != days {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestNamesThatNothingHas(t *testing.T) {
	names := intake.Names{"dia": "date", "preco": "value", "nota": "", "dollar": "ECB#USD", "x": "value"}
	for name, text := range map[string]string{
		"a.csv":   "dia,preco,info_type\n2026-06-01,1.1,dollar\n",
		"a.jsonl": `{"dia":"2026-06-01","preco":1.1,"info_type":"dollar"}`,
	} {
		var reader *intake.Reader
		_, got := take(t, memory.New(), func(_ *intake.Importer, r *intake.Reader) { r.Names, reader = names, r }, file(t, name, text))
		if unmet := reader.Unmet(); got != "ECB#USD new 1" || !slices.Equal(unmet, []string{"nota", "x"}) {
			t.Errorf("%s: %s, unmet %q", name, got, unmet)
		}
	}
}

func TestFilesOfAFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/year=2026/rows.parquet", "b/year=2025/rows.parquet", "a.parquet", "notes.txt"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	notes := filepath.Join(dir, "notes.txt")
	tests := []struct {
		names  []string
		format string
		want   string
	}{
		{[]string{notes, "-", dir}, "", "notes.txt - a.parquet b/year=2025/rows.parquet b/year=2026/rows.parquet"},
		{[]string{filepath.Join(dir, "b", "year=2025")}, "parquet", "b/year=2025/rows.parquet"},
		{[]string{dir}, "csv", " is a folder, of which Parquet files are read: name the files"},
		{[]string{t.TempDir()}, "", " is a folder, of which Parquet files are read: name the files"},
	}
	for _, tt := range tests {
		files, err := (&intake.Reader{Format: tt.format}).Files(tt.names)
		got := filepath.ToSlash(strings.ReplaceAll(strings.Join(files, " "), dir+string(filepath.Separator), ""))
		if err != nil {
			got = strings.TrimPrefix(err.Error(), tt.names[0])
		}
		if got != tt.want {
			t.Errorf("Files(%q) of format %q: %s, want %s", tt.names, tt.format, got, tt.want)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("info_type,date,status,value\nECB#USD,2026-06-01,observed,1.10\n")
	f.Add("day,ECB#USD,FX#USD.buy\n2026-06-01,\"1\"\"\",\n")
	fuzz(f, "csv")
}

func FuzzJSONLines(f *testing.F) {
	s := memory.New()
	lived(f, s)
	for line := range strings.Lines(whole(f, s)) {
		f.Add(line)
	}
	f.Add(`{"info_type":"ECB#USD","date":"2026-06-01","fields":{"value":1.2},"status":null}`)
	fuzz(f, "jsonl")
}

// fuzz imports texts: what was stored is what is written again as a whole, and read again.
func fuzz(f *testing.F, format string) {
	c := parsed(f)
	f.Fuzz(func(t *testing.T, text string) {
		s := memory.New()
		im := intake.Importer{Catalogue: c, Store: s, Now: now}
		r := intake.Reader{Catalogue: c, Format: format, Stdin: strings.NewReader(text)}
		if err := im.Take(t.Context(), r.Lines("-")); err != nil {
			if !strings.Contains(err.Error(), "-") || len(err.Error()) > 2000 {
				t.Errorf("error %q", err)
			}
		}
		first := whole(t, s)
		again := memory.New()
		im = intake.Importer{Catalogue: c, Store: again, Now: now}
		r = intake.Reader{Catalogue: c, Format: "jsonl", Stdin: strings.NewReader(first)}
		if err := im.Take(t.Context(), r.Lines("-")); err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second := whole(t, again); second != first {
			t.Errorf("first\n%s\nsecond\n%s", first, second)
		}
	})
}

func TestReportIsJSON(t *testing.T) {
	im := intake.Importer{Catalogue: parsed(t), Store: memory.New(), Now: now, DryRun: true}
	text, err := json.Marshal(im.Report())
	if want := `{"schema_version":1,"dry_run":true,"series":[],"unknown":[],"unknown_lines":0,"unmet":[]}`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}
