package scrape

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// part is one series of a stream: what is stored of its range and of some days
// around it, and which days of the range are expected and wanted.
type part struct {
	series   *catalogue.Series
	days     span.Span // the stream's range
	around   []row.Row // sorted by day
	due      span.Runs // expected and due, around the range too
	newest   span.Day  // newest due day of the series, in the range or not
	expected span.Runs
	wanted   span.Runs
	again    span.Runs // observed ones that are wanted as the newest of their series
	lost     span.Runs // observed ones that an answer lacks without a proof
	outside  span.Runs // witnesses, outside the range, that this answer revised
	source   string
	raw      string // hash of the body, when kept
	answered []dayAnswer
}

// stored returns the rows of the range.
func (p *part) stored() []row.Row {
	from, _ := slices.BinarySearchFunc(p.around, p.days.From, byDay)
	to, _ := slices.BinarySearchFunc(p.around, p.days.To+1, byDay)
	return p.around[from:to]
}

func byDay(r row.Row, d span.Day) int { return cmp.Compare(r.Day, d) }

// scrape asks for what the stream still lacks and stores it. It adds to did
// what the requests and rows of this run are, also when it fails. When ctx has ended, an
// answer that is there is still stored while finish goes on.
func (h *Handler) scrape(ctx, finish context.Context, msg task, did *store.Stream, log *slog.Logger) error {
	publisher, ok := h.Sources[msg.Source]
	if !ok {
		return fault.New(fault.InputInvalid, "source %.100q is not served here", msg.Source)
	}
	parts, err := h.coverage(ctx, msg)
	if err != nil {
		return err
	}
	request := requestFor(parts, h.maxDays(msg.Source))
	if len(request.Series) == 0 { // another run, or an earlier attempt, was here
		earlier, err := msg.earlier()
		if err != nil {
			return err
		}
		warn(did, log, earlier[did.ID].Warnings...) // those of its answer stand in no row
		for i, p := range parts {
			p.note(did, i, p.stored(), log)
		}
		return nil
	}
	open, err := h.pass(ctx, msg.Scrape)
	if err != nil {
		return err
	}
	fetch, tape := h.record(ctx, msg.Source)
	answer, err := publisher.Fetch(fetch, request)
	did.Requests = answer.Requests
	if err != nil {
		if len(request.Series) < len(parts) { // an earlier attempt may have had the others
			for i, p := range parts {
				p.noteFailed(did, i, log)
			}
		}
		return fmt.Errorf("%s %s: %w", msg.Source, request.Span, err)
	}
	ctx = finish
	if open {
		if err := h.Store.SetBreaker(ctx, msg.Source, store.Breaker{}); err != nil {
			return fmt.Errorf("breaker of %s: %w", msg.Source, err)
		}
	}
	warn(did, log, answer.Warnings...)
	if len(answer.Damaged) > 0 {
		if err := onceMalformed(msg, did, answer.Damaged); err != nil {
			return err
		}
	}
	raw, err := h.keepBodies(ctx, msg.Source, request, tape, did, log)
	if err != nil {
		return err
	}
	asking := row.Asking{Run: msg.Run, At: msg.AsOf}
	observed := group(answer.Observations)
	answers := func(p *part) []dayAnswer {
		key := p.series.Key
		if answer.Failed[key] != nil {
			return nil
		}
		return p.answers(observed[key], answer.Damaged, shown{source: msg.Source, span: request.Span, raw: raw, empty: answer.Empty[key], silent: answer.Silent[key]})
	}
	// Values first: nothing says that a day has none before those of its answer are stored.
	inserted, err := h.insert(ctx, ahead(batches(parts, len(answer.Observations), asking, answers)))
	var rows []row.Row
	for i := range parts {
		p := &parts[i]
		if i >= inserted || answer.Failed[p.series.Key] != nil {
			p.noteFailed(did, i, log)
			continue
		}
		rows, err = h.keep(ctx, p, asking, rows[:0], err)
		p.note(did, i, rows, log)
	}
	if err != nil {
		return fmt.Errorf("rows of %s: %w", msg.stream.ID, err)
	}
	return failure(request.Series, answer.Failed)
}

// partial is the error of an attempt that had an answer for some of its series.
type partial struct{ error }

func (p partial) Unwrap() error { return p.error }

