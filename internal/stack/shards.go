package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lacuna/internal/history"
	"lacuna/internal/message"
)

// historiesAtOnce is how many histories of shards are read at the same time: an account has
// a bound on such calls a second.
const historiesAtOnce = 3

// shards reads what the shards of a run have used, each once it has ended.
type shards struct {
	of      *Stack
	turn    chan bool
	running sync.WaitGroup
	names   []string

	mu   sync.Mutex
	used []*history.Meter
	errs []error
}

func (s *Stack) newShards() *shards { return &shards{of: s, turn: make(chan bool, historiesAtOnce)} }

// read reads the history of a shard that has ended, and returns before it is there.
func (p *shards) read(ctx context.Context, shard string) {
	p.names = append(p.names, shard)
	p.running.Go(func() {
		p.turn <- true
		defer func() { <-p.turn }()
		events, err := p.of.newEvents(ctx, shard, 0)
		var used history.Meter
		used.AddOf(events)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.used = append(p.used, &used)
		if err != nil && !unknownExecution(err) { // one that could not be started used nothing
			p.errs = append(p.errs, err)
		}
	})
}

// join waits until all shards are read. It adds what they used to used, and gives sum, that
// of their run, the series of all their summaries; nil: the run has none.
func (p *shards) join(ctx context.Context, used *history.Meter, sum *message.Summary) error {
	p.running.Wait()
	for _, one := range p.used {
		used.AddShard(one)
	}
	if len(p.names) < len(used.Shards()) { // the run was stopped before them
		used.Lose()
	}
	err := errors.Join(p.errs...)
	if sum == nil || len(sum.Shards) == 0 {
		return err
	}
	at := used.AsOf()
	runs, readErr := p.of.RunsOf(ctx, p.names, at, at)
	if readErr != nil {
		return errors.Join(err, fmt.Errorf("summaries of the shards of %s: %w", sum.Run, readErr))
	}
	series, joinErr := history.SeriesOf(runs)
	sum.Series = series
	return errors.Join(err, joinErr)
}

// stopShards stops those shards of a run that go on, and returns how many.
func (s *Stack) stopShards(ctx context.Context, run string) (int, error) {
	running, err := s.Running(ctx)
	if err != nil {
		return 0, err
	}
	of := slices.DeleteFunc(running, func(name string) bool { return !message.IsShardOf(name, run) })
	return len(of), s.AbortAll(ctx, of)
}

// AbortAll stops executions; those that have ended stay as they are.
func (s *Stack) AbortAll(ctx context.Context, names []string) error {
	return atOnce(describeAtOnce, len(names), func(i int) error { return s.abort(ctx, names[i]) })
}
