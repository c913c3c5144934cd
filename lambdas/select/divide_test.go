package selection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/message"
	selection "lacuna/lambdas/select"

	"github.com/google/go-cmp/cmp"
)

// family is a catalogue of n series of each source, which has as many sources.
func family(t *testing.T, sources, n int, since string) *catalogue.Catalogue {
	t.Helper()
	text := "version: 1\nsources:\n"
	for i := range sources {
		text += fmt.Sprintf("  s%02d: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}\n", i)
	}
	text += "series:\n"
	for i := range sources {
		var codes []string
		for j := range n {
			codes = append(codes, fmt.Sprintf("C%05d", j))
		}
		text += fmt.Sprintf("- {each: {code: [%s]}, key: 'S%02d#{code}', title: t, unit: u, source: s%02d, code: '{code}', fields: [value], calendar: weekdays, cadence: daily, since: %s}\n", strings.Join(codes, ", "), i, i, since)
	}
	return parse(t, text)
}

func queuesOf(c *catalogue.Catalogue) map[string]string {
	urls := map[string]string{}
	for _, s := range c.Sources {
		urls[s.Name] = "q-" + s.Name
	}
	return urls
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func choose(t *testing.T, h *selection.Handler, run, input string) message.Selection {
	t.Helper()
	sel, err := h.Handle(t.Context(), message.Start{Run: run, StartedAt: noon, Machine: "machine", Execution: "execution", Input: json.RawMessage(input)})
	if err != nil {
		t.Fatal(err)
	}
	return sel
}

func TestBatches(t *testing.T) {
	tests := []struct {
		name                string
		sources, n          int
		since               string
		batches, first      int // of the first source
		messages, gapsAtAll int
	}{
		{"few: one each", 1, 25, "2026-01-01", 25, 1, 250, 6250},
		{"one more: two in a batch", 1, 26, "2026-01-01", 13, 2, 250, 6250},
		{"as many as an execution takes", 1, 700, "2026-01-01", 25, 28, 250, 2800},
		{"26 years: their coverage fits", 1, 700, "2000-01-03", 25, 28, 250, 2800},
		{"126 years: fewer", 1, 700, "1900-01-01", 88, 8, 250, 2800},
		{"many sources with few series each", 20, 25, "2026-01-01", 13, 2, 12, 6250},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := family(t, tt.sources, tt.n, tt.since)
			sel := choose(t, &selection.Handler{Catalogue: c, Queues: queuesOf(c)}, "r", "{}")
			s := sel.Sources[0]
			if len(sel.Shards) != 0 || len(sel.Sources) != tt.sources || len(s.Batches) != tt.batches || len(s.Batches[0].Series) != tt.first || s.MaxMessages != tt.messages || len(s.Series()) != tt.n {
				t.Errorf("%d shards, %d sources, %d batches, %d in the first, %d messages", len(sel.Shards), len(sel.Sources), len(s.Batches), len(s.Batches[0].Series), s.MaxMessages)
			}
			if n := s.MaxGaps * tt.n; n > tt.gapsAtAll || n < tt.gapsAtAll*9/10 {
				t.Errorf("%d gaps, want %d", n, tt.gapsAtAll)
			}
		})
	}
}

