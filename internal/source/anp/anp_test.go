package anp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/anp"
	"lacuna/internal/source/sourcetest"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func series(code string) source.Series {
	return source.Series{Key: code, Code: code, Fields: []string{"value"}}
}

func price(code string, week span.Day, value string) source.Observation {
	return source.Observation{Key: code, Day: week, Fields: row.Fields{{Name: "value", Value: value}}}
}

// The publisher's weeks, and the first one that has a workbook of its own.
var (
	first       = span.Date(2012, 12, 30)
	last        = span.Date(2026, 3, 8)
	firstWeekly = span.Date(2021, 12, 26)
	all         = span.Span{From: first, To: last}
)

// requests says which ranges the requests of a Fetch are for, of a series that
// has every week but those of August to October 2020 and one of 2015.
func requests(days span.Span) []span.Span {
	var list, missing []span.Span
	listed := map[int]bool{}
	week := func(sunday span.Day) {
		one := span.Span{From: sunday, To: sunday}
		year, _, _ := (sunday + 6).Date()
		switch {
		case sunday >= firstWeekly && sunday <= last:
			list = append(list, one)
			return
		case sunday < firstWeekly: // the folder is not there, so neither is its listing
			list = append(list, span.Span{}, span.Span{})
			if listed[year] {
				list = list[:len(list)-1]
			}
		default:
			list = append(list, one)
			for range 3 { // 22 files on two pages, and an empty one
				if !listed[year] {
					list = append(list, span.Span{From: span.Date(year, 1, 1) - 6, To: span.Date(year, 12, 31) - 6})
				}
			}
		}
		listed[year] = true
		missing = append(missing, one)
	}
	var weeks []span.Day
	for d := days.From; d <= days.To; d++ {
		if (d-first)%7 == 0 {
			weeks = append(weeks, d)
		}
	}
	if len(weeks) <= 4 {
		for _, sunday := range weeks {
			week(sunday)
		}
		if missing != nil {
			list = append(list, all)
		}
		return list
	}
	list = append(list, all)
	for _, sunday := range weeks[len(weeks)-4:] {
		if sunday > last {
			week(sunday)
		}
	}
	return list
}

func suite(days span.Span, faults ...sourcetest.FaultCase) sourcetest.Suite {
	fewWeeks := publisher.NewData(publisher.Today)
	fewWeeks.WeeksSince(span.Date(2025, 8, 3))
	return sourcetest.Suite{
		Source:   publisher.ANP,
		Open:     func(c *source.Client) source.Source { return anp.New(c) },
		Series:   series("ETANOL HIDRATADO"), // in each workbook the first one
		Days:     days,
		Empty:    span.Span{From: span.Date(2020, 8, 23), To: span.Date(2020, 9, 13)},
		Data:     fewWeeks,
		Requests: requests,
		Faults:   faults,
	}
}

// Five weeks are in the workbook of all weeks.
func TestSource(t *testing.T) {
	sourcetest.Run(t, suite(span.Span{From: span.Date(2026, 2, 8), To: span.Date(2026, 3, 8)},
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.NotDecimal}, Want: sourcetest.Whole},
		// A workbook of all weeks has no range that it could miss, and is never without rows.
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.OtherDays}, Want: sourcetest.Whole},
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.AllDays}, Want: sourcetest.Whole},
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.NoRows}, Err: fault.Malformed, Want: sourcetest.Nothing},
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.Product}, Want: sourcetest.Without},
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.Unit}, Want: sourcetest.Without, Damaged: 1},
		sourcetest.FaultCase{Fault: publisher.Fault{Kind: publisher.MovedHeader}, Want: sourcetest.Whole},
	))
}