// failure returns an error when some of the series asked for could not be had: the
// next attempt asks for them alone. It tells each reason once.
func failure(asked []source.Series, why map[string]error) error {
	var errs []error
	for _, s := range asked {
		if err := why[s.Key]; err != nil && !slices.Contains(errs, err) {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	err, others := source.Foremost(errs), ""
	for _, other := range errs {
		if other != err {
			others += "; " + other.Error()
		}
	}
	return partial{fmt.Errorf("%w%s", err, others)}
}

// coverage reads what is stored of the stream's range, right before the
// publisher is asked: that makes duplicates of the message harmless.
func (h *Handler) coverage(ctx context.Context, msg task) ([]part, error) {
	parts := make([]part, 0, len(msg.stream.Series))
	for _, key := range msg.stream.Series {
		series, err := h.Catalogue.Find(key)
		if err != nil {
			return nil, err
		}
		p := part{series: series, days: msg.stream.Span(), expected: series.Expected(msg.stream.Span())}
		reach := series.Around(p.days, neighbours)
		newest, before := series.LookbackAt(msg.AsOf)
		if len(newest) > 0 && newest[0].From <= p.days.To { // whether it was compared today stands in its newest day
			reach.To = max(reach.To, newest[len(newest)-1].To)
		}
		if p.around, err = h.Store.Rows(ctx, key, reach); err != nil {
			return nil, fmt.Errorf("coverage of %s: %w", key, err)
		}
		if due, any := series.Due(msg.AsOf); any && due >= reach.From {
			p.due, p.newest = series.Expected(span.Span{From: reach.From, To: min(due, reach.To)}), due
		}
		p.want(msg.Only, newest, before, span.DayOf(msg.AsOf))
		parts = append(parts, p)
	}
	return parts, nil
}

// want decides which days of p are asked for, and which of those to be compared.
func (p *part) want(only row.Only, newest span.Runs, before, today span.Day) {
	marks := make([]row.Mark, len(p.around))
	for i := range p.around {
		marks[i] = p.around[i].Mark()
	}
	rows := only.Sort(marks, newest, before, today)
	p.again, p.wanted = rows.Compared, only.Wanted(p.due.Within(p.days), rows)
}

// requestFor returns the smallest request that has every wanted day of parts
// and, as far as maxDays allows, their witnesses; without series when no day is
// wanted.
func requestFor(parts []part, maxDays int) source.Request {
	var r source.Request
	var days, witnesses []span.Span
	for i := range parts {
		p := &parts[i]
		if len(p.wanted) == 0 {
			continue
		}
		days = append(days, p.wanted...)
		witnesses = append(witnesses, p.witnesses()...)
		r.Series = append(r.Series, source.Series{Key: p.series.Key, Code: p.series.Code, Fields: p.series.Fields})
	}
	r.Span = hull(days)
	for _, w := range witnesses {
		if wider := hull([]span.Span{r.Span, w}); maxDays <= 0 || wider.Days() <= maxDays {
			r.Span = wider
		}
	}
	return r
}

// hull returns the range from the first to the last day of spans.
func hull(spans []span.Span) span.Span {
	all := span.Collect(spans...)
	if len(all) == 0 {
		return span.Span{}
	}
	return span.Span{From: all[0].From, To: all[len(all)-1].To}
}

// witnesses returns the published days nearest to the wanted ones, on either
// side: an answer that has both shows what lies between. Only a series that
// learns from that asks for them.
func (p *part) witnesses() []span.Span {
	if p.series.OnEmpty != catalogue.Learn {
		return nil
	}
	published, wanted := p.published(), hull(p.wanted)
	var found []span.Span
	if day, ok := published.Before(wanted.From + 1); ok && p.steps(day, wanted.From) <= neighbours {
		found = append(found, span.Span{From: day, To: day})
	}
	if day, ok := published.After(wanted.To - 1); ok && p.steps(wanted.To, day) <= neighbours {
		found = append(found, span.Span{From: day, To: day})
	}
	return found
}

// published returns the due days that are stored, and that the publisher still had
// when they were last compared.
func (p *part) published() span.Runs {
	var days span.Runs
	for i := range p.around {
		if p.around[i].Shown() {
			days = days.Append(p.around[i].Day)
		}
	}
	return days.Intersect(p.due)
}

// maxDays returns the longest range that a source takes in a request.
func (h *Handler) maxDays(name string) int {
	s, ok := h.Catalogue.Source(name)
	if !ok {
		return 0
	}
	return s.MaxDays
}

// onceMalformed returns an error named Malformed the first time that a stream
// gets damaged rows. When they come again the good rows are stored, and the
// damaged days become incomplete.
func onceMalformed(t task, did *store.Stream, damaged []source.Damage) error {
	earlier, err := t.earlier()
	if err != nil {
		return err
	}
	did.Malformed = true
	if earlier[did.ID].Malformed {
		return nil
	}
	d := damaged[0]
	return fault.New(fault.Malformed, "%d damaged rows, first %s %s: %s", len(damaged), d.Key, d.Day, d.Reason)
}

// earlier returns what earlier attempts at the streams of a run left behind, by id.
func (h *Handler) earlier(ctx context.Context, run string) (map[string]store.Stream, error) {
	streams, err := h.Store.Streams(ctx, run)
	if err != nil {
		return nil, fmt.Errorf("earlier attempts: %w", err)
	}
	byID := make(map[string]store.Stream, len(streams))
	for _, s := range streams {
		byID[s.ID] = s
	}
	return byID, nil
}

// keep applies what was answered to the rows of p's range, and adds to rows, which is empty,
// what is there then. The fresh ones are stored already. After a failure, failed or its
// own, it changes nothing more. Of the days outside the range only
// p's own witnesses count, and what changes their rows.
func (h *Handler) keep(ctx context.Context, p *part, asking row.Asking, rows []row.Row, failed error) ([]row.Row, error) {
	rows = slices.Grow(rows, max(len(p.answered), len(p.stored())))
	witnesses := span.Collect(p.witnesses()...)
	stored := p.around
	pass := func(to span.Day) { // the rows before to that the answer says nothing of
		for ; len(stored) > 0 && stored[0].Day < to; stored = stored[1:] {
			if p.days.Contains(stored[0].Day) {
				rows = append(rows, stored[0])
			}
		}
	}
	for i := range p.answered {
		a := &p.answered[i]
		pass(a.day)
		old := row.Row{Series: p.series.Key, Day: a.day}
		if len(stored) > 0 && stored[0].Day == a.day {
			old, stored = stored[0], stored[1:]
		}
		inside := p.days.Contains(a.day)
		if !inside && !witnesses.Contains(a.day) {
			continue
		}
		asking := p.asking(asking, old, a)
		next, change := row.Next(old, p.says(a), asking)
		isFresh := change == row.Added && next.Status == row.Observed
		if change != row.Unchanged && !isFresh && failed == nil {
			failed = store.Replace(ctx, h.Store, old, next, func(now row.Row) (row.Row, bool, error) {
				next, change = row.Next(now, p.says(a), asking)
				return next, change != row.Unchanged, nil
			})
		}
		if failed != nil && !isFresh {
			next, change = old, row.Unchanged
		}
		if !inside {
			if change == row.Revised {
				p.outside = p.outside.Append(a.day)
			}
			continue
		}
		if failed == nil && asking.Compared && len(a.fields) == 0 && next.Shown() {
			p.lost = p.lost.Append(a.day)
		}
		if next.Status != "" {
			rows = append(rows, next)
		}
	}
	pass(p.days.To + 1)
	return rows, failed
}

// asking returns a run's asking for the day of old, as a answers it.
func (p *part) asking(run row.Asking, old row.Row, a *dayAnswer) row.Asking {
	run.Wanted, run.Lookback = p.wanted.Contains(a.day), p.again.Contains(a.day)
	run.Compared = run.Wanted && old.Status == row.Observed
	if a.empty != nil {
		run.Empty = *a.empty
	}
	return run
}

// group returns the observations of each series.
func group(observations []source.Observation) map[string][]source.Observation {
	byKey := map[string][]source.Observation{}
	for from := 0; from < len(observations); {
		key, to := observations[from].Key, from+1
		for to < len(observations) && observations[to].Key == key {
			to++
		}
		if these := observations[from:to:to]; byKey[key] == nil { // of most sources, all of the series
			byKey[key] = these
		} else {
			byKey[key] = append(byKey[key], these...)
		}
		from = to
	}
	return byKey
}
