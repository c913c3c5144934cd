package main

import (
	"bytes"
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
	two, trouble := 2, "Source.Unavailable"
	input := `{"stream":{"id":"ecb-002","from":"2024-01-05","to":"2024-01-09"},"failure":{"Error":"Source.Unavailable"}}`
	for _, e := range []engine.Event{
		{ID: 1, Type: "MapStateEntered", Details: &engine.Details{Name: "EachSeries"}},
		{ID: 2, PreviousID: 1, Type: "MapStateStarted", Details: &engine.Details{Length: &two}},
		{ID: 3, Type: "MapStateEntered", Details: &engine.Details{Name: "EachStream"}},
		{ID: 4, PreviousID: 3, Type: "MapStateStarted", Details: &engine.Details{Length: &two}},
		{ID: 5, Type: "TaskFailed", Details: &engine.Details{Error: &trouble}},
		{ID: 6, Type: "MapIterationSucceeded", Details: &engine.Details{Name: "EachSeries"}},
		{ID: 7, Type: "MapIterationSucceeded", Details: &engine.Details{Name: "EachStream"}},
		{ID: 8, Type: "PassStateEntered", Details: &engine.Details{Name: "StreamFailed", Input: &input}},
		{ID: 9, Type: "MapStateExited"},
	} {
		p.event(e)
	}
}

const warning = "warning: stream ecb-002 2024-01-05/2024-01-09 failed: Source.Unavailable\n"

func TestProgressWithoutATerminalWarnsAlone(t *testing.T) {
	var stderr bytes.Buffer
	p := (&app{stderr: output.NewScreen(&stderr)}).newProgress()
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
		p := &progress{app: &app{stderr: output.NewScreen(&stderr)}, width: 80, maps: map[int64]bool{}}
		follow(p)
		const half = "1 of 2 streams [===============---------------] 00:00 last error: Source.Unavail"
		if got, want := stderr.take(), clearTheLine+half[:79]; !strings.Contains(got, want+clearTheLine+warning+half[:79]) {
			t.Errorf("the bar %q and the warning above it are not in\n%q", want, got)
		}
		time.Sleep(61*time.Second + time.Millisecond)
		synctest.Wait()
		got := stderr.take()
		if last, want := got[strings.LastIndex(got, clearTheLine):], clearTheLine+strings.Replace(half[:79], "00:00", "01:01", 1); last != want {
			t.Errorf("after 61 seconds %q, want %q", last, want)
		}
		p.event(engine.Event{ID: 10, Type: "MapIterationSucceeded", Details: &engine.Details{Name: "EachStream"}})
		p.close()
		if got := stderr.take(); !strings.Contains(got, "2 of 2 streams [==============================] 01:01") || !strings.HasSuffix(got, clearTheLine) {
			t.Errorf("at the end %q", got)
		}
	})
}

// What an error is called is not ours: it draws nothing and makes no line.
func TestProgressBarIsOneLine(t *testing.T) {
	var stderr sharedBuffer
	p := &progress{app: &app{stderr: output.NewScreen(&stderr)}, width: 200, maps: map[int64]bool{}}
	trouble := "A\x1b[2J\r\nB\u202e" + strings.Repeat("€", 10_000)
	follow(p)
	stderr.take()
	p.event(engine.Event{ID: 10, Type: "TaskFailed", Details: &engine.Details{Error: &trouble}})
	want := clearTheLine + `1 of 2 streams [===============---------------] 00:00 last error: A\x1b[2J\r\nB\u202e`
	got := stderr.take()
	p.close()
	if !strings.HasPrefix(got, want) || len([]rune(got)) != len([]rune(clearTheLine))+199 {
		t.Errorf("got %q, want 199 columns that begin with %q", got, want)
	}
}
