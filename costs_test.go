package lacuna_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"

	"github.com/google/go-cmp/cmp"
)

// The tests here hold docs/costs.md to its arithmetic.
var update = flag.Bool("update", false, "write the tables into docs/costs.md")

// USD in us-east-1 as of November 2026, AWS's price pages.
const (
	perTransition   = 0.025 / 1000
	perGBSecond     = 0.0000133334 // arm64
	perInvocation   = 0.20 / 1e6
	perSQSRequest   = 0.40 / 1e6
	perWriteUnit    = 0.625 / 1e6
	perReadUnit     = 0.125 / 1e6
	perGBStored     = 0.25
	perGBBackedUp   = 0.20
	perAlarm        = 0.10
	perMetric       = 0.30
	perGBLogged     = 0.50
	perGBLogMonth   = 0.03
	perDashboard    = 3.00
	hoursOfMonth    = 730.0
	dailyOfMonth    = 365.0 / 12
	weeklyOfMonth   = 365.0 / 12 / 7
	businessOfMonth = 252.0 / 12
)

// What the arithmetic assumes.
const (
	bytesOfRow      = 160.0
	rowsOf400Days   = 276.0
	rowsOf25Years   = 6300.0
	overheadOfRow   = 100.0 // DynamoDB's own, in storage
	secondsOfTask   = 0.15  // billed, start included
	secondsOfQuery  = 0.50  // of 25 years
	secondsOfScrape = 3.0
	gbOfTask        = 0.25
	gbOfFanOut      = 0.5
	bytesLogged     = 2000.0 // an invocation
	gb              = 1 << 30
)

// fleet is a stack and what its schedules do.
type fleet struct {
	name    string
	runs    float64 // a day, and again a week
	sources int     // each with a queue
	perRun  int     // sources of a run
	series  int     // of a run
	streams int     // of a daily run; a weekly one finds nothing left
}

type line struct {
	what      string
	usd, free float64 // without and after free tiers that last
}

// month returns what f costs in a month.
func (f fleet) month() []line {
	daily, weekly := f.runs*dailyOfMonth, f.runs*weeklyOfMonth
	runs := daily + weekly
	series, streams, perRun, sources := float64(f.series), float64(f.streams), float64(f.perRun), float64(f.sources)

	asked := min(1, streams) * perRun // EachStream
	transitions := runs*(7+4*perRun+2*series) + daily*(asked+streams)

	tasks := runs*(2+2*series) - weekly*series // select, report, query, detect; but for the weekly queries
	invocations := runs*(2+2*series+perRun) + daily*streams
	gbSeconds := gbOfTask*(tasks*secondsOfTask+weekly*series*secondsOfQuery+daily*streams*secondsOfScrape) + gbOfFanOut*runs*perRun*secondsOfTask

	polls := sources * 5 * hoursOfMonth * 3600 / 20
	requests := polls + 3*daily*streams

	stored := f.runs * series * rowsOf25Years / gb
	rowsWritten := min(1, streams) * f.runs * series * businessOfMonth
	writes := rowsWritten + 2*daily*streams + runs*math.Ceil(0.15*series)
	reads := daily*series*units(rowsOf400Days) + weekly*series*units(rowsOf25Years) + 2*daily*streams + runs

	alarms := 9 + 3*sources
	dashboard := 0.0
	if 25+5*sources > 50 { // metrics on it
		dashboard = perDashboard
	}
	metricHours := min(hoursOfMonth, runs)
	metrics := 9 * metricHours / hoursOfMonth
	logged := invocations * bytesLogged / gb

	return []line{
		{"Step Functions", transitions * perTransition, max(0, transitions-4000) * perTransition},
		{"Lambda", gbSeconds*perGBSecond + invocations*perInvocation, max(0, gbSeconds-400e3)*perGBSecond + max(0, invocations-1e6)*perInvocation},
		{"SQS", requests * perSQSRequest, max(0, requests-1e6) * perSQSRequest},
		{"DynamoDB requests", writes*perWriteUnit + reads*perReadUnit, writes*perWriteUnit + reads*perReadUnit},
		{
			"DynamoDB storage, recovery",
			stored * ((bytesOfRow+overheadOfRow)*perGBStored + bytesOfRow*perGBBackedUp),
			max(0, stored*(bytesOfRow+overheadOfRow)-25)*perGBStored + stored*bytesOfRow*perGBBackedUp,
		},
		{"Alarms", alarms * perAlarm, max(0, alarms-10) * perAlarm},
		{"Metrics", metrics * perMetric, max(0, metrics-10) * perMetric},
		{"Logs", logged * (perGBLogged + perGBLogMonth), max(0, logged-5) * (perGBLogged + perGBLogMonth)},
		{"Dashboard", perDashboard, dashboard},
	}
}

