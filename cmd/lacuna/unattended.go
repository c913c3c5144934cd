package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/exit"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/stack"
	"lacuna/internal/store"
	"lacuna/lambdas/report"

	"github.com/spf13/pflag"
)

// unattended is how backfill works where nobody looks: the flags, and how it went last.
type unattended struct {
	every           time.Duration
	notify, metrics string

	last    *total // of the last run; nil: none was made
	asked   bool   // trouble is known
	trouble bool   // the run before left something that was told to a person
	days    bool   // only days without a good value, which their values mend
}

// leastEvery is the shortest time between runs: each looks at all that is stored.
const leastEvery = time.Second

func (u *unattended) bind(f *pflag.FlagSet) {
	f.DurationVar(&u.every, "every", 0, "run again each `time`, such as 1h, a tenth of it more or less, until SIGTERM; one line a run")
	f.StringVar(&u.notify, "notify", "", "`URL` that gets JSON by POST, with a text that Slack shows, when something needs a person and when it is mended")
	f.StringVar(&u.metrics, "metrics", "", "`file` for numbers about the series and the run, in Prometheus's text format")
}

func (u *unattended) check(a *app) error {
	if a.flags.Changed("every") && u.every < leastEvery {
		return exit.Usage("--every %s: want at least %s", u.every, leastEvery)
	}
	for _, name := range []string{"plan", "detach", "dry-run", "output", "now"} {
		if u.every > 0 && a.flags.Changed(name) {
			return exit.Usage("--%s: not with --every, which runs as time goes on and writes one line a run", name)
		}
	}
	if u.metrics != "" { // before anybody is asked
		if err := a.mayWrite(u.metrics, isMetrics); err != nil {
			return exit.Usage("--metrics: %w", err)
		}
	}
	if u.notify == "" {
		return nil
	}
	if plainHTTP(u.notify) {
		a.note("warning: --notify is plain http: what it posts can be read on its way")
	}
	return checkNotify(u.notify)
}

// run runs once, or again and again.
func (u *unattended) run(ctx context.Context, a *app, b *backfill, format string) error {
	once := func() error { return u.watch(ctx, a, b, format) }
	if u.every > 0 {
		once = func() error { return u.repeat(ctx, a, b) }
	}
	return a.hushed(b.quiet && u.every == 0, func() error {
		if err := u.check(a); err != nil {
			return err
		}
		return once()
	})
}

