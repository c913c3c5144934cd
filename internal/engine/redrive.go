package engine

import (
	"context"
	"time"
)

// Values of RedriveStatus.
const (
	Redrivable         = "REDRIVABLE"
	NotRedrivable      = "NOT_REDRIVABLE"
	RedrivableByMapRun = "REDRIVABLE_BY_MAP_RUN" // a child: redrive its parent
)

// AWS's limits of redrives.
const (
	maxRedriveEvents = 24_999
	maxRedrives      = 1_000
	redrivablePeriod = 14 * 24 * time.Hour  // since the end
	maxOpen          = 365 * 24 * time.Hour // since the start
)

// Redrive continues an execution that ended without success, at the states that were
// entered and not exited: of Map and Parallel states only the iterations and branches
// that did not succeed, of a distributed Map only such children. Retriers count anew and
// the time of the machine starts anew. It returns at once; when ctx ends the execution
// is aborted again. The error is an *APIError with the name ExecutionNotRedrivable and
// the reason.
func (x *Execution) Redrive(ctx context.Context) error {
	if err := x.revive(ctx, false); err != nil {
		return err
	}
	go x.run(x.continued)
	return nil
}

// revive makes an execution that has ended a running one, until ctx ends. Only the parent
// of a child may do it to one.
func (x *Execution) revive(ctx context.Context, byParent bool) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	status, reason := x.redrivable(now)
	if status != Redrivable && !(byParent && status == RedrivableByMapRun) {
		return &APIError{"ExecutionNotRedrivable", reason}
	}
	x.running, x.over, x.begun = true, false, now
	x.done = make(chan struct{})
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	x.attempts = map[*attempt]bool{}
	x.result = Result{Status: Running, Start: x.started, RedriveCount: x.result.RedriveCount + 1, RedriveDate: now}
	return nil
}

// redrivable is the RedriveStatus at a time, and the reason for it in AWS's words (API
// reference, DescribeExecution). It is called with x.mu held.
func (x *Execution) redrivable(now time.Time) (status, reason string) {
	switch {
	case x.running:
		return NotRedrivable, "Execution is RUNNING and cannot be redriven"
	case x.result.Status == Succeeded:
		return NotRedrivable, "Execution is SUCCEEDED and cannot be redriven"
	case x.spent:
		return NotRedrivable, "Execution memory limit exceeded" // ours
	case len(x.events) >= maxRedriveEvents:
		return NotRedrivable, "Execution history event limit exceeded"
	case x.result.RedriveCount >= maxRedrives:
		return NotRedrivable, "Execution redrive limit exceeded"
	case now.Sub(x.started) > maxOpen:
		return NotRedrivable, "Execution has exceeded the max execution time"
	case now.Sub(x.result.Stop) > redrivablePeriod:
		return NotRedrivable, "Execution redrivable period exceeded"
	case x.mapRun != "":
		return RedrivableByMapRun, "Execution is a child of a Map Run: redrive its parent"
	}
	return Redrivable, ""
}

// continued begins a redrive.
func (x *Execution) continued() {
	last := x.record(int64(len(x.events)), "ExecutionRedriven", &Details{RedriveCount: x.result.RedriveCount})
	x.root.continued(last)
}

// continued resumes a thread that has neither succeeded nor been given up; its events go
// on after last.
func (t *thread) continued(last int64) {
	t.dead, t.last = false, last
	failed, run := t.fork, t.mapRun
	t.anew()
	switch {
	case t.state == nil:
		t.resume(t.start)
	case failed != nil:
		t.fork = failed
		failed.continued(last)
	case run != nil:
		t.mapRun = run
		run.continued(last)
	default:
		t.resume(t.again)
	}
}

// continued resumes the branches or iterations that have not succeeded.
func (f *fork) continued(last int64) {
	f.last = last
	for _, t := range f.running {
		t.continued(last)
	}
	f.fill()
}
