package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"lacuna/internal/engine"

	"github.com/vbauerster/mpb/v8"
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
	p := (&app{stderr: &stderr}).newProgress()
	follow(p)
	p.close()
	if stderr.String() != warning {
		t.Errorf("got %q, want %q", stderr.String(), warning)
	}
}

func TestProgressBar(t *testing.T) {
	var stderr bytes.Buffer
	p := &progress{stderr: io.Discard, maps: map[int64]bool{}, bars: mpb.New(mpb.WithOutput(&stderr), mpb.WithWidth(60), mpb.WithAutoRefresh())}
	follow(p)
	p.bar.Increment() // the last stream: the bar is drawn and ends
	p.close()
	got := stderr.String()
	for _, want := range []string{warning, "2 of 2 streams", "last error: Source.Unavailable"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%q", want, got)
		}
	}
}
