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
	"lacuna/internal/message"

	"github.com/google/go-cmp/cmp"
)

// The tests here hold docs/costs.md to its arithmetic.
var update = flag.Bool("update", false, "write the tables into docs/costs.md")

// prices are those of a region, in USD.
type prices struct {
	transition, gbSecond, invocation, sqsRequest, writeUnit, readUnit float64
	gbStored, gbBackedUp, alarm, metric, gbLogged, gbLogMonth         float64
	dashboard, key, keyRequest                                        float64
}

// Those of us-east-1 are as of November 2026, AWS's price pages. Of sa-east-1
// docs/costs.md says which could be looked up.
var (
	virginia = prices{
		transition: 0.025 / 1000, gbSecond: 0.0000133334, invocation: 0.20 / 1e6, sqsRequest: 0.40 / 1e6, writeUnit: 0.625 / 1e6, readUnit: 0.125 / 1e6,
		gbStored: 0.25, gbBackedUp: 0.20, alarm: 0.10, metric: 0.30, gbLogged: 0.50, gbLogMonth: 0.03,
		dashboard: 3.00, key: 1.00, keyRequest: 0.03 / 10_000,
	}
	saoPaulo = prices{
		transition: 0.0375 / 1000, gbSecond: 0.0000133334, invocation: 0.20 / 1e6, sqsRequest: 0.40 / 1e6, writeUnit: 0.9375 / 1e6, readUnit: 0.1875 / 1e6,
		gbStored: 0.375, gbBackedUp: 0.30, alarm: 0.10, metric: 0.30, gbLogged: 0.90, gbLogMonth: 0.0408,
		dashboard: 3.00, key: 1.00, keyRequest: 0.03 / 10_000,
	}
)

const (
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

// month returns what f costs in a month at prices p.
func (f fleet) month(p prices) []line {
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
		dashboard = p.dashboard
	}
	metricHours := min(hoursOfMonth, runs)
	metrics := 9 * metricHours / hoursOfMonth
	logged := invocations * bytesLogged / gb

	return []line{
		{"Step Functions", transitions * p.transition, max(0, transitions-4000) * p.transition},
		{"Lambda", gbSeconds*p.gbSecond + invocations*p.invocation, max(0, gbSeconds-400e3)*p.gbSecond + max(0, invocations-1e6)*p.invocation},
		{"SQS", requests * p.sqsRequest, max(0, requests-1e6) * p.sqsRequest},
		{"DynamoDB requests", writes*p.writeUnit + reads*p.readUnit, writes*p.writeUnit + reads*p.readUnit},
		{
			"DynamoDB storage, recovery",
			stored * ((bytesOfRow+overheadOfRow)*p.gbStored + bytesOfRow*p.gbBackedUp),
			max(0, stored*(bytesOfRow+overheadOfRow)-25)*p.gbStored + stored*bytesOfRow*p.gbBackedUp,
		},
		{"Alarms", alarms * p.alarm, max(0, alarms-10) * p.alarm},
		{"Metrics", metrics * p.metric, max(0, metrics-10) * p.metric},
		{"Logs", logged * (p.gbLogged + p.gbLogMonth), max(0, logged-5) * (p.gbLogged + p.gbLogMonth)},
		{"Dashboard", p.dashboard, dashboard},
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
	many := fleet{name: "300 series", runs: 1, sources: 5, perRun: 5, series: message.MaxSeries, streams: message.MaxStreams}
	return []fleet{five, own, hundred, many}
}

// column is a fleet at the prices of a region.
type column struct {
	name string
	fleet
	prices
}

// sizes are all fleets at the prices of us-east-1.
func sizes(t *testing.T) (all []column) {
	for _, f := range fleets(t) {
		all = append(all, column{f.name, f, virginia})
	}
	return all
}

// regions are two fleets at the prices of each region.
func regions(t *testing.T) (all []column) {
	for _, f := range fleets(t) {
		if f.series == shipped(t).series || f.series == message.MaxSeries {
			all = append(all, column{f.name + ", us-east-1", f, virginia}, column{f.name + ", sa-east-1", f, saoPaulo})
		}
	}
	return all
}

func table(all []column, value func(line) float64) string {
	var b strings.Builder
	b.WriteString("| USD a month |")
	var columns [][]line
	for _, c := range all {
		fmt.Fprintf(&b, " %s |", c.name)
		columns = append(columns, append(c.month(c.prices), line{what: "**together**"}))
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

// keyRequests are the requests to KMS of a month, under a key of one's own and with
// nothing missing. A data key of a queue serves for five minutes, and so does the
// table's for each role: in a run, each queue is sent to (two requests) and received
// from, the functions that use the table decrypt once, and each log group takes one.
func (f fleet) keyRequests() float64 {
	perRun, runs := float64(f.perRun), f.runs*(dailyOfMonth+weeklyOfMonth)
	return runs * (3*perRun + (2 + perRun) + (6 + perRun))
}

// rest returns the costs of the shipped catalogue on which nothing is missing,
// without its dashboard.
func rest(t *testing.T) []line {
	f := shipped(t)
	f.streams = 0
	return slices.DeleteFunc(f.month(virginia), func(l line) bool { return l.what == "Dashboard" })
}

func TestTablesOfCosts(t *testing.T) {
	usd, free := total(rest(t))
	want := map[string]string{
		"full":    table(sizes(t), func(l line) float64 { return l.usd }),
		"free":    table(sizes(t), func(l line) float64 { return l.free }),
		"regions": table(regions(t), func(l line) float64 { return l.usd }),
		"key": fmt.Sprintf("**%.2f USD a month for the key**, and %.4f USD for about %.0f requests of the shipped catalogue.\n",
			virginia.key, shipped(t).keyRequests()*virginia.keyRequest, shipped(t).keyRequests()),
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
