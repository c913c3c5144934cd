package history

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lacuna/internal/bound"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/store"
)

// RunName is an execution in the words of people: a shard is told with its run.
func RunName(execution string) string {
	if run, n := message.ShardOf(execution); n > 0 {
		return fmt.Sprintf("%s (shard %d)", run, n)
	}
	return execution
}

// NestedError returns the error of an execution that another has started and waits for:
// the task that waits has failed by name, with a description of the execution as cause.
func NestedError(name, cause string) string {
	var of struct{ Error, Status string }
	if bound.JSON(cause, maxSummary, 20) != nil || json.Unmarshal([]byte(cause), &of) != nil {
		return output.Shorten(name, output.MaxQuoted)
	}
	return output.Shorten(cmp.Or(of.Error, of.Status, name), output.MaxQuoted)
}

// EndOfShard returns the name of the shard whose end an event of its run tells, "" for
// another event.
func EndOfShard(e engine.Event) string {
	if e.Details == nil || !(e.Type == "TaskStateExited" && e.Details.Name == "Shard" || e.Type == "PassStateExited" && e.Details.Name == "ShardFailed") {
		return ""
	}
	var out struct{ Shard string }
	if json.Unmarshal([]byte(text(e.Details.Output)), &out) != nil {
		return ""
	}
	return out.Shard
}

// SeriesOf returns the series in summaries, by key.
func SeriesOf(runs []store.Run) ([]message.SeriesResult, error) {
	all := []message.SeriesResult{}
	for _, r := range runs {
		sum, err := ParseSummary(r.Summary)
		if err != nil {
			return nil, fmt.Errorf("summary of run %s: %w", r.ID, err)
		}
		all = append(all, sum.Series...)
	}
	SortSeries(all)
	return all, nil
}

// SortSeries sorts the series of shards, which end in any order, by key.
func SortSeries(all []message.SeriesResult) {
	slices.SortFunc(all, func(a, b message.SeriesResult) int { return cmp.Compare(a.Key, b.Key) })
}

// FewShards is how many shards of a run are told with their states.
const FewShards = 10

// Shard is a part of a run that divided itself: an execution of its own.
type Shard struct {
	Line
	First string `json:"first"` // key
	Last  string `json:"last"`

	states *node // its tree; nil: it is not told
}

// NotBegun is the status of a shard that has no execution yet, or never had one.
const NotBegun = "not begun"

// Reader is where runs and their shards are read.
type Reader interface {
	Execution(ctx context.Context, name string) (store.Execution, error)
	Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error)
	Events(ctx context.Context, name string, after int64) ([]store.Event, error)
}

// readAtOnce is how many shards are read at the same time.
const readAtOnce = 4

// ReadShards returns the shards of a run in their order, none of one that is whole; used has
// counted all of the run's own events. With histories it also counts what the shards used,
// and few of them have their events.
func ReadShards(ctx context.Context, from Reader, run store.Execution, used *Meter, histories bool) ([]Shard, error) {
	parts := used.Shards()
	if len(parts) == 0 {
		return nil, nil
	}
	list := make([]store.Execution, len(parts))
	for i, p := range parts {
		list[i] = store.Execution{Name: p.Name, Started: run.Started} // the clock of the whole
	}
	summaries, err := from.Summaries(ctx, list)
	if err != nil {
		return nil, err
	}
	byRun := map[string]store.Run{}
	for _, r := range summaries {
		byRun[r.ID] = r
	}
	shards, meters, errs := make([]Shard, len(parts)), make([]*Meter, len(parts)), make([]error, len(parts))
	var reading sync.WaitGroup
	turn := make(chan bool, readAtOnce)
	for i, p := range parts {
		turn <- true
		reading.Go(func() {
			shards[i], meters[i], errs[i] = readShard(ctx, from, p, byRun[p.Name], histories, len(parts) <= FewShards)
			<-turn
		})
	}
	reading.Wait()
	for _, m := range meters {
		if m != nil {
			used.AddShard(m)
		}
	}
	return shards, errors.Join(errs...)
}

// readShard reads one; summary is empty when it has made none. What it used is nil when it
// has not begun or nobody asks for it. Of its events, which are large, the tree is kept.
func readShard(ctx context.Context, from Reader, p message.Shard, summary store.Run, histories, states bool) (Shard, *Meter, error) {
	s := Shard{First: p.First, Last: p.Last}
	x, err := from.Execution(ctx, p.Name)
	switch {
	case errors.Is(err, store.ErrUnknown) && summary.ID == "":
		s.Line = Line{Run: p.Name, Status: NotBegun, Input: json.RawMessage("{}")}
		return s, nil, nil
	case errors.Is(err, store.ErrUnknown):
		x, histories = Forgotten(summary), false
		x.Input = json.RawMessage("{}")
	case err != nil:
		return s, nil, err
	}
	if s.Line, err = newLine(x, summary.Summary); err != nil || !histories {
		return s, nil, err
	}
	stored, err := from.Events(ctx, p.Name, 0)
	if err != nil {
		return s, nil, fmt.Errorf("shard %s: %w", p.Name, err)
	}
	events, err := ReadEvents(stored)
	if err != nil {
		return s, nil, fmt.Errorf("shard %s: %w", p.Name, err)
	}
	if states {
		s.states = treeOf(events)
	}
	m := &Meter{}
	m.Add(events)
	return s, m, nil
}

// Forgotten is an execution of which nothing is known any more but its summary.
func Forgotten(r store.Run) store.Execution {
	x := store.Execution{Name: r.ID, Status: engine.Succeeded, Started: r.AsOf}
	if r.Status == message.Incomplete {
		x.Status, x.Error, x.Cause = engine.Failed, "Lacuna.Incomplete", r.Cause
	}
	return x
}

// worse orders shards by what a person should look at first.
func worse(a, b Shard) int {
	rank := func(s Shard) int {
		return slices.Index([]string{message.Complete, message.Pending, NotBegun, "running", "unknown", message.Incomplete, "aborted", StatusFailed}, s.Status)
	}
	return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(number(b.Failed), number(a.Failed)), cmp.Compare(number(b.Observed), number(a.Observed)))
}

// number orders what nobody knows before what is zero.
func number(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// WorstShard names the shard to look at first, when there are too many to be told with their
// states; "" else.
func WorstShard(shards []Shard) string {
	if len(shards) <= FewShards {
		return ""
	}
	return slices.MinFunc(shards, worse).Run
}
