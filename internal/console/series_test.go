package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"
	"lacuna/internal/story"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// cadences are series that differ in what their days are.
const cadences = `version: 1
sources: {bcb-sgs: {}, ecb: {}}
series:
- {key: "A#1", title: "First & <b>bold</b>", source: bcb-sgs, code: "1", unit: "R$", fields: [buy, sell], calendar: target, since: 2023-11-01}
- {key: EMPTY, title: Empty, source: ecb, code: USD, unit: USD, calendar: target, since: 2024-01-02}
- {key: "W/..//x:y", title: Weekly, source: ecb, code: W, unit: USD, calendar: daily, cadence: weekly, since: 2023-12-31}
- {key: MONTHLY, title: Monthly, source: ecb, code: M, unit: "%", calendar: daily, cadence: monthly, since: 2023-10-01}
- {key: LATER, title: Not yet, source: ecb, code: L, unit: "%", calendar: daily, since: 2025-01-01}
- {key: ENDED, title: Ended, source: ecb, code: E, unit: "%", calendar: daily, since: 2023-01-30, until: 2023-02-03}
`

func newSeriesBench(t testing.TB) *bench {
	return newBench(t, cadences, func(o *Options) { rows := o.Rows.(*memory.Store); o.Rows, o.Changer = edited{rows}, rows })
}

// edited has a value that somebody wrote into the database by hand.
type edited struct{ *memory.Store }

// Rows implements Rows.
func (e edited) Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error) {
	list, err := e.Store.Rows(ctx, series, s)
	for i := range list {
		if list[i].Status == row.Quarantined {
			list[i].Fields = pair("999", `1"><img src=x>`)
		}
	}
	return list, err
}

// keep stores rows; each of them is what became of nothing.
func (b *bench) keep(rows ...row.Row) {
	b.t.Helper()
	for _, r := range rows {
		if r.FetchedAt.IsZero() {
			r.FetchedAt = asOf.Add(-24 * time.Hour)
		}
		if err := b.rows.Change(b.t.Context(), row.Row{Series: r.Series, Day: r.Day}, r); err != nil {
			b.t.Fatal(err)
		}
	}
}

// replace puts next in the place of the row that is there.
func (b *bench) replace(next row.Row) {
	b.t.Helper()
	old, err := b.rows.Rows(b.t.Context(), next.Series, span.Span{From: next.Day, To: next.Day})
	if err != nil || len(old) != 1 {
		b.t.Fatalf("%v, %d rows", err, len(old))
	}
	if err := b.rows.Change(b.t.Context(), old[0], next); err != nil {
		b.t.Fatal(err)
	}
}