func open(t *testing.T, data *publisher.Data) (*anp.Source, *publisher.Publisher) {
	t.Helper()
	p, err := publisher.Start(publisher.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return anp.New(client(t, p.URL(publisher.ANP))), p
}

func client(t *testing.T, address string) *source.Client {
	t.Helper()
	c, err := source.NewClient(address, time.Minute, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// files returns the names of the files asked for, without their folders but
// listings whole.
func files(p *publisher.Publisher) []string {
	var list []string
	for _, r := range p.Requests(publisher.ANP) {
		name := r.File
		if !strings.Contains(name, "?") {
			name = path.Base(name)
		}
		list = append(list, name)
	}
	return list
}

func weeks(from, to span.Day) span.Span { return span.Span{From: from, To: to} }

// Every week of every product is in one workbook.
func TestEveryWeek(t *testing.T) {
	src, p := open(t, publisher.NewData(publisher.Today))
	var asked source.Request
	var want []source.Observation
	for _, code := range []string{"ETANOL HIDRATADO", "GASOLINA COMUM", "GLP", "GNV", "OLEO DIESEL", "OLEO DIESEL S10"} {
		asked.Series = append(asked.Series, series(code))
		for _, o := range p.Observations(publisher.ANP, code) {
			want = append(want, price(code, o.Day, o.Values[0]))
		}
	}
	asked.Span = all
	got, err := src.Fetch(t.Context(), asked)
	if diff := cmp.Diff(source.Answer{Observations: want, Requests: 1}, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
	}
	if len(want) != 5*680+679 {
		t.Errorf("%d weeks, want %d", len(want), 5*680+679)
	}
}

// Regions and states are series of the same request. Their prices here are made up.
func TestPlacesTogether(t *testing.T) {
	const region, state, other = "OLEO DIESEL/REGIAO/SUDESTE", "OLEO DIESEL/UF/SAO PAULO", "OLEO DIESEL/UF/ACRE"
	data := publisher.NewData(publisher.Today)
	for i, code := range []string{region, state, other} {
		var list []publisher.Observation
		for week := firstWeekly - 14; week <= last; week += 7 {
			list = append(list, publisher.Observation{Day: week, Values: []string{strconv.Itoa(i+1) + ".25"}})
		}
		data.Add(publisher.ANP, code, list)
	}
	src, p := open(t, data)
	for _, tt := range []struct {
		name  string
		days  span.Span
		files []string
	}{
		{"two weeks", weeks(last-7, last), []string{"resumo_semanal_lpc_2026-03-01_2026-03-07.xlsx", "resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx"}},
		{"many weeks", weeks(firstWeekly-14, last), []string{"semanal-brasil-desde-2013.xlsx", "semanal-regioes-desde-2013.xlsx", "semanal-estados-desde-2013.xlsx"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(files(p))
			asked := source.Request{Span: tt.days}
			var want []source.Observation
			for _, code := range []string{"OLEO DIESEL", region, state} {
				asked.Series = append(asked.Series, series(code))
				for _, o := range data.Observations(publisher.ANP, code) {
					if tt.days.Contains(o.Day) {
						want = append(want, price(code, o.Day, o.Values[0]))
					}
				}
			}
			got, err := src.Fetch(t.Context(), asked)
			if diff := cmp.Diff(source.Answer{Observations: want, Requests: len(tt.files)}, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(tt.files, files(p)[before:]); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// What one workbook, or one sheet, lacks is an error of the series that need it.
func TestOneWorkbookFailsAlone(t *testing.T) {
	const national, region, state = "OLEO DIESEL", "OLEO DIESEL/REGIAO/SUDESTE", "OLEO DIESEL/UF/SAO PAULO"
	data := publisher.NewData(publisher.Today) // without any region
	var weeks []publisher.Observation
	for week := last - 35; week <= last; week += 7 {
		weeks = append(weeks, publisher.Observation{Day: week, Values: []string{"2.25"}})
	}
	data.Add(publisher.ANP, state, weeks)
	for _, tt := range []struct {
		name   string
		codes  []string
		days   span.Span
		fault  publisher.Fault // of the second request
		failed map[string]string
		err    string
	}{
		{name: "not there", codes: []string{national, region, state}, days: span.Span{From: last - 35, To: last},
			failed: map[string]string{region: "semanal-regioes-desde-2013.xlsx: Source.Rejected: it is not there, by no name"}},
		{name: "a sheet without the week", codes: []string{national, region, state}, days: span.Span{From: last, To: last},
			failed: map[string]string{region: "week 2026-03-08: Source.Malformed: sheet REGIOES: no row of the week"}},
		{name: "down: nothing more is asked", codes: []string{national, region, state}, days: span.Span{From: last - 35, To: last}, fault: publisher.Fault{Kind: publisher.HTML},
			failed: map[string]string{region: "semanal-regioes-desde-2013.xlsx: Source.Unavailable", state: "semanal-regioes-desde-2013.xlsx: Source.Unavailable"}},
		{name: "all of them", codes: []string{region}, days: span.Span{From: last - 35, To: last},
			err: "anp 2026-02-01/2026-03-08: semanal-regioes-desde-2013.xlsx: Source.Rejected: it is not there, by no name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src, p := open(t, data)
			if tt.fault.Kind != "" {
				tt.fault.Source, tt.fault.Skip = publisher.ANP, 1
				if err := p.Fail(tt.fault); err != nil {
					t.Fatal(err)
				}
			}
			asked, want := source.Request{Span: tt.days}, []source.Observation(nil)
			for _, code := range tt.codes {
				asked.Series = append(asked.Series, series(code))
				if tt.failed[code] != "" {
					continue
				}
				for _, o := range data.Observations(publisher.ANP, code) {
					if tt.days.Contains(o.Day) {
						want = append(want, price(code, o.Day, o.Values[0]))
					}
				}
			}
			got, err := src.Fetch(t.Context(), asked)
			if sourcetest.ErrText(err) != tt.err {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(want, got.Observations, cmpopts.EquateEmpty()); diff != "" && tt.err == "" {
				t.Errorf("observations (-want +got):\n%s", diff)
			}
			if len(got.Failed) != len(tt.failed) {
				t.Errorf("%d series failed, want %d", len(got.Failed), len(tt.failed))
			}
			for code, want := range tt.failed {
				if text := sourcetest.ErrText(got.Failed[code]); !strings.HasPrefix(text, want) {
					t.Errorf("%s failed with %s, want %s", code, text, want)
				}
			}
			if n := len(files(p)); tt.fault.Kind != "" && n != 2 {
				t.Errorf("%d requests, want 2: %q", n, files(p))
			}
		})
	}
}

// Which files are asked for, and what faults of weekly workbooks come to.
func TestFewWeeks(t *testing.T) {
	const exact, listed = "resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx", "resumo_semanal_lpc_2026-03-08-2026-03-14.xlsx"
	pages := []string{"arquivos-lpc/2026/?b_start:int=0", "arquivos-lpc/2026/?b_start:int=20", "arquivos-lpc/2026/?b_start:int=40"}
	week := weeks(last, last)
	published := []source.Observation{price("GLP", last, "109.89")}
	tests := []struct {
		name    string
		days    span.Span
		fault   publisher.Kind
		files   []string
		want    []source.Observation
		warning string
		err     fault.Name
	}{
		{name: "the exact name", days: week, files: []string{exact}, want: published},
		{name: "days without a Sunday", days: weeks(last+1, last+6)},
		{name: "another name", days: week, fault: publisher.Renamed, files: append(append([]string{exact}, pages...), listed), want: published},
		{name: "other names of the workbook of all weeks", days: weeks(first, first+28), fault: publisher.Renamed, files: []string{"semanal-brasil-desde-2013.xlsx",
			"precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal/?b_start:int=0", "precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal/?b_start:int=20",
			"semanal-brasil-desde-2013-2.xlsx"}, want: []source.Observation{
			price("GLP", first, "40.113"), price("GLP", first+7, "40.143"), price("GLP", first+14, "40.104"), price("GLP", first+21, "40.233"), price("GLP", first+28, "40.222")}},
		{name: "a moved header", days: week, fault: publisher.MovedHeader, files: []string{exact}, want: published},
		{name: "a week without GLP", days: weeks(span.Date(2022, 9, 18), span.Date(2022, 9, 18)), files: []string{"resumo_semanal_lpc_2022-09-18_2022-09-24.xlsx"},
			warning: `GLP: "GLP" is not in the workbook of the week for the week of 2022-09-18, which has ETANOL HIDRATADO, GASOLINA ADITIVADA, GASOLINA COMUM, GNV, OLEO DIESEL, OLEO DIESEL S10`},
		{name: "a week before there were weekly workbooks", days: weeks(first, first), want: []source.Observation{price("GLP", first, "40.113")},
			files: []string{"resumo_semanal_lpc_2012-12-30_2013-01-05.xlsx", "arquivos-lpc/2013/?b_start:int=0", "semanal-brasil-desde-2013.xlsx"}},
		{name: "a week to come", days: weeks(last+7, last+7), files: append(append([]string{"resumo_semanal_lpc_2026-03-15_2026-03-21.xlsx"}, pages...), "semanal-brasil-desde-2013.xlsx")},
		{name: "half a workbook", days: week, fault: publisher.CutBody, files: []string{exact}, err: fault.Malformed},
		{name: "another column", days: week, fault: publisher.Columns, files: []string{exact}, err: fault.Malformed},
		{name: "an HTML page", days: week, fault: publisher.HTML, files: []string{exact}, err: fault.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, p := open(t, publisher.NewData(publisher.Today))
			if tt.fault != "" {
				if err := p.Fail(publisher.Fault{Kind: tt.fault, Source: publisher.ANP}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{series("GLP")}, Span: tt.days})
			if (err == nil) != (tt.err == "") || err != nil && fault.NameOf(err) != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			want := source.Answer{Observations: tt.want, Requests: len(tt.files)}
			if tt.warning != "" {
				want.Warnings = []string{tt.warning}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Fetch mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.files, files(p), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// A product that has another name is named, whichever workbook lacks it; its weeks
// are not mentioned.
func TestARenamedProduct(t *testing.T) {
	since := func(from span.Day) publisher.Fault {
		return publisher.Fault{Kind: publisher.Product, Source: publisher.ANP, Span: weeks(from, last)}
	}
	const others = "which has ETANOL HIDRATADO NOVO, GASOLINA ADITIVADA, GASOLINA COMUM, GLP, GNV, OLEO DIESEL, OLEO DIESEL S10"
	ethanol := func(week span.Day, value string) source.Observation { return price("ETANOL HIDRATADO", week, value) }
	for _, tt := range []struct {
		name    string
		fault   publisher.Fault
		days    span.Span
		want    []source.Observation
		warning string
	}{
		{"in the workbook of a week", since(last), weeks(last, last), nil,
			`ETANOL HIDRATADO: "ETANOL HIDRATADO" is not in the workbook of the week for the week of 2026-03-08, ` + others},
		{"in all weeks", since(first), weeks(last-28, last), nil,
			`ETANOL HIDRATADO: "ETANOL HIDRATADO" is not in the workbook of all weeks for the week of 2026-03-08, ` + others},
		{"in the last weeks", since(last - 20), weeks(last-28, last), []source.Observation{ethanol(last-28, "4.65"), ethanol(last-21, "4.65")},
			`ETANOL HIDRATADO: "ETANOL HIDRATADO" is not in the workbook of all weeks for the week of 2026-03-08, ` + others},
		{"after the weeks asked for", since(last), weeks(last-35, last-28), []source.Observation{ethanol(last-35, "4.64"), ethanol(last-28, "4.65")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src, p := open(t, publisher.NewData(publisher.Today))
			if err := p.Fail(tt.fault); err != nil {
				t.Fatal(err)
			}
			got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{series("ETANOL HIDRATADO"), series("GNV")}, Span: tt.days})
			if err != nil {
				t.Fatal(err)
			}
			got.Observations = slices.DeleteFunc(got.Observations, func(o source.Observation) bool { return o.Key == "GNV" })
			if diff := cmp.Diff(tt.want, got.Observations, cmpopts.EquateEmpty()); diff != "" || got.Damaged != nil || got.Empty != nil {
				t.Errorf("%+v, mismatch (-want +got):\n%s", got, diff)
			}
			if diff := cmp.Diff(tt.warning, strings.Join(got.Warnings, "; ")); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// The workbook of a week that has rows of another alone, none, or all.
func TestAWorkbookOfTheWrongWeek(t *testing.T) {
	for kind, want := range map[publisher.Kind]fault.Name{publisher.OtherDays: fault.Malformed, publisher.NoRows: fault.Malformed, publisher.AllDays: ""} {
		src, p := open(t, publisher.NewData(publisher.Today))
		if err := p.Fail(publisher.Fault{Kind: kind, Source: publisher.ANP}); err != nil {
			t.Fatal(err)
		}
		got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{series("GNV")}, Span: weeks(last-7, last)})
		if want != "" && fault.NameOf(err) != want || want == "" && (err != nil || len(got.Observations) != 0 || len(got.Damaged) < 600) {
			t.Errorf("%s: %d observations, %d damaged, error %v, want %q", kind, len(got.Observations), len(got.Damaged), err, want)
		}
	}
}

// A row that cannot be right, in the workbook of a week.
func TestDamagedWeeklyRows(t *testing.T) {
	for kind, damaged := range map[publisher.Kind]int{publisher.Twice: 0, publisher.Conflict: 1, publisher.Outside: 1, publisher.Unit: 1} {
		src, p := open(t, publisher.NewData(publisher.Today))
		if err := p.Fail(publisher.Fault{Kind: kind, Source: publisher.ANP}); err != nil {
			t.Fatal(err)
		}
		got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{series("ETANOL HIDRATADO")}, Span: weeks(last, last)})
		if err != nil || len(got.Damaged) != damaged {
			t.Errorf("%s: %+v, error %v, want %d damaged", kind, got, err, damaged)
		}
	}
}

// The workbook of all weeks is three weeks behind those of a week.
func TestBehind(t *testing.T) {
	_, now := open(t, publisher.NewData(publisher.Today))
	_, then := open(t, publisher.NewData(last-14))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/shlp/") {
			then.Handler().ServeHTTP(w, r)
		} else {
			now.Handler().ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	days := weeks(last-70, last)
	got, err := anp.New(client(t, server.URL+"/anp/pt-br")).Fetch(t.Context(), source.Request{Series: []source.Series{series("GNV")}, Span: days})
	var want []source.Observation
	for _, o := range now.Observations(publisher.ANP, "GNV") {
		if days.Contains(o.Day) {
			want = append(want, price("GNV", o.Day, o.Values[0]))
		}
	}
	asked := append(files(then), files(now)...)
	if diff := cmp.Diff(source.Answer{Observations: want, Requests: len(asked)}, got, cmpopts.EquateEmpty()); diff != "" || err != nil || len(want) != 11 {
		t.Errorf("error %v, mismatch (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff([]string{"semanal-brasil-desde-2013.xlsx", "resumo_semanal_lpc_2026-02-22_2026-02-28.xlsx",
		"resumo_semanal_lpc_2026-03-01_2026-03-07.xlsx", "resumo_semanal_lpc_2026-03-08_2026-03-14.xlsx"}, asked); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFetchRejectsWithoutAsking(t *testing.T) {
	src := anp.New(sourcetest.Canned(t, http.StatusOK, nil))
	pair := source.Series{Key: "X", Code: "GLP", Fields: []string{"min", "max"}}
	for name, one := range map[string]source.Series{"two fields": pair, "no such product": series("COAL"), "no such state": series("GLP/UF/SP")} {
		answer, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{one}, Span: all})
		if fault.NameOf(err) != fault.Rejected || answer.Requests != 0 || !strings.Contains(err.Error(), one.Key) {
			t.Errorf("%s: error %v after %d requests, want Rejected after none", name, err, answer.Requests)
		}
	}
	if answer, err := src.Fetch(t.Context(), source.Request{Span: all}); err != nil || answer.Requests != 0 {
		t.Errorf("no series: %+v, error %v", answer, err)
	}
}

// What an answer that is no workbook means.
func TestOtherAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
		want       fault.Name
	}{
		{"a 404 without words", "", 404, fault.Rejected},
		{"a refusal", `{"message":"no"}`, 403, fault.Rejected},
		{"text", "DATA INICIAL;DATA FINAL", 200, fault.Malformed},
		{"JSON with 200", "{}", 200, fault.Malformed},
		{"no bytes", "", 200, fault.Malformed},
		{"half a ZIP", "PK\x03\x04", 200, fault.Malformed},
		{"not there, and no listing either", `{"type":"NotFound"}`, 404, fault.Rejected}, // the workbook of all weeks has to be there
	} {
		src := anp.New(sourcetest.Canned(t, tt.status, []byte(tt.body)))
		got, err := src.Fetch(t.Context(), source.Request{Series: []source.Series{series("GLP")}, Span: weeks(last, last)})
		if fault.NameOf(err) != tt.want || got.Observations != nil {
			t.Errorf("%s: %+v, error %v, want %s", tt.name, got, err, tt.want)
		}
	}
}

// A 404 that was broken off does not say that there is no such file or folder.
func TestNotFoundBrokenOff(t *testing.T) {
	for _, file := range []bool{true, false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".xlsx") == file {
				w.Header().Set("Content-Length", "100")
			}
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte("{}"))
		}))
		got, err := anp.New(client(t, server.URL)).Fetch(t.Context(), source.Request{Series: []source.Series{series("GLP")}, Span: weeks(last, last)})
		server.Close()
		if fault.NameOf(err) != fault.Unavailable {
			t.Errorf("that of a file: %t: %+v, error %v, want it Unavailable", file, got, err)
		}
	}
}

// listed serves a listing in the place of every workbook that is not there.
func listed(t *testing.T, page func(folder string, start int) string) *anp.Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".xlsx") {
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte("{}"))
			return
		}
		start, err := strconv.Atoi(r.URL.Query().Get("b_start:int"))
		if err != nil {
			t.Error(err)
		}
		w.Write([]byte(page(strings.TrimSuffix(r.URL.Path, "/"), start)))
	}))
	t.Cleanup(server.Close)
	return anp.New(client(t, server.URL))
}

