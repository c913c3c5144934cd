package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lacuna/internal/cost"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/plan"
	"lacuna/internal/row"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

// dividedSeries is how many series with the longest keys need two executions.
const dividedSeries = 620

func manyKey(i int) string { return fmt.Sprintf("ANY#%s%04d", strings.Repeat("X", 56), i) }

// anybody publishes series of any code: a value for each weekday.
type anybody struct {
	*httptest.Server
	asked atomic.Int64
	hold  atomic.Pointer[func(*http.Request)] // called before an answer
}

func newAnybody(t *testing.T) *anybody {
	p := &anybody{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		if hold := p.hold.Load(); hold != nil {
			(*hold)(r)
		}
		from, err := time.Parse(time.DateOnly, r.URL.Query().Get("from"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var text bytes.Buffer
		text.WriteString("code,day,v\n")
		for day := from; day.Format(time.DateOnly) <= r.URL.Query().Get("to"); day = day.AddDate(0, 0, 1) {
			if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
				for _, code := range strings.Split(r.URL.Query().Get("codes"), "-") {
					fmt.Fprintf(&text, "%s,%s,1.5\n", code, day.Format(time.DateOnly))
				}
			}
		}
		w.Write(text.Bytes()) //nolint:errcheck // the client would say so
	}))
	t.Cleanup(p.Close)
	return p
}

// newDivided is a bench with a family that a run over all of divides itself for.
func newDivided(t *testing.T) (*bench, *anybody) {
	t.Helper()
	p := newAnybody(t)
	var numbers []string
	for i := range dividedSeries {
		numbers = append(numbers, fmt.Sprintf("'%04d'", i))
	}
	file := filepath.Join(t.TempDir(), "many.yaml")
	writeFile(t, file, `version: 1
sources:
  any: {kind: http-csv, url: "`+p.URL+`?codes={codes}&from={from}&to={to}", codes: "-", code: code, day: day, values: {value: v}, max_series: 20, rate_per_s: 1000, concurrency: 8, timeout: 30s}
series:
- each: {n: [`+strings.Join(numbers, ", ")+`]}
  key: `+strings.TrimSuffix(manyKey(0), "0000")+`{n}
  title: Number {n}
  unit: EUR
  source: any
  code: "{n}"
  calendar: weekdays
  since: 2026-05-01
  ready: {at: "00:00", zone: UTC}
`)
	env := []string{"LACUNA_NOW=2026-07-01", "LACUNA_WAIT_TIME_SCALE=0", "LACUNA_CATALOGUE=" + file}
	return &bench{T: t, db: filepath.Join(t.TempDir(), "x.db"), env: env}, p
}

// filled is the JSON of a backfill, with what it cost.
type filled struct {
	Run      string
	Runs     []string
	Requests int
	Series   []seriesTotal
	Cost     cost.Bill
}

// divided is the JSON of a run that divided itself.
type divided struct {
	costs
	ShardOf string `json:"shard_of"`
	Shards  []history.Shard
	Events  []json.RawMessage
}