func dayOf(text string) span.Day {
	d, err := span.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func pair(buy, sell string) row.Fields {
	return row.Fields{{Name: "buy", Value: buy}, {Name: "sell", Value: sell}}
}

// patchy stores days of each state for A#1.
func (b *bench) patchy() {
	at := func(day string) row.Row {
		return row.Row{Series: "A#1", Day: dayOf(day), Status: row.Observed, Fields: pair("4.90", "4.9100"), Source: "bcb-sgs", Run: "run-1"}
	}
	like := func(r row.Row, change func(*row.Row)) row.Row { change(&r); return r }
	b.keep(at("2023-12-28"), at("2024-01-02"), at("2024-01-03"), at("2024-01-04"), at("2024-01-06"),
		like(at("2024-01-05"), func(r *row.Row) { r.Status, r.Fields, r.Reason = row.Absent, nil, "no witness" }),
		like(at("2024-01-08"), func(r *row.Row) {
			r.Status, r.Attempts, r.Reason = row.Quarantined, 6, `<script>alert("x")</script>`+"\x1b[31m\u202e"
			r.Fields = pair("999", "998")
		}),
		like(at("2024-01-09"), func(r *row.Row) {
			r.Status, r.RetryAt, r.Fields = row.Incomplete, dayOf("2024-03-21"), pair("4.9", "4.9")[:1]
		}),
		like(at("2024-01-10"), func(r *row.Row) { r.Status, r.RetryAt, r.Fields, r.Attempts = row.Absent, dayOf("2024-03-21"), nil, 2 }),
		like(at("2024-01-11"), func(r *row.Row) { r.Reason = "withdrawn: gone since 2024-03-01" }),
	)
	revised := at("2024-01-03")
	revised.Fields, revised.FetchedAt, revised.Run = pair("4.95", "4.9500"), asOf.Add(-time.Hour), "run-2"
	revised.Trail = []row.Step{
		{At: asOf.Add(-24 * time.Hour), Run: "run-1", Answer: "observed"},
		{At: asOf.Add(-time.Hour), Run: "run-2", Answer: "revised", Reason: "was buy 4.90, sell 4.9100"},
	}
	b.replace(revised)
}

// Whole pages, without the grid, of which TestGrid has every day.
func TestSeriesPages(t *testing.T) {
	b := newSeriesBench(t)
	b.patchy()
	for d := dayOf("2023-12-31"); d < dayOf("2024-02-20"); d += 7 {
		b.keep(row.Row{Series: "W/..//x:y", Day: d, Status: row.Observed, Fields: row.Fields{{Name: "value", Value: fmt.Sprintf("1.%d", d)}}, Run: "w"})
	}
	b.keep(row.Row{Series: "MONTHLY", Day: dayOf("2023-12-01"), Status: row.Observed, Fields: row.Fields{{Name: "value", Value: "0.5"}}, Run: "m"})
	b.keep(row.Row{Series: "ENDED", Day: dayOf("2023-02-01"), Status: row.Observed, Fields: row.Fields{{Name: "value", Value: "-7"}}, Run: "m"})
	for name, path := range map[string]string{
		"series-empty":    "/series/EMPTY",
		"series-later":    "/series/LATER",
		"series-ended":    "/series/ENDED",
		"series-patchy":   "/series/A%231?day=2024-01-03&field=sell",
		"series-hostile":  "/series/A%231?day=2024-01-08&from=2024-01-01&to=2024-01-31",
		"series-missing":  "/series/A%231?day=2024-01-12",
		"series-closed":   "/series/A%231?day=2024-01-13&year=2023",
		"series-table":    "/series/A%231?view=table",
		"series-weekly":   "/series/W%2F..%2F%2Fx:y",
		"series-monthly":  "/series/MONTHLY?year=2023",
		"series-as-known": "/series/A%231?as_of=2024-03-19&day=2024-01-03",
		"series-nothing":  "/series/A%231?as_of=2024-01-20&day=2024-01-03",
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			page := b.get(path)
			if strings.Contains(page, "<script>") || strings.Contains(page, "<img") || strings.ContainsAny(page, "\x1b\u202e") || strings.Contains(page, "style=") {
				t.Error("a foreign text is not escaped, or a style stands in the page")
			}
			b.same(name, path, regexp.MustCompile(`(?s)(role="grid".*?<tbody>).*?(</tbody>)`).ReplaceAllString(page, "$1…$2"))
		})
	}
}

// A day of the grid is a link of its own state, and each day of a year is there once.
func TestGrid(t *testing.T) {
	b := newSeriesBench(t)
	b.patchy()
	link := regexp.MustCompile(`<tr class=(\w+)>|<td(?: class=(\w+))?( aria-selected="true")?><a href="\?(?:as_of=[\d-]+&amp;)?day=([\d-]+)" aria-label="([\d-]+) ([^"]+)"`)
	for path, want := range map[string]map[string]string{
		"/series/A%231": {
			"2024-01-01": "closed", "2024-01-02": "observed", "2024-01-05": "settled", "2024-01-06": "unexpected", "2024-01-07": "closed", "2024-01-08": "quarantined",
			"2024-01-09": "incomplete", "2024-01-10": "waiting", "2024-01-11": "withdrawn", "2024-01-12": "missing", "2024-03-20": "notdue", "2024-12-31": "notdue",
		},
		"/series/A%231?year=2023":                          {"2023-10-31": "closed", "2023-11-01": "missing", "2023-12-28": "observed"},
		"/series/MONTHLY?from=2023-10-05&to=2023-12-03":    {"2023-10-01": "missing", "2023-10-02": "closed"},
		"/series/A%231?as_of=2024-03-18&day=2024-01-05":    {"2024-01-05": "missing", "2024-03-19": "notdue"},
		"/series/A%231?as_of=2024-03-19":                   {"2024-01-05": "settled"},
		"/series/ENDED?day=2023-02-03":                     {"2023-01-29": "closed", "2023-01-30": "missing", "2023-02-03": "missing", "2023-02-04": "closed"},
		"/series/A%231?year=2023&from=2023-12-30&to=today": {"2023-12-29": "missing"},
	} {
		page := b.get(path)
		seen, selected := map[string]string{}, []string{}
		row := ""
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if m[1] != "" {
				row = m[1]
				continue
			}
			if m[4] != m[5] || seen[m[4]] != "" {
				t.Errorf("%s: day %s is called %s, and was %q", path, m[4], m[5], seen[m[4]])
			}
			if seen[m[4]] = row; m[2] != "" {
				seen[m[4]] = m[2]
			}
			if m[3] != "" {
				selected = append(selected, m[4])
			}
		}
		for day, class := range want {
			if seen[day] != class {
				t.Errorf("%s: %s is %q, want %s", path, day, seen[day], class)
			}
		}
		if strings.Contains(path, "MONTHLY") && (len(selected) != 60 || slices.Min(selected) != "2023-10-05" || slices.Max(selected) != "2023-12-03") {
			t.Errorf("selected %v", selected)
		}
		if n := len(seen); n != 365 && n != 366 {
			t.Errorf("%s: %d days", path, n)
		}
	}
}

