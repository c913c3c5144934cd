package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lacuna/internal/choice"
	"lacuna/internal/console"
	"lacuna/internal/history"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/plan"
	"lacuna/internal/span"
	"lacuna/internal/stack"
)

// planner plans runs for the console.
type planner struct {
	*desk
	of     *choice.Catalogue
	now    func() time.Time
	region string // whose prices are told
}

// Input implements console.Planner.
func (p planner) Input(w console.Wish) (message.Input, error) {
	which := choice.Flags{Series: w.Series, From: w.From, To: w.To, Only: w.Only}
	if which.Only == "" {
		which.Only = "due"
	}
	return which.Input(p.of, span.DayOf(p.now()))
}

// Plan implements console.Planner.
func (p planner) Plan(ctx context.Context, in message.Input) (plan.Plan, error) {
	selected, err := local.NewTasks(p.of.Catalogue, nil).Choose(ctx, in, p.now())
	if err != nil {
		return plan.Plan{}, err
	}
	return plan.Make(ctx, p.of.Catalogue, p.desk, in, selected, p.region)
}

// runsHere starts runs on this machine for the console. They end with it.
type runsHere struct {
	a   *app
	of  *choice.Catalogue
	now func() time.Time
	ctx context.Context // ends with the console
	all sync.WaitGroup

	mu   sync.Mutex
	own  string // the run that is going on, "" none
	stop context.CancelFunc
}

// Start implements console.Runner. Further runs follow while work is deferred, as those of
// backfill do. There is one at a time: two would ask for the same days.
func (h *runsHere) Start(_ context.Context, in message.Input) (run string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.own != "" {
		return "", fmt.Errorf("run %s is going on here: wait for its end, or stop it", h.own)
	}
	ctx, stop := context.WithCancel(h.ctx)
	defer func() {
		if err != nil {
			stop()
		}
	}()
	b := &backfill{series: h.of, input: in}
	if err := b.choose(ctx, h.now()); err != nil {
		return "", err
	}
	r, err := h.a.openHere(ctx, h.of, b.sources(), nil)
	if err != nil {
		return "", err
	}
	run, follow, err := r.Begin(ctx, in, h.now())
	if err != nil {
		return "", errors.Join(err, r.close())
	}
	h.own, h.stop = run, stop
	h.all.Go(func() {
		defer stop()
		for follow != nil {
			follow = h.next(ctx, r.Runner, in, follow)
		}
		if err := r.close(); err != nil {
			h.a.note("run %s: %v", run, err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.own = ""
	})
	return run, nil
}

// next follows a run to its end and begins the one after it, if there is to be one.
func (h *runsHere) next(ctx context.Context, r *local.Runner, in message.Input, follow func(context.Context) (history.Outcome, error)) func(context.Context) (history.Outcome, error) {
	out, err := follow(ctx)
	if err == nil && out.Summary.Deferred > 0 && progressed(out.Summary) && ctx.Err() == nil {
		var run string
		if run, follow, err = r.Begin(ctx, in, h.now()); err == nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.own = run
			return follow
		}
	}
	if err != nil && !errors.Is(err, local.ErrInterrupted) {
		h.a.note("%v", err)
	}
	return nil
}

// Stop implements console.Runner.
func (h *runsHere) Stop(_ context.Context, run string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if run != h.own {
		return fmt.Errorf("run %s was not started by this console, or has ended: it is stopped by Ctrl-C where it runs", run)
	}
	h.stop()
	return nil
}

// Stops implements console.Runner.
func (h *runsHere) Stops(run string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return run == h.own
}

// runsInStack starts runs in AWS for the console.
type runsInStack struct{ *desk }

// Start implements console.Runner.
func (s runsInStack) Start(ctx context.Context, in message.Input) (string, error) {
	return with(ctx, s.desk, func(p place) (string, error) { return p.(*stack.Stack).Start(ctx, in) })
}

// Stop implements console.Runner.
func (s runsInStack) Stop(ctx context.Context, run string) error {
	_, err := with(ctx, s.desk, func(p place) (int, error) { return p.(*stack.Stack).Stop(ctx, run) })
	return err
}

// Stops implements console.Runner.
func (s runsInStack) Stops(string) bool { return true }