// More series than an execution takes are divided by keys, evenly, and each shard, which
// gets the clock of the whole, takes exactly its own and never divides again.
func TestDivide(t *testing.T) {
	for _, tt := range []struct{ sources, n, least, most int }{
		{1, 741, 1, 1}, {1, 742, 2, 2}, {1, 1200, 2, 2}, {3, 1000, 4, 5}, {60, 2, 2, 2}, {1, 20_000, 27, 28},
	} {
		c := family(t, tt.sources, tt.n, "2020-01-01")
		h := &selection.Handler{Catalogue: c, Queues: queuesOf(c), Version: func(_ context.Context, execution string) (string, error) {
			return "version of " + execution, nil
		}}
		sel := choose(t, h, "run", `{"from":"-10d"}`)
		if n := max(1, len(sel.Shards)); n < tt.least || n > tt.most {
			t.Errorf("%d x %d series: %d shards, want %d to %d", tt.sources, tt.n, n, tt.least, tt.most)
			continue
		}
		if !sel.Scope.Stack || len(sel.Scope.Sources) != tt.sources {
			t.Errorf("%d x %d series: scope %+v", tt.sources, tt.n, sel.Scope)
		}
		if len(sel.Shards) == 0 {
			if sel.Machine != "" {
				t.Errorf("machine %s", sel.Machine)
			}
			continue
		}
		if sel.Machine != "version of execution" || len(sel.Sources) != 0 {
			t.Errorf("machine %s, %d sources beside shards", sel.Machine, len(sel.Sources))
		}
		var keys []string
		for i, shard := range sel.Shards {
			in := sel.Input
			shard.Of, shard.AsOf = sel.Run, noon.Add(-time.Hour)
			in.Shard, in.Parent = &shard, "arn"
			text, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			part := choose(t, h, shard.Name, string(text))
			if len(part.Shards) != 0 || !part.AsOf.Equal(shard.AsOf) || part.Scope.Stack || part.Scope.Sources != nil || part.Run != fmt.Sprintf("run-shard-%03d", i+1) {
				t.Fatalf("shard %+v: %d shards, as of %s, scope %+v, run %s", shard, len(part.Shards), part.AsOf, part.Scope, part.Run)
			}
			n := 0
			for _, s := range part.Sources {
				for _, r := range s.Series() {
					keys = append(keys, r.Key)
					n++
				}
			}
			if even := tt.sources * tt.n / len(sel.Shards); n > even+even/10+3 && tt.sources < 50 {
				t.Errorf("shard %d of %d has %d series", i+1, len(sel.Shards), n)
			}
		}
		slices.Sort(keys)
		if len(keys) != tt.sources*tt.n || len(slices.Compact(keys)) != len(keys) {
			t.Errorf("%d x %d series: %d in shards", tt.sources, tt.n, len(keys))
		}
	}
}

func TestDivideRefuses(t *testing.T) {
	c := family(t, 1, 2000, "2020-01-01")
	start := message.Start{Run: "r", StartedAt: noon, Input: json.RawMessage(`{}`)}
	h := &selection.Handler{Catalogue: c, Queues: queuesOf(c), Room: 500}
	if _, err := h.Handle(t.Context(), start); err == nil || !strings.Contains(err.Error(), "2000 series are 1000 shards: a run takes at most 900") {
		t.Errorf("too many shards: %v", err)
	}
	h.Room = 0
	h.Version = func(context.Context, string) (string, error) { return "", errors.New("no answer") }
	if _, err := h.Handle(t.Context(), start); err == nil || !strings.Contains(err.Error(), "the version of the state machine that runs: no answer") {
		t.Errorf("without a version: %v", err)
	}
	start.Input = json.RawMessage(`{"shard":{"name":"s","of":"r","first":"S00#C00000","last":"S00#C01999","as_of":"2026-07-01T00:00:00Z"}}`)
	if _, err := h.Handle(t.Context(), start); err == nil || !strings.Contains(err.Error(), "shard: 2000 series from S00#C00000 to S00#C01999: more than one execution takes") {
		t.Errorf("a shard that is too large: %v", err)
	}
}

// The name of a shard is no longer than a name may be.
func TestNamesOfShards(t *testing.T) {
	c := family(t, 1, 3, "2020-01-01")
	sel := choose(t, &selection.Handler{Catalogue: c, Queues: queuesOf(c), Room: 300}, strings.Repeat("é", 40), "{}")
	var names []string
	for _, s := range sel.Shards {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{strings.Repeat("é", 35) + "-shard-001", strings.Repeat("é", 35) + "-shard-002", strings.Repeat("é", 35) + "-shard-003"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A test may have fewer series be few.
func TestFew(t *testing.T) {
	c := family(t, 1, 7, "2026-01-01")
	for few, want := range map[int]string{0: "[1 1 1 1 1 1 1]", 7: "[1 1 1 1 1 1 1]", 6: "[2 2 2 1]", 2: "[4 3]", 1: "[7]"} {
		var sizes []int
		for _, b := range choose(t, &selection.Handler{Catalogue: c, Queues: queuesOf(c), Few: few}, "r", "{}").Sources[0].Batches {
			sizes = append(sizes, len(b.Series))
		}
		if got := fmt.Sprint(sizes); got != want {
			t.Errorf("few are %d: batches of %s, want %s", few, got, want)
		}
	}
}