// In whatever year, each day stands once, in the row of its weekday and the column of its week.
func TestGridHasEveryDayOnce(t *testing.T) {
	cell := regexp.MustCompile(`<td(?: class=\w+)?(?:><a href="\?day=([\d-]+)")?`)
	rapid.Check(t, func(rt *rapid.T) {
		year := rapid.IntRange(1900, 2100).Draw(rt, "year")
		v := seriesView{asked: asked{Year: year}}
		html, _ := v.grid(&standing.Coverage{})
		next := span.Date(year, time.January, 1)
		first := next
		_, body, _ := strings.Cut(string(html), "<tbody>")
		var columns [7][]string
		for weekday, line := range strings.Split(strings.TrimSpace(strings.TrimSuffix(body, "</tbody></table>")), "\n") {
			for _, m := range cell.FindAllStringSubmatch(line, -1) {
				columns[weekday] = append(columns[weekday], m[1])
			}
		}
		for week := range columns[0] {
			for weekday := range columns {
				if text := columns[weekday][week]; text != "" {
					if text != next.String() || (int(next.Weekday())+6)%7 != weekday {
						rt.Fatalf("week %d, row %d has %s, want %s", week, weekday, text, next)
					}
					next++
				} else if next != first && next != span.Date(year+1, time.January, 1) {
					rt.Fatalf("no cell for %s", next)
				}
			}
		}
		if next != span.Date(year+1, time.January, 1) {
			rt.Fatalf("%d ends before %s", year, next)
		}
		weeks := 0
		for _, m := range regexp.MustCompile(`colspan="(\d+)"`).FindAllStringSubmatch(string(html), -1) {
			weeks += int(m[1][0] - '0')
		}
		if weeks != len(columns[0]) {
			rt.Fatalf("months over %d weeks, want %d", weeks, len(columns[0]))
		}
	})
}

func TestSeriesThatAreNotThere(t *testing.T) {
	b := newSeriesBench(t)
	for _, tt := range []struct {
		path, says string
		status     int
	}{
		{"/series/MONTLY", `href="/series/MONTHLY"`, 404},
		{"/series/A%232", `href="/series/A%231"`, 404},
		{"/series/%3Cscript%3E%1b", "No series is called", 404},
		{"/series/" + strings.Repeat("x", 4000), "No series is called", 404},
		{"/series/..%2F..%2Fetc", "No series is called", 404},
		{"/series/MONTLY/values", "No series is called", 404},
		{"/series/A%231?day=2024-02-30", "no such date", 400},
		{"/series/A%231?day=%3Cb%3E", "want YYYY-MM-DD", 400},
		{"/series/A%231?year=x", "want a year", 400},
		{"/series/A%231?field=x", "want one of buy, sell", 400},
		{"/series/A%231?from=2024-01-03&to=2024-01-02", "is after", 400},
		{"/series/A%231?as_of=2024-03-21", "in the future", 400},
		{"/series/A%231/values?from=x", "want YYYY-MM-DD", 400},
	} {
		w := b.ask(http.MethodGet, tt.path, nil, nil)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) || strings.Contains(w.Body.String(), "<script>") || w.Body.Len() > 5000 {
			t.Errorf("%.80s: %d, want %d and %q: %.3000s", tt.path, w.Code, tt.status, tt.says, w.Body)
		}
	}
	for _, path := range []string{"/series/A%231?year=1900", "/series/A%231?year=9999", "/series/A%231?from=0000-01-01&to=9999-12-31", "/series/A%231?day=9999-12-31", "/series/ENDED?from=2024-01-01"} {
		if page := b.get(path); !strings.Contains(page, `role="grid"`) {
			t.Errorf("%s: no grid", path)
		}
	}
}

