package lacuna_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/cost"

	"github.com/google/go-cmp/cmp"
)

// The tests here hold docs/costs.md to its arithmetic.
var update = flag.Bool("update", false, "write the tables into docs/costs.md")

const (
	dailyOfMonth    = 365.0 / 12
	weeklyOfMonth   = 365.0 / 12 / 7
	businessOfMonth = 252.0 / 12
	rowsOf400Days   = 276
	rowsOf25Years   = 6300
	overheadOfRow   = 100.0 // bytes: DynamoDB's own, in storage
	gb              = 1 << 30
)

// fleet is a stack and what its schedules do.
type fleet struct {
	name     string
	runs     float64 // a day, and again a week
	sources  int     // each with a queue
	perRun   int     // sources of a run
	series   int     // of a run
	batches  int     // of them
	streams  int     // of a daily run; a weekly one finds nothing left
	messages int     // with them
	shards   int     // of a run; 0: it is one execution
}

// shared is how many batches so many series of a source are, or messages so many streams:
// one each up to 25, then two each and so on.
func shared(n int) int {
	size := (n-1)/25 + 1
	return (n + size - 1) / size
}

type line struct {
	what      string
	usd, free float64 // without and after free tiers that last
}

// of is what so many cost.
func of(n float64, r cost.Rate) float64 {
	one, _ := r.Rat().Float64()
	return n * one
}

// run returns what a run uses that finds so many rows of each series, without the rows that
// it writes; daily is one that asks.
func (f fleet) run(rows int, daily bool) cost.Usage {
	var all cost.Usage
	executions := max(1, f.shards)
	for i := range executions {
		share := func(n int) int { return (n + i) / executions }
		r := cost.Run{Sources: f.perRun, Whole: true, Part: f.shards > 0, Reported: true, Batches: share(f.batches), Series: slices.Repeat([]int{rows}, share(f.series))}
		if streams := share(f.streams); daily && streams > 0 {
			r.Asked, r.Messages = f.perRun, share(f.messages)
			for j := range streams { // of the newest day
				r.Streams = append(r.Streams, make(cost.Stream, (len(r.Series)+j)/streams))
			}
		}
		all.Add(r.Usage(r.Expected()))
	}
	if f.shards > 0 {
		whole := cost.Run{Whole: true, Reported: true, Shards: slices.Repeat([]int{f.series / f.shards}, f.shards)}
		all.Add(whole.Usage(whole.Expected()))
	}
	return all
}

// month returns what f costs in a month at prices p.
func (f fleet) month(p cost.Prices) []line {
	daily, weekly := f.run(rowsOf400Days, true), f.run(rowsOf25Years, false)
	runs := f.runs * (dailyOfMonth + weeklyOfMonth)
	all := func(n func(cost.Usage) int) float64 {
		return f.runs * (dailyOfMonth*float64(n(daily)) + weeklyOfMonth*float64(n(weekly)))
	}
	transitions := all(func(u cost.Usage) int { return u.Transitions })
	invocations := all(func(u cost.Usage) int { return u.Invocations })
	gbSeconds := all(func(u cost.Usage) int { return u.MBMilliseconds }) / 1024 / 1000
	logged := all(func(u cost.Usage) int { return u.LogBytes }) / gb
	reads := all(func(u cost.Usage) int { return u.HalfReads }) / 2
	series := f.runs * float64(f.series)
	writes := all(func(u cost.Usage) int { return u.WriteUnits }) + float64(min(1, f.streams))*series*businessOfMonth
	requests := float64(f.sources)*5*cost.HoursOfMonth*3600/20 + all(func(u cost.Usage) int { return u.Messages })
	stored := series * rowsOf25Years / gb
	alarms := 9 + 3*float64(f.sources)
	dashboards := 0.0
	if 25+5*f.sources > 50 { // metrics on it
		dashboards = 1
	}
	metricHours := float64(daily.MetricHours) * min(cost.HoursOfMonth, runs)

	return []line{
		{"Step Functions", of(transitions, p.Transition), of(max(0, transitions-4000), p.Transition)},
		{"Lambda", of(gbSeconds, p.GBSecond) + of(invocations, p.Invocation), of(max(0, gbSeconds-400e3), p.GBSecond) + of(max(0, invocations-1e6), p.Invocation)},
		{"SQS", of(requests, p.Message), of(max(0, requests-1e6), p.Message)},
		{"DynamoDB requests", of(writes, p.WriteUnit) + of(reads, p.ReadUnit), of(writes, p.WriteUnit) + of(reads, p.ReadUnit)},
		{
			"DynamoDB storage, recovery",
			of(stored*(cost.BytesOfRow+overheadOfRow), p.GBStored) + of(stored*cost.BytesOfRow, p.GBBackedUp),
			of(max(0, stored*(cost.BytesOfRow+overheadOfRow)-25), p.GBStored) + of(stored*cost.BytesOfRow, p.GBBackedUp),
		},
		{"Alarms", of(alarms, p.Alarm), of(max(0, alarms-10), p.Alarm)},
		{"Metrics", of(metricHours, p.MetricHour), of(max(0, metricHours-10*cost.HoursOfMonth), p.MetricHour)},
		{"Logs", of(logged, p.GBLogged) + of(logged, p.GBLogMonth), of(max(0, logged-5), p.GBLogged) + of(max(0, logged-5), p.GBLogMonth)},
		{"Dashboard", of(1, p.Dashboard), of(dashboards, p.Dashboard)},
	}
}

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
		streams := (n + source.MaxSeries - 1) / source.MaxSeries
		f.streams, f.messages, f.batches = f.streams+streams, f.messages+shared(streams), f.batches+shared(n)
	}
	return f
}