// A run that divides itself is one for who starts it and for who looks at it.
func TestDividedRun(t *testing.T) {
	b, p := newDivided(t)
	var planned plan.Plan
	b.read(&planned, 0, "plan")
	var ran filled
	b.read(&ran, 0, "backfill")
	asked := int(p.asked.Load())
	if ran.Requests != asked || planned.Requests != asked || len(ran.Runs) != 1 {
		t.Errorf("%d requests, told are %d, planned %d; runs %v", asked, ran.Requests, planned.Requests, ran.Runs)
	}
	var want []seriesTotal
	for i := range dividedSeries {
		want = append(want, seriesTotal{Key: manyKey(i), Requested: 44, Observed: 44})
	}
	if diff := cmp.Diff(want, ran.Series); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	b.near(planned.Cost, ran.Cost)
	run := ran.Run
	one, two := run+"-shard-001", run+"-shard-002"

	if got, want := b.listed(), []string{run}; !slices.Equal(got, want) {
		t.Errorf("runs lists %v, want %v", got, want)
	}
	if got, want := b.listed("--all"), []string{run, one, two}; !slices.Equal(got, want) {
		t.Errorf("runs --all lists %v, want %v", got, want)
	}
	var whole, part divided
	b.read(&whole, 0, "runs", run)
	b.read(&part, 0, "runs", one)
	if len(whole.Shards) != 2 || whole.Shards[0].Run != one || whole.Shards[0].First != manyKey(0) || whole.Shards[1].Last != manyKey(dividedSeries-1) ||
		*whole.Shards[0].Requests+*whole.Shards[1].Requests != asked || whole.Shards[1].Status != "complete" || whole.ShardOf != "" {
		t.Errorf("shards %+v", whole.Shards)
	}
	if whole.Cost.USD != ran.Cost.USD || part.Cost.USD >= whole.Cost.USD || part.ShardOf != run || part.Shards != nil {
		t.Errorf("runs RUN tells %s USD, backfill %s, a shard %s of %q", whole.Cost.USD, ran.Cost.USD, part.Cost.USD, part.ShardOf)
	}
	_, tree, _ := b.run("runs", run)
	for _, line := range []string{"EachShard ", "[0] " + one + " ", "[1] " + two + " ", "└─ [0] any "} {
		if !strings.Contains(tree, line) {
			t.Errorf("no %q in\n%s", line, tree)
		}
	}
	if n := strings.Count(tree, "─ Select "); n != 3 {
		t.Errorf("%d states Select in the tree, want that of the run and those of the shards", n)
	}
	_, lines, _ := b.run("runs", run, "-o", "jsonl")
	if n := strings.Count(lines, "\n"); n != len(whole.Events)+1 || !strings.Contains(lines, "\n{\"shards\":[{\"run\":\""+one) {
		t.Errorf("%d lines of %d events", n, len(whole.Events))
	}
	if _, said, _ := b.run("why", manyKey(dividedSeries-1), "2026-06-30"); !strings.Contains(said, " by "+run+" (shard 2)\n") {
		t.Errorf("why:\n%s", said)
	}

	b.read(&ran, 0, "backfill")
	if n := int(p.asked.Load()); n != asked || ran.Requests != 0 || len(ran.Series) != dividedSeries {
		t.Errorf("nothing is missing, and %d requests more were made", n-asked)
	}
}

// listed are the runs that are listed, by name.
func (b *bench) listed(flags ...string) (names []string) {
	b.Helper()
	var list history.ListDocument
	b.read(&list, 0, append([]string{"runs"}, flags...)...)
	for _, l := range list.Runs {
		names = append(names, l.Run)
	}
	slices.Sort(names)
	return names
}

// A plan is of all shards of a run, and so are a run's limits.
func TestDividedRunsOfAPlan(t *testing.T) {
	b, p := newDivided(t)
	b.read(&result{}, 0, "backfill")
	b.edit(`DELETE FROM rows WHERE CAST(substr(date, 9) AS INTEGER) % 2 = 0`)
	file := filepath.Join(t.TempDir(), "plan.json")
	var planned plan.Plan
	b.read(&planned, 0, "plan", "--out", file)
	if planned.Cost.Runs != 1 || planned.Shards() != 2 || planned.Streams[0].Shard != 1 || planned.Streams[len(planned.Streams)-1].Shard != 2 {
		t.Errorf("%d runs of %d shards, want one of two; streams %+v", planned.Cost.Runs, planned.Shards(), planned.Streams)
	}
	if _, told, _ := b.run("plan"); !strings.Contains(told, "\n1/any-001") || !strings.Contains(told, "\n2/any-016") || !strings.Contains(told, " days in 2 shards;") {
		t.Errorf("%s", told)
	}
	if code, _, stderr := b.run("backfill", "--max-requests", "17"); code != 4 || !strings.Contains(stderr, "needed, --max-requests 17") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	before := int(p.asked.Load())
	var ran filled
	b.read(&ran, 0, "backfill", "--plan", file)
	if len(ran.Runs) != 1 || ran.Requests != int(p.asked.Load())-before {
		t.Errorf("runs %v, %d requests told, %d made", ran.Runs, ran.Requests, int(p.asked.Load())-before)
	}
	for _, s := range ran.Series {
		if s.Observed == 0 || s.Deferred > 0 || s.Failed > 0 {
			t.Fatalf("%+v", s)
		}
	}
	b.near(planned.Cost, ran.Cost)
	if code, _, stderr := b.run("backfill", "--plan", file); code != 4 || !strings.Contains(stderr, "is stale") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// Ctrl-C ends the shards with their run.
func TestDividedRunIsInterrupted(t *testing.T) {
	b, p := newDivided(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	hold := func(r *http.Request) {
		interrupt()
		<-r.Context().Done()
	}
	p.hold.Store(&hold)
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"backfill", "--db", b.db}, strings.NewReader(""), &out, &errs, b.env); code != 130 {
		t.Errorf("exit code %d\n%s%s", code, &out, &errs)
	}
	b.wantEnded("ABORTED")
}