// What a program reads is what the command line gives.
func TestSeriesForPrograms(t *testing.T) {
	b := newSeriesBench(t)
	b.patchy()
	read := func(path string, into any) {
		t.Helper()
		w := b.ask(http.MethodGet, path, nil, map[string]string{"Accept": "application/json"})
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v: %s", path, w.Code, err, w.Body)
		}
	}
	var report standing.Report
	read("/series/A%231", &report)
	if len(report.Series) != 1 || report.Complete || report.Series[0].Observed != 5 || report.Series[0].Newest != dayOf("2024-01-11") || report.Series[0].To != dayOf("2024-03-20") {
		t.Errorf("report %+v", report)
	}
	if read("/series/LATER", &report); len(report.Series) != 0 {
		t.Errorf("report of what has not begun %+v", report)
	}
	var told story.Story
	read("/series/A%231?day=2024-01-03", &told)
	if told.State != "observed" || len(told.Revisions) != 1 || told.Row.Fields.String() != "buy 4.95, sell 4.9500" {
		t.Errorf("story %+v", told)
	}
	var got any
	read("/series/A%231/values?from=2024-01-03&to=2024-01-05", &got)
	want := map[string]any{"schema_version": 1.0, "key": "A#1", "from": "2024-01-03", "to": "2024-01-05", "values": []any{
		map[string]any{"day": "2024-01-03", "status": "observed", "fields": map[string]any{"buy": "4.95", "sell": "4.9500"}, "was": []any{map[string]any{"buy": "4.90", "sell": "4.9100"}}},
		map[string]any{"day": "2024-01-04", "status": "observed", "fields": map[string]any{"buy": "4.90", "sell": "4.9100"}},
		map[string]any{"day": "2024-01-05", "status": "absent", "fields": map[string]any{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	read("/series/A%231/values?from=2024-01-03&to=2024-01-03&as_of=2024-03-19", &got)
	want["to"], want["values"] = "2024-01-03", []any{map[string]any{"day": "2024-01-03", "status": "observed", "fields": map[string]any{"buy": "4.90", "sell": "4.9100"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values as of the day before (-want +got):\n%s", diff)
	}
}

// Two thousand days an answer, and where it goes on; no more of them are read.
func TestValuesAreBounded(t *testing.T) {
	rows := &narrow{long: newLong()}
	b := newBench(t, longSeries, func(o *Options) { o.Rows = rows })
	var got struct {
		Values []struct{ Day string }
		Next   string
	}
	seen := 0
	for path := "/series/LONG/values"; path != ""; {
		w := b.ask(http.MethodGet, path, nil, nil)
		got.Next = ""
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Values) > 2000 {
			t.Fatalf("%v, %d values", err, len(got.Values))
		}
		seen += len(got.Values)
		if path = ""; got.Next != "" {
			path = "/series/LONG/values?from=" + got.Next
		}
	}
	if rows.widest > maxValues {
		t.Errorf("%d days are read for an answer", rows.widest)
	}
	if all := len(newLong().rows); seen != all {
		t.Errorf("%d values, want %d", seen, all)
	}
}

// narrow notes the widest range that is read.
type narrow struct {
	*long
	widest int
}

func (n *narrow) Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error) {
	n.widest = max(n.widest, s.Days())
	return n.long.Rows(ctx, series, s)
}

// An answer, and a table, may go on with the day from which days are counted.
func TestValuesGoOnIn1970(t *testing.T) {
	b := newBench(t, strings.ReplaceAll(series, "2024-01-02", "1960-01-01"), nil)
	first := span.Day(-maxValues)
	if w := b.ask(http.MethodGet, fmt.Sprintf("/series/A%%231/values?from=%s&to=1980-01-01", first), nil, nil); !strings.Contains(w.Body.String(), `"next": "1970-01-01"`) {
		t.Errorf("%s", w.Body)
	}
	var days []string
	for d := span.Day(-maxTable); d <= 1; d++ {
		days = append(days, d.String())
	}
	b.observe("A#1", days...)
	if page := b.get(fmt.Sprintf("/series/A%%231?view=table&from=%s&to=1980-01-01", span.Day(-maxTable))); !strings.Contains(page, "more, from 1970-01-01 on") {
		t.Errorf("the table ends: %s", page)
	}
}

// What a person may decide about a day is offered with it, unless nothing may be changed.
func TestActsOfADay(t *testing.T) {
	b := newSeriesBench(t)
	b.patchy()
	page := b.get("/series/A%231?day=2024-01-08")
	for _, want := range []string{`value="quarantine accept"`, `value="quarantine release"`, `value="mark absent"`, `<form class="filter" method="post" action="/acts">`, `name="reason" required`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	b.o.Target.ReadOnly = true
	if page := b.get("/series/A%231?day=2024-01-08"); strings.Contains(page, "/acts") {
		t.Error("a read-only console offers acts")
	}
}

// unreadable reads nothing.
type unreadable struct{ *memory.Store }

func (unreadable) Marks(context.Context, string, span.Span) ([]row.Mark, error) {
	return nil, fmt.Errorf("expired <token>")
}

func TestSeriesThatCannotBeRead(t *testing.T) {
	b := newBench(t, cadences, func(o *Options) { o.Rows = unreadable{memory.New()} })
	if w := b.ask(http.MethodGet, "/series/A%231", nil, nil); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "expired &lt;token&gt;") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

const longSeries = `version: 1
sources: {ecb: {}}
series:
- {key: LONG, title: Exchange rate, unit: x, source: ecb, code: C, calendar: target, since: 1998-01-02}
`

// long has the rows of 27 years of weekdays, of which some lack and some were revised.
type long struct {
	rows      []row.Row
	revisions []row.Revision
}

func newLong() *long {
	of, err := catalogue.Parse("series.yaml", []byte(longSeries), nil)
	if err != nil {
		panic(err)
	}
	c := &long{}
	for day := range of.All()[0].Expected(span.Span{From: 0, To: dayOf("2024-03-19")}).All() {
		if day%97 == 0 {
			continue
		}
		r := row.Row{Series: "LONG", Day: day, Status: row.Observed, Fields: row.Fields{{Name: "value", Value: fmt.Sprintf("%d.%04d", 1+day%7, (day*7919)%10000)}}, FetchedAt: asOf, Run: "r"}
		switch {
		case day%89 == 0:
			r.Status, r.Fields, r.RetryAt = row.Absent, nil, dayOf("2024-04-01")
		case day%83 == 0:
			c.revisions = append(c.revisions, row.Revision{Row: r, ReplacedAt: asOf, ReplacedBy: "s"})
		}
		c.rows = append(c.rows, r)
	}
	return c
}

// Marks implements Rows.
func (c *long) Marks(context.Context, string, span.Span) ([]row.Mark, error) {
	marks := make([]row.Mark, len(c.rows))
	for i := range c.rows {
		marks[i] = c.rows[i].Mark()
	}
	return marks, nil
}

// Rows implements Rows.
func (c *long) Rows(_ context.Context, _ string, s span.Span) (list []row.Row, _ error) {
	for _, r := range c.rows {
		if s.Contains(r.Day) {
			list = append(list, r)
		}
	}
	return list, nil
}

// Revisions implements Rows.
func (c *long) Revisions(_ context.Context, _ string, s span.Span) (list []row.Revision, _ error) {
	for _, r := range c.revisions {
		if s.Contains(r.Day) {
			list = append(list, r)
		}
	}
	return list, nil
}

// Runs implements Rows.
func (c *long) Runs(context.Context, int) ([]store.Run, error) { return nil, nil }

// A series of 27 years, many gaps and the chart of one, and of all of them.
func BenchmarkSeries(b *testing.B) {
	bench := newBench(b, longSeries, func(o *Options) { o.Rows = newLong() })
	for name, path := range map[string]string{"year": "/series/LONG", "day": "/series/LONG?day=2024-01-02", "all": "/series/LONG?from=1998-01-02&to=2024-03-20"} {
		b.Run(name, func(b *testing.B) {
			var raw, zipped int
			for b.Loop() {
				raw = bench.ask(http.MethodGet, path, nil, nil).Body.Len()
			}
			zipped = bench.ask(http.MethodGet, path, nil, map[string]string{"Accept-Encoding": "gzip"}).Body.Len()
			b.ReportMetric(float64(raw), "raw-B")
			b.ReportMetric(float64(zipped), "gzip-B")
		})
	}
}

// However many years the chart has.
func TestSeriesPageIsSmall(t *testing.T) {
	b := newBench(t, longSeries, func(o *Options) { o.Rows = newLong() })
	for _, query := range []string{"?day=2024-01-02", "?from=2023-12-24&to=2024-03-20", "?year=2023", "?from=2020-01-02&to=2024-03-20", "?from=2018-06-01&to=2024-03-20", "?from=2010-01-02&to=2024-03-20", "?from=1998-01-02&to=2024-03-20"} {
		if n := len(b.get("/series/LONG" + query)); n > 60_000 {
			t.Errorf("%s: %d bytes", query, n)
		}
	}
}

// Days before 1970 are days as others are, and so is the first of 1970.
func TestDaysBefore1970(t *testing.T) {
	b := newBench(t, `version: 1
sources: {ecb: {}}
series:
- {key: OLD, title: Old, source: ecb, code: "1", unit: x, calendar: target, since: 1969-12-22, until: 1969-12-30}
- {key: NEVER, title: Never, source: ecb, code: "2", unit: x, calendar: target, since: 1969-12-22, until: 1969-12-30}
- {key: ON, title: On, source: ecb, code: "3", unit: x, calendar: target, since: 1969-12-29}
`, nil)
	b.observe("OLD", "1969-12-22", "1969-12-23")
	b.observe("ON", "1969-12-29", "1970-01-02")
	b.keep(row.Row{Series: "OLD", Day: dayOf("1969-12-24"), Status: row.Quarantined, Fields: row.Fields{{Name: "value", Value: "7"}}, Reason: "far from 1", FetchedAt: asOf})
	b.run()
	b.index.want(t.Context(), []int{0, 1, 2}, time.Minute)
	for path, want := range map[string]string{
		"/":                           "1969-12-23",
		"/coverage?q=OLD":             "1969-12\nOLD\tq",
		"/?sort=newest":               "1969-12-23",
		"/held":                       "OLD|1969-12-24",
		"/series/ON?as_of=1970-01-01": "As known at the end of 1970-01-01",
		"/series/ON?as_of=1970-01-01&from=1969-12-29&to=1970-01-05": "as of 1970-01-01",
	} {
		if page := b.get(path); !strings.Contains(page, want) {
			t.Errorf("%s has no %q: %s", path, want, page)
		}
	}
	if page := b.get("/?sort=newest"); strings.Index(page, ">NEVER<") < strings.Index(page, ">OLD<") {
		t.Errorf("what has no value comes before what has: %s", page)
	}
	list, _ := b.index.snapshot()
	if behind := list[1].is.Behind; behind != list[1].is.Missing || behind == 0 {
		t.Errorf("a series without a value is %d days behind, and %d are missing", behind, list[1].is.Missing)
	}
}

// Days end: beside the first and the last one there is none.
func TestFirstAndLastDay(t *testing.T) {
	b := newBench(t, series, nil)
	for day, beside := range map[string]string{"0000-01-01": "0000-01-02", "9999-12-31": "9999-12-30"} {
		page := b.get("/series/A%231?day=" + day)
		if n := strings.Count(page, `aria-label="the day `); n != 1 || !strings.Contains(page, "?day="+beside+`"`) {
			t.Errorf("beside %s are %d days: %s", day, n, page)
		}
		b.get("/series/A%231?format=json&day=" + day)
	}
}