// played is what a run of many series counted, see internal/local/scale_test.go.
type played struct {
	Run                                                                               string
	Executions, Transitions, Invocations, Batches, Streams, Messages, Events, Payload int
}

// counted returns what the runs over one family counted, of which each member needs a request
// of its own: the first fill, a day later, one with little to do and one with nothing.
func counted(t *testing.T, series int) (runs [4]played) {
	t.Helper()
	text, err := os.ReadFile("testdata/scale.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string][4]played
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	runs, ok := file[fmt.Sprintf("%d series, 1 a request", series)]
	if !ok {
		t.Fatalf("scale.json has no run of %d series", series)
	}
	return runs
}

// large is a stack of one source whose runs divide themselves.
func large(t *testing.T, name string, series int) fleet {
	day := counted(t, series)[1]
	return fleet{
		name: name + " series", runs: 1, sources: 1, perRun: 1, series: series, batches: day.Batches, streams: day.Streams, messages: day.Messages,
		shards: day.Executions - 1,
	}
}

func fleets(t *testing.T) []fleet {
	five := fleet{name: "5 series", runs: 1, sources: 3, perRun: 3, series: 5, batches: 5, streams: 4, messages: 4}
	own := shipped(t)
	own.name = fmt.Sprintf("shipped, %d series", own.series)
	hundred := fleet{name: "100 series", runs: 1, sources: 4, perRun: 4, series: 100, batches: shared(40) + 3*shared(20), streams: 61, messages: 61}
	many := fleet{name: "300 series", runs: 1, sources: 5, perRun: 5, series: 300, batches: 5 * shared(60), streams: 300, messages: 5 * shared(60)}
	return []fleet{five, own, hundred, many, large(t, "10,000", 10_000), large(t, "100,000", 100_000)}
}

var virginia, saoPaulo = cost.In("us-east-1"), cost.In("sa-east-1")

// column is a fleet at the prices of a region.
type column struct {
	name string
	fleet
	cost.Prices
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
		if f.series == shipped(t).series || f.series == 10_000 {
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
		columns = append(columns, append(c.month(c.Prices), line{what: "**together**"}))
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
	f.streams, f.messages = 0, 0
	return slices.DeleteFunc(f.month(virginia), func(l line) bool { return l.what == "Dashboard" })
}

// priceTable has the prices of package cost, side by side.
func priceTable() string {
	names := [...]string{
		"1,000 transitions of Step Functions", "million invocations of Lambda", "GB-s of Lambda (arm64)", "million requests of SQS", "million write units of DynamoDB", "million read units",
		"metric, a month of 730 hours", "GB logged", "GB of logs kept, a month", "GB stored, a month", "GB recoverable, a month", "alarm", "dashboard", "key", "10,000 requests to KMS",
	}
	rates := func(p cost.Prices) [len(names)]cost.Rate {
		return [...]cost.Rate{
			p.Transition, p.Invocation, p.GBSecond, p.Message, p.WriteUnit, p.ReadUnit,
			p.MetricHour, p.GBLogged, p.GBLogMonth, p.GBStored, p.GBBackedUp, p.Alarm, p.Dashboard, p.Key, p.KeyRequest,
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| price in USD, of %s | %s | %s |\n|---|--:|--:|\n", virginia.Month, virginia.Region, saoPaulo.Region)
	text := func(r cost.Rate) string {
		if r.Recalled {
			return r.USD + " *"
		}
		return r.USD
	}
	here, there := rates(virginia), rates(saoPaulo)
	for i, name := range names {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, text(here[i]), text(there[i]))
	}
	return b.String()
}

func TestTablesOfCosts(t *testing.T) {
	usd, free := total(rest(t))
	want := map[string]string{
		"full":    table(sizes(t), func(l line) float64 { return l.usd }),
		"free":    table(sizes(t), func(l line) float64 { return l.free }),
		"regions": table(regions(t), func(l line) float64 { return l.usd }),
		"key": fmt.Sprintf("**%.2f USD a month for the key**, and %.4f USD for about %.0f requests of the shipped catalogue.\n",
			of(1, virginia.Key), of(shipped(t).keyRequests(), virginia.KeyRequest), shipped(t).keyRequests()),
		"prices": priceTable(),
		"rest":   fmt.Sprintf("**%.2f USD a month** without any free tier and without the dashboard, **%.2f USD** after free tiers.\n", usd, free),
	}
	hold(t, "docs/costs.md", want)
}

// hold wants the tables of a page, by the names of their places in it, or writes them.
func hold(t *testing.T, name string, want map[string]string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for place, table := range want {
		begin, end := fmt.Sprintf("<!-- %s -->\n", place), fmt.Sprintf("<!-- end of %s -->\n", place)
		before, after, found := strings.Cut(page, begin)
		got, after, ends := strings.Cut(after, end)
		if !found || !ends {
			t.Fatalf("%s has no part between %q and %q", name, begin, end)
		}
		if diff := cmp.Diff(got, table); diff != "" && !*update {
			t.Errorf("%s mismatch (-%s +computed), go test . -update writes it:\n%s", place, name, diff)
		}
		page = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What runs of many series count stands in docs/scale.md.
func TestTablesOfScale(t *testing.T) {
	var b strings.Builder
	b.WriteString("| series | run | executions | transitions | a series | requests | messages | events of the largest | its longest payload |\n|--:|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, series := range []int{10_000, 100_000} {
		for _, r := range counted(t, series) {
			fmt.Fprintf(&b, "| %d | %s | %d | %d | %.2f | %d | %d | %d | %d KB |\n",
				series, r.Run, r.Executions, r.Transitions, float64(r.Transitions)/float64(series), r.Streams, r.Messages, r.Events, r.Payload/1000)
		}
	}
	hold(t, "docs/scale.md", map[string]string{"runs": b.String()})
}

func TestTheShippedCatalogueAtRestCostsAtMostFourDollarsAndThreeAfterFreeTiers(t *testing.T) {
	if usd, free := total(rest(t)); usd > 4 || free > 3 {
		t.Errorf("%.2f USD a month, %.2f after free tiers: %+v", usd, free, rest(t))
	}
}

// What the tables reckon of a run is what such a run counts.
func TestCostsAreOfWhatIsCounted(t *testing.T) {
	for _, f := range fleets(t) {
		if f.shards == 0 {
			continue
		}
		runs := counted(t, f.series)
		for i, daily := range map[int]bool{1: true, 3: false} {
			got, want := f.run(rowsOf400Days, daily), runs[i]
			if got.Transitions != want.Transitions || got.Invocations != want.Invocations || got.Messages != 3*want.Messages {
				t.Errorf("%s: %+v reckoned, %+v counted", f.name, got, want)
			}
		}
		if least, most := f.batches/f.shards, (f.batches-1)/f.shards+1; least > shared(f.series/f.shards) || most < shared(f.series/f.shards) {
			t.Errorf("%s: %d to %d batches a shard, %d reckoned", f.name, least, most, shared(f.series/f.shards))
		}
	}
}

// Before series were in batches, streams in bundles and runs in shards it was 32 USD.
func TestTenThousandSeriesCostAQuarterOfWhatTheyDid(t *testing.T) {
	for _, p := range []cost.Prices{virginia, saoPaulo} {
		usd := 0.0
		for _, l := range large(t, "10,000", 10_000).month(p) {
			if slices.Contains([]string{"Step Functions", "Lambda", "SQS"}, l.what) {
				usd += l.usd
			}
		}
		if usd > 32.0/4 {
			t.Errorf("%s: %.2f USD a month", p.Region, usd)
		}
	}
}