// wantEnded fails the test unless there are a run and a shard of it, and all have ended so.
func (b *bench) wantEnded(status string) {
	b.Helper()
	var list history.ListDocument
	b.read(&list, 0, "runs", "--all")
	shards := 0
	for _, l := range list.Runs {
		if _, n := message.ShardOf(l.Run); n > 0 {
			shards++
		}
		if l.Execution != status {
			b.Errorf("%s is %s, want %s", l.Run, l.Execution, status)
		}
	}
	if shards == 0 || shards == len(list.Runs) {
		b.Errorf("%d shards of %d executions", shards, len(list.Runs))
	}
}

// Of a process that died neither the run nor its shards go on.
func TestDividedRunIsKilled(t *testing.T) {
	b, p := newDivided(t)
	asked := make(chan bool, dividedSeries)
	hold := func(r *http.Request) {
		asked <- true
		<-r.Context().Done()
	}
	p.hold.Store(&hold)
	cmd := b.command("backfill")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("%v\n%s", err, &errs)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	p.hold.Store(nil)
	b.wantEnded("ABORTED")
	b.read(&result{}, 0, "backfill")
}

// Of a run that divided itself the summary has the total, and some series.
func TestProgressOfARun(t *testing.T) {
	series := []message.SeriesResult{{Key: "A", Deferred: 4}}
	for _, tt := range []struct {
		sum  message.Summary
		want bool
	}{
		{message.Summary{Series: series}, false},
		{message.Summary{Series: []message.SeriesResult{{Key: "A", Count: row.Count{Observed: 1}}}}, true},
		{message.Summary{Series: series, Total: &message.Total{SeriesResult: message.SeriesResult{Deferred: 9}}}, false},
		{message.Summary{Series: series, Total: &message.Total{SeriesResult: message.SeriesResult{Count: row.Count{Absent: 1}}}}, true},
	} {
		if got := progressed(tt.sum); got != tt.want {
			t.Errorf("%+v: %t, want %t", tt.sum, got, tt.want)
		}
	}
}

// However many shards lie between the runs of a file, runs are listed.
func TestRunsBetweenShards(t *testing.T) {
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, run := range []string{"a", "b"} {
		for i := range 100 {
			name := run
			if i > 0 {
				name = fmt.Sprintf("%s-shard-%03d", run, i)
			}
			if err := s.StartExecution(t.Context(), store.Execution{Name: name, Machine: "m", Started: time.Now(), Input: json.RawMessage("{}")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for limit, want := range map[int][]string{1: {"b"}, 2: {"b", "a"}, 20: {"b", "a"}} {
		list, err := file{s}.Executions(t.Context(), limit)
		if got := history.Names(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d runs: %v, %v; want %v", limit, got, err, want)
		}
	}
	if list, err := (file{s}).AllExecutions(t.Context(), 3); err != nil || !slices.Equal(history.Names(list), []string{"b-shard-099", "b-shard-098", "b-shard-097"}) {
		t.Errorf("executions %v, %v", history.Names(list), err)
	}
}