// repeat runs until ctx ends, which is a good end. An error is told and the next run is
// made all the same, but for one that the first run has and no other would mend.
func (u *unattended) repeat(ctx context.Context, a *app, b *backfill) error {
	for first := true; ; first = false {
		var err error
		if a.asOf, err = a.clock(); err != nil {
			return err
		}
		err = a.hushed(b.quiet, func() error { return u.watch(ctx, a, b, formatNone) })
		code := a.code(ctx, err)
		switch {
		case first && (code == exit.CodeUsage || code == exit.CodeRefused):
			return err
		case u.last != nil && err != nil && ctx.Err() == nil:
			a.complain(ctx, err)
		}
		wait := u.every - u.every/10 + rand.N(u.every/5+1)
		next := ", next in " + wait.Round(time.Second).String()
		if ctx.Err() != nil {
			next = ", the last one"
		}
		if code == exit.CodeInterrupted {
			next += "; what is stored stays"
		}
		if !b.quiet || !isGood(err) {
			if err := a.stdout.Printf("%s %s%s\n", time.Now().UTC().Format(time.RFC3339), u.line(err, code), next); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// line says how a run went, and of one that made none, why.
func (u *unattended) line(err error, code int) string {
	switch {
	case u.last != nil:
	case code == exit.CodeInterrupted:
		return "interrupted"
	default:
		says := fmt.Sprintf("error %d: %s", code, strings.Join(output.LinesOf(err), "; "))
		if what := stack.Hint(err); what != "" {
			says += ". Mend: " + what
		}
		return says
	}
	sum := u.last.counts()
	return fmt.Sprintf("%s: %s observed, %d failed, %d new, %d waiting, %d quarantined, %s", u.last.last().Summary.Status,
		output.Count(sum.Observed, "day"), sum.Failed, sum.New, sum.Waiting, sum.Quarantine, output.Count(u.last.requests, "request"))
}

// watch makes a run, and tells those who do not look how it went. What cannot be told is
// an error of the run.
func (u *unattended) watch(ctx context.Context, a *app, b *backfill, format string) error {
	u.last = nil
	err := u.lookBack(ctx, a)
	if err == nil {
		err = b.run(ctx, a, format)
	}
	code := a.code(ctx, err)
	if code == exit.CodeInterrupted || code == exit.CodeUsage {
		return err
	}
	untold := u.tell(ctx, a, b, err, code)
	if err == nil {
		return untold
	}
	if untold != nil {
		a.complain(ctx, untold)
	}
	return err
}

// tell writes the metrics, and posts the notice, of a run that ended with err.
func (u *unattended) tell(ctx context.Context, a *app, b *backfill, err error, code int) error {
	var untold error
	if u.metrics != "" {
		requests := 0
		if u.last != nil {
			requests = u.last.requests
		}
		untold = a.writeMetrics(ctx, u.metrics, b.which, code, requests)
	}
	if u.notify != "" {
		if n, ok := u.notice(a, err, code); ok {
			untold = errors.Join(untold, notify(ctx, u.notify, n))
		}
	}
	return untold
}

// maxBack is how many runs are looked at for one that says how it ended: of those that
// were killed nothing is known.
const maxBack = 5

// lookBack finds out, once, what the run before this process left.
func (u *unattended) lookBack(ctx context.Context, a *app) error {
	if u.notify == "" || u.asked {
		return nil
	}
	rows, err := a.openKnown(ctx)
	if err != nil {
		return err
	}
	defer rows.Close()
	list, err := rows.Executions(ctx, maxBack)
	if err != nil {
		return err
	}
	ended := slices.IndexFunc(list, func(x store.Execution) bool {
		return x.Status == engine.Succeeded || x.Status == engine.Failed || x.Status == engine.TimedOut
	})
	if u.asked = true; ended < 0 {
		return nil
	}
	reported, err := rows.Summaries(ctx, list[ended:ended+1])
	if err != nil {
		return err
	}
	var t *total
	if len(reported) == 1 {
		sum, err := history.ParseSummary(reported[0].Summary)
		if err != nil {
			return fmt.Errorf("summary of run %s: %w", reported[0].ID, err)
		}
		t = &total{}
		t.add(history.Outcome{Summary: sum})
	}
	u.left(list[ended].Status != engine.Succeeded, t)
	return nil
}

// left takes in what a run left for a person: that it failed, or days, which waited or
// were in quarantine when it ended.
func (u *unattended) left(failed bool, t *total) {
	u.trouble, u.days = failed, false
	if t == nil {
		return
	}
	last, sum := t.last().Summary, t.counts()
	u.trouble = failed || last.Status != message.Complete || sum.Quarantine > 0
	u.days = len(last.Failures) == 0 && sum.Deferred == 0 && last.Status != history.StatusFailed
}

// maxTold is how many failures a notice tells one by one.
const maxTold = 5

// notice says what happened, if it is for a person.
func (u *unattended) notice(a *app, err error, code int) (notice, bool) {
	n := notice{Place: a.where(), ExitCode: code, Event: needsPerson}
	var about string
	if u.last != nil {
		last := u.last.last()
		n.Run, n.Status = last.Name, last.Summary.Status
		about = "run " + n.Run + " is " + n.Status
	}
	good := code == 0 || code == exit.CodeWaiting
	if good && u.last == nil { // nothing was run
		return n, false
	}
	before, days := u.trouble, u.days
	u.left(!good, u.last)
	switch {
	case good && (!before || days && u.trouble): // as it was told
		return n, false
	case good:
		n.Event, n.Text = mended, fmt.Sprintf("lacuna, %s: mended, %s.", n.Place, about)
		return n, true
	case u.last == nil:
		n.Text = fmt.Sprintf("lacuna, %s: %v", n.Place, err)
		return n, true
	}
	words := []string{fmt.Sprintf("lacuna, %s: %s.", n.Place, about)}
	failures := u.last.last().Summary.Failures
	for _, f := range failures[:min(len(failures), maxTold)] {
		words = append(words, "Failed: "+report.Describe(f)+".")
	}
	if more := len(failures) - maxTold; more > 0 {
		words = append(words, fmt.Sprintf("And %d more.", more))
	}
	news := slices.DeleteFunc(slices.Clone(u.last.series), func(s message.SeriesResult) bool { return s.New == 0 })
	of := output.Listing{Series: len(news), Has: "runs -o json"}
	news, rest := output.Part(of, news, "series", func(x, y message.SeriesResult) int { return cmp.Compare(y.New, x.New) })
	for _, s := range news {
		words = append(words, fmt.Sprintf("%s: %s newly found without a good value.", s.Key, output.Count(s.New, "day")))
	}
	if rest != "" {
		words = append(words, rest)
	}
	for _, day := range u.last.news {
		words = append(words, day+".")
	}
	look := a.again("runs " + output.Quote(n.Run))
	if u.last.counts().Quarantined > 0 {
		look = a.again("quarantine list", "series")
	}
	n.Text = strings.Join(append(words, "Look: "+look), " ")
	return n, true
}