// units are the read units of a query over so many rows, eventually consistent.
func units(rows float64) float64 { return math.Ceil(rows*bytesOfRow/4096) / 2 }

func total(lines []line) (usd, free float64) {
	for _, l := range lines {
		usd, free = usd+l.usd, free+l.free
	}
	return usd, free
}

// shipped returns the stack of the shipped catalogue.
func shipped(t *testing.T) fleet {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Match()
	if err != nil {
		t.Fatal(err)
	}
	bySource := map[string]int{}
	for _, s := range all {
		bySource[s.Source]++
	}
	f := fleet{name: "shipped", runs: 1, sources: len(bySource), perRun: len(bySource), series: len(all)}
	for name, n := range bySource {
		source, ok := c.Source(name)
		if !ok {
			t.Fatalf("no source %s", name)
		}
		f.streams += (n + source.MaxSeries - 1) / source.MaxSeries
	}
	return f
}

func fleets(t *testing.T) []fleet {
	five := fleet{name: "5 series", runs: 1, sources: 3, perRun: 3, series: 5, streams: 4}
	own := shipped(t)
	own.name = fmt.Sprintf("shipped, %d series", own.series)
	hundred := fleet{name: "100 series", runs: 1, sources: 4, perRun: 4, series: 100, streams: 61}
	many := fleet{name: "10,000 series", runs: 40, sources: 10, perRun: 1, series: 250, streams: 250}
	return []fleet{five, own, hundred, many}
}

func table(t *testing.T, value func(line) float64) string {
	var b strings.Builder
	b.WriteString("| USD a month |")
	var columns [][]line
	for _, f := range fleets(t) {
		fmt.Fprintf(&b, " %s |", f.name)
		columns = append(columns, append(f.month(), line{what: "**together**"}))
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(columns)) + "\n")
	for i, first := range columns[0] {
		fmt.Fprintf(&b, "| %s |", first.what)
		for _, lines := range columns {
			v := value(lines[i])
			if i == len(lines)-1 {
				for _, l := range lines {
					v += value(l)
				}
			}
			fmt.Fprintf(&b, " %.2f |", v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// rest returns the costs of the shipped catalogue on which nothing is missing,
// without its dashboard.
func rest(t *testing.T) []line {
	f := shipped(t)
	f.streams = 0
	return slices.DeleteFunc(f.month(), func(l line) bool { return l.what == "Dashboard" })
}

func TestTablesOfCosts(t *testing.T) {
	usd, free := total(rest(t))
	want := map[string]string{
		"full": table(t, func(l line) float64 { return l.usd }),
		"free": table(t, func(l line) float64 { return l.free }),
		"rest": fmt.Sprintf("**%.2f USD a month** without any free tier and without the dashboard, **%.2f USD** after free tiers.\n", usd, free),
	}
	text, err := os.ReadFile("docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for name, table := range want {
		begin, end := fmt.Sprintf("<!-- %s -->\n", name), fmt.Sprintf("<!-- end of %s -->\n", name)
		before, after, found := strings.Cut(page, begin)
		got, after, ends := strings.Cut(after, end)
		if !found || !ends {
			t.Fatalf("costs.md has no part between %q and %q", begin, end)
		}
		if diff := cmp.Diff(got, table); diff != "" && !*update {
			t.Errorf("%s mismatch (-costs.md +computed), go test . -update writes it:\n%s", name, diff)
		}
		page = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile("docs/costs.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheShippedCatalogueAtRestCostsAtMostFourDollarsAndThreeAfterFreeTiers(t *testing.T) {
	if usd, free := total(rest(t)); usd > 4 || free > 3 {
		t.Errorf("%.2f USD a month, %.2f after free tiers: %+v", usd, free, rest(t))
	}
}
