package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/output"
)

// follow tells p a run of two streams: one is tried again, one fails for good.
func follow(p *progress) {
	const streams = `{"streams":[{"id":"ecb-001"}]},{"streams":[{"id":"ecb-002"}]}`
	two, trouble := 2, "Source.Unavailable"
	bundles := `{"work":{"bundles":[` + streams + `]}}`
	scraped := `{"stream":"ecb-001","ok":true}`
	input := `{"bundle":{"streams":[{"id":"ecb-002","from":"2024-01-05","to":"2024-01-09"}]},"failure":{"Error":"Source.Unavailable"}}`
	for _, e := range []engine.Event{
		{ID: 1, Type: "MapStateEntered", Details: &engine.Details{Name: "EachSeries"}},
		{ID: 2, PreviousID: 1, Type: "MapStateStarted", Details: &engine.Details{Length: &two}},
		{ID: 3, Type: "MapStateEntered", Details: &engine.Details{Name: "EachStream", Input: &bundles}},
		{ID: 4, PreviousID: 3, Type: "MapStateStarted", Details: &engine.Details{Length: &two}},
		{ID: 5, Type: "TaskFailed", Details: &engine.Details{Error: &trouble}},
		{ID: 6, Type: "MapIterationSucceeded", Details: &engine.Details{Name: "EachSeries"}},
		{ID: 7, Type: "TaskStateExited", Details: &engine.Details{Name: "Scrape", Output: &scraped}},
		{ID: 8, Type: "PassStateEntered", Details: &engine.Details{Name: "StreamFailed", Input: &input}},
		{ID: 9, Type: "MapStateExited"},
	} {
		p.event("run", e)
	}
}

const warning = "warning: stream ecb-002 2024-01-05/2024-01-09 failed: Source.Unavailable\n"

func TestProgressWithoutATerminalWarnsAlone(t *testing.T) {
	var stderr bytes.Buffer
	p := (&app{stderr: output.NewScreen(&stderr)}).newProgress(2)
	follow(p)
	p.close()
	if stderr.String() != warning {
		t.Errorf("got %q, want %q", stderr.String(), warning)
	}
}

const clearTheLine = "\r\x1b[K"

// sharedBuffer is a terminal that two goroutines write to.
type sharedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// take returns what was written since the last time.
func (b *sharedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.buf.Reset()
	return b.buf.String()
}

// The bar is below the messages, goes on with the time, and is gone in the end.
func TestProgressBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr sharedBuffer
		p := &progress{app: &app{stderr: output.NewScreen(&stderr)}, width: 80, runs: map[string]*streams{}}
		follow(p)
		const half = "1 of 2 streams [===============---------------] 00:00 last error: Source.Unavail"
		const full = "2 of 2 streams [==============================] 00:00 last error: Source.Unavail"
		if got, want := stderr.take(), clearTheLine+half[:79]; !strings.Contains(got, want+clearTheLine+warning+half[:79]+clearTheLine+full[:79]) {
			t.Errorf("the bar %q and the warning above it are not in\n%q", want, got)
		}
		time.Sleep(61*time.Second + time.Millisecond)
		synctest.Wait()
		got := stderr.take()
		if last, want := got[strings.LastIndex(got, clearTheLine):], clearTheLine+strings.Replace(full[:79], "00:00", "01:01", 1); last != want {
			t.Errorf("after 61 seconds %q, want %q", last, want)
		}
		p.close()
		if got := stderr.take(); got != clearTheLine {
			t.Errorf("at the end %q", got)
		}
	})
}