// What is in the place of a listing, or in it, and cannot be right.
func TestListings(t *testing.T) {
	for _, tt := range []struct {
		name     string
		page     func(folder string, start int) string
		want     fault.Name
		requests int
	}{
		{"a page about maintenance", func(string, int) string { return "<html>Em manutenção</html>" }, fault.Unavailable, 2},
		{"more names than can be", func(folder string, start int) string {
			page := "<html>" + folder
			for i := range 1500 {
				page += fmt.Sprintf(" %d-%d.xlsx", start, i)
			}
			return page
		}, fault.Malformed, 3},
		{"a name that leads nowhere", func(folder string, _ int) string {
			return "<html>" + folder + "/resumo_semanal_lpc_2026-03-08_2026-03-14-1.xlsx"
		}, fault.Unavailable, 4},
		{"names of other weeks", func(folder string, _ int) string {
			return "<html>" + folder + "/resumo_semanal_lpc_2026-03-01_2026-03-07.xlsx " + folder + "/revendas_lpc_2026-03-08_2026-03-14.xlsx"
		}, fault.Rejected, 6}, // neither is the workbook of all weeks there
	} {
		got, err := listed(t, tt.page).Fetch(t.Context(), source.Request{Series: []source.Series{series("GLP")}, Span: weeks(last, last)})
		if fault.NameOf(err) != tt.want || got.Requests != tt.requests {
			t.Errorf("%s: %+v, error %v, want %s after %d requests", tt.name, got, err, tt.want, tt.requests)
		}
	}
}