// The shards of a run tell their events at the same time and with the same ids. A shard
// counts as much as its streams are done.
func TestProgressOfShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr sharedBuffer
		p := &progress{app: &app{stderr: output.NewScreen(&stderr)}, width: 80, runs: map[string]*streams{}}
		last := func() string {
			lines := strings.Split(strings.TrimSuffix(stderr.take(), clearTheLine), clearTheLine)
			return lines[len(lines)-1]
		}
		tell := func(run, kind string, d engine.Details) { p.event(run, engine.Event{ID: 7, Type: kind, Details: &d}) }
		one, two := "r-shard-001", "r-shard-002"
		shards := `{"shards":[{"name":"r-shard-001"},{"name":"r-shard-002"},{"name":"r-shard-003"}]}`
		tell("r", "MapStateEntered", engine.Details{Name: "EachShard", Input: &shards})
		if got, want := last(), "0 of 3 shards [------------------------------] 00:00"; got != want {
			t.Errorf("at first %q, want %q", got, want)
		}
		bundles := `{"work":{"bundles":[{"streams":[{"id":"x-001"},{"id":"x-002"},{"id":"x-003"}]},{"streams":[{"id":"x-004"}]}]}}`
		for _, run := range []string{one, two} {
			tell(run, "MapStateEntered", engine.Details{Name: "EachStream", Input: &bundles})
		}
		scraped, error := `{"stream":"x-001","ok":true}`, "States.TaskFailed"
		tell(two, "TaskStateExited", engine.Details{Name: "Scrape", Output: &scraped})
		if got, want := last(), "0 of 3 shards, 3 of 8 streams [=======-----------------------] 00:00"; got != want {
			t.Errorf("a bundle of a shard: %q, want %q", got, want)
		}
		failed := `{"bundle":{"streams":[{"id":"x-004","from":"2024-01-05","to":"2024-01-09"}]},"failure":{"Error":"Source.Rejected"}}`
		tell(two, "PassStateEntered", engine.Details{Name: "StreamFailed", Input: &failed})
		if got := stderr.take(); !strings.Contains(got, "warning: shard 2: stream x-004 2024-01-05/2024-01-09 failed: Source.Rejected\n") {
			t.Errorf("no warning in %q", got)
		}
		tell("r", "TaskFailed", engine.Details{Error: &error, ResourceType: "states"})
		failed = `{"name":"r-shard-002","failure":{"Error":"States.TaskFailed","Cause":"{\"Error\":\"Lacuna.Incomplete\",\"Status\":\"FAILED\"}"}}`
		tell("r", "PassStateEntered", engine.Details{Name: "ShardFailed", Input: &failed})
		tell("r", "MapIterationSucceeded", engine.Details{Name: "EachShard"})
		got := stderr.take()
		p.close()
		if want := "1 of 3 shards, 4 of 8 streams [==========--------------------] 00:00"; !strings.HasSuffix(got, want) || !strings.Contains(got, "warning: shard r-shard-002 failed: Lacuna.Incomplete\n") {
			t.Errorf("got %q, want a warning of the shard and %q", got, want)
		}
	})
}

// What an error is called is not ours: it draws nothing and makes no line.
func TestProgressBarIsOneLine(t *testing.T) {
	var stderr sharedBuffer
	p := &progress{app: &app{stderr: output.NewScreen(&stderr)}, width: 200, runs: map[string]*streams{}}
	trouble := "A\x1b[2J\r\nB\u202e" + strings.Repeat("€", 10_000)
	follow(p)
	stderr.take()
	p.event("run", engine.Event{ID: 10, Type: "TaskFailed", Details: &engine.Details{Error: &trouble}})
	want := clearTheLine + `2 of 2 streams [==============================] 00:00 last error: A\x1b[2J\r\nB\u202e`
	got := stderr.take()
	p.close()
	if !strings.HasPrefix(got, want) || len([]rune(got)) != len([]rune(clearTheLine))+199 {
		t.Errorf("got %q, want 199 columns that begin with %q", got, want)
	}
}

// The shards of a run tell their events at once; found by 10,000 series.
func TestShardsTellAtOnce(t *testing.T) {
	p := (&app{stderr: output.NewScreen(io.Discard)}).newProgress(1)
	var err error
	if p.tries, err = newRetries(func(string, ...any) {}, 0); err != nil {
		t.Fatal(err)
	}
	var shards sync.WaitGroup
	for i := range 3 {
		run := fmt.Sprintf("r-shard-%03d", i+1)
		shards.Go(func() {
			for id := range int64(1000) {
				bundles, scraped := fmt.Sprintf(`{"work":{"bundles":[{"streams":[{"id":"x-%d"},{}]}]}}`, id), fmt.Sprintf(`{"stream":"x-%d"}`, id)
				p.event(run, engine.Event{ID: 3 * id, Type: "MapStateEntered", Details: &engine.Details{Name: "EachStream", Input: &bundles}})
				p.event(run, engine.Event{ID: 3*id + 1, PreviousID: 3 * id, Type: "TaskStateEntered", Details: &engine.Details{Name: "Scrape"}})
				p.event(run, engine.Event{ID: 3*id + 2, PreviousID: 3*id + 1, Type: "TaskStateExited", Details: &engine.Details{Name: "Scrape", Output: &scraped}})
			}
		})
	}
	shards.Wait()
	for run, of := range p.runs {
		if of.done != 2000 || of.planned != 2000 || len(of.bundles) != 0 {
			t.Errorf("%s: %d of %d streams done, %d bundles go on; want 2000 of 2000", run, of.done, of.planned, len(of.bundles))
		}
	}
	if len(p.runs) != 3 || len(p.tries.tasks) != 0 {
		t.Errorf("%d executions, %d tasks go on; want three and none", len(p.runs), len(p.tries.tasks))
	}
}