// Of a listing's links the names of workbooks count, below its own folder: where a
// link leads is the server's word, and is not followed.
func TestLinksOfAListingLeadNowhereElse(t *testing.T) {
	const name = "resumo_semanal_lpc_2026-03-08_2026-03-14-1.xlsx"
	asked := map[string]bool{}
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("another host is asked for %s", r.RequestURI) }))
	defer other.Close()
	var folder string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path] = true
		if r.URL.Query().Has("b_start:int") {
			folder = strings.TrimSuffix(r.URL.Path, "/")
			for _, link := range []string{other.URL, "//169.254.169.254", "http://localhost", "..", "/../..", "%2e%2e", "https://www.gov.br@evil.example", folder + "/../../.."} {
				fmt.Fprintf(w, `<html><a href="%s/%s">%s</a>%s`, link, name, name, folder)
			}
			return
		}
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte("{}"))
	}))
	defer server.Close()
	week := span.Date(2026, 3, 8)
	_, err := anp.New(client(t, server.URL)).Fetch(t.Context(), source.Request{Series: []source.Series{series("GLP")}, Span: weeks(week, week)})
	if fault.NameOf(err) != fault.Unavailable || !asked[folder+"/"+name] {
		t.Errorf("asked for %v, error %v", asked, err)
	}
	for path := range asked {
		if !strings.HasPrefix(path, folder+"/") {
			t.Errorf("asked for %s, which is not below %s", path, folder)
		}
	}
}
