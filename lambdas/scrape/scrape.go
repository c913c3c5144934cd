package scrape

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// part is one series of a stream: what is stored of its range, and which of its
// days are expected and wanted.
type part struct {
	series   *catalogue.Series
	stored   []row.Row // sorted by day
	expected span.Runs
	wanted   span.Runs
}

// scrape asks for what the stream still lacks and stores it. It adds to did
// what the requests and rows of this run are.
func (h *Handler) scrape(ctx context.Context, msg message.Scrape, did *store.Stream, log *slog.Logger) error {
	if msg.V != message.ScrapeVersion {
		return fault.New(fault.InputInvalid, "message version %d, want %d", msg.V, message.ScrapeVersion)
	}
	publisher, ok := h.Sources[msg.Source]
	if !ok {
		return fault.New(fault.InputInvalid, "source %q is not served here", msg.Source)
	}
	parts, err := h.coverage(ctx, msg)
	if err != nil {
		return err
	}
	request := requestFor(parts)
	if len(request.Series) == 0 { // another run, or an earlier attempt, was here
		for i, p := range parts {
			did.Series[i] = count(store.SeriesCount{Key: p.series.Key}, msg.Run, p.stored...)
		}
		return nil
	}
	open, err := h.pass(ctx, msg)
	if err != nil {
		return err
	}
	answer, err := publisher.Fetch(ctx, request)
	did.Requests = answer.Requests
	if err != nil {
		return fmt.Errorf("%s %s: %w", msg.Source, request.Span, err)
	}
	if open {
		if err := h.Store.SetBreaker(ctx, msg.Source, store.Breaker{}); err != nil {
			return fmt.Errorf("breaker of %s: %w", msg.Source, err)
		}
	}
	if len(answer.Damaged) > 0 {
		if err := h.onceMalformed(ctx, did, answer.Damaged); err != nil {
			return err
		}
	}
	asking := row.Asking{Run: msg.Run, At: msg.AsOf}
	observed := group(answer.Observations)
	fresh := make([]row.Row, 0, len(answer.Observations))
	for i := range parts {
		p := &parts[i]
		answers := answersFor(p, observed[p.series.Key], answer.Damaged, msg.Source)
		if fresh, did.Series[i], err = h.keep(ctx, p, answers, asking, fresh, log); err != nil {
			return fmt.Errorf("rows of %s: %w", p.series.Key, err)
		}
	}
	if err := h.Store.Insert(ctx, fresh); err != nil {
		return fmt.Errorf("rows of %s: %w", msg.Stream.ID, err)
	}
	return nil
}

// coverage reads what is stored of the stream's range, right before the
// publisher is asked: that makes duplicates of the message harmless.
func (h *Handler) coverage(ctx context.Context, msg message.Scrape) ([]part, error) {
	today := span.DayOf(msg.AsOf)
	parts := make([]part, 0, len(msg.Stream.Series))
	for _, key := range msg.Stream.Series {
		series, ok := h.Catalogue.Lookup(key)
		if !ok {
			return nil, fault.New(fault.InputInvalid, "series %q is not in the catalogue", key)
		}
		stored, err := h.Store.Rows(ctx, key, msg.Stream.Span())
		if err != nil {
			return nil, fmt.Errorf("coverage of %s: %w", key, err)
		}
		p := part{series: series, stored: stored, expected: series.Expected(msg.Stream.Span())}
		if due, any := series.Due(msg.AsOf); any && due >= msg.Stream.From {
			dueOnes := p.expected.Within(span.Span{From: msg.Stream.From, To: due})
			p.wanted = wantedOf(dueOnes, stored, msg.Only, today)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func wantedOf(due span.Runs, stored []row.Row, only row.Only, today span.Day) span.Runs {
	var settled, recheck span.Runs
	for i := range stored {
		if only.Wants(stored[i].Mark(), today) {
			recheck = recheck.Append(stored[i].Day)
		} else {
			settled = settled.Append(stored[i].Day)
		}
	}
	if !only.WantsMissing() {
		return due.Intersect(recheck)
	}
	return due.Subtract(settled)
}

// requestFor returns the smallest request that has every wanted day of parts,
// without series when none is wanted.
func requestFor(parts []part) source.Request {
	var r source.Request
	for _, p := range parts {
		if len(p.wanted) == 0 {
			continue
		}
		all := span.Span{From: p.wanted[0].From, To: p.wanted[len(p.wanted)-1].To}
		if len(r.Series) == 0 {
			r.Span = all
		}
		r.Span = span.Span{From: min(r.Span.From, all.From), To: max(r.Span.To, all.To)}
		r.Series = append(r.Series, source.Series{Key: p.series.Key, Code: p.series.Code, Fields: p.series.Fields})
	}
	return r
}

// onceMalformed returns an error named Malformed the first time that a stream
// gets damaged rows. When they come again the good rows are stored, and the
// damaged days become incomplete.
func (h *Handler) onceMalformed(ctx context.Context, did *store.Stream, damaged []source.Damage) error {
	streams, err := h.Store.Streams(ctx, did.Run)
	if err != nil {
		return fmt.Errorf("earlier attempts: %w", err)
	}
	seen := slices.ContainsFunc(streams, func(s store.Stream) bool { return s.ID == did.ID && s.Malformed })
	did.Malformed = true
	if seen {
		return nil
	}
	d := damaged[0]
	return fault.New(fault.Malformed, "%d damaged rows, first %s %s: %s", len(damaged), d.Key, d.Day, d.Reason)
}

// keep applies answers, which are sorted by day, to the rows of p, and counts
// what the run leaves there. It returns fresh with the days that had no row and
// now are observed; they are still to be stored.
func (h *Handler) keep(ctx context.Context, p *part, answers []dayAnswer, asking row.Asking, fresh []row.Row, log *slog.Logger) ([]row.Row, store.SeriesCount, error) {
	counts := store.SeriesCount{Key: p.series.Key}
	stored := p.stored
	for _, a := range answers {
		for len(stored) > 0 && stored[0].Day < a.day {
			counts, stored = count(counts, asking.Run, stored[0]), stored[1:]
		}
		old := row.Row{Series: p.series.Key, Day: a.day}
		if len(stored) > 0 && stored[0].Day == a.day {
			old, stored = stored[0], stored[1:]
		} else if !p.expected.Contains(a.day) {
			_, why := p.series.Explain(a.day)
			log.WarnContext(ctx, "value for a day that is not expected", "series", p.series.Key, "day", a.day.String(), "catalogue_says", why)
		}
		asking.Wanted = p.wanted.Contains(a.day)
		next, change := row.Next(old, a.Answer, asking)
		switch {
		case change == row.Added && next.Status == row.Observed:
			fresh = append(fresh, next)
		case change != row.Unchanged:
			var err error
			if next, err = h.change(ctx, old, next, a.Answer, asking); err != nil {
				return fresh, counts, err
			}
		}
		counts = count(counts, asking.Run, next)
	}
	return fresh, count(counts, asking.Run, stored...), nil
}

// change stores next in place of old. When somebody else was quicker, the
// answer is applied to what they left. A value that the publisher has revised
// stays in the trail.
func (h *Handler) change(ctx context.Context, old, next row.Row, a row.Answer, asking row.Asking) (row.Row, error) {
	for {
		if old.Status == row.Observed {
			next.Trail[len(next.Trail)-1].Reason = fmt.Sprintf("was %v", old.Fields)
		}
		err := h.Store.Change(ctx, old, next)
		if !errors.Is(err, store.ErrConflict) {
			return next, err
		}
		rows, err := h.Store.Rows(ctx, old.Series, span.Span{From: old.Day, To: old.Day})
		if err != nil {
			return row.Row{}, err
		}
		old = row.Row{Series: old.Series, Day: old.Day}
		if len(rows) == 1 {
			old = rows[0]
		}
		var change row.Change
		if next, change = row.Next(old, a, asking); change == row.Unchanged {
			return next, nil
		}
	}
}

type dayAnswer struct {
	day span.Day
	row.Answer
}

// answersFor returns what the publisher said about the days of p, by day: its
// observations, the damaged days that were wanted, and an empty answer for each
// wanted day that it left out. A day that is both observed and damaged counts
// as damaged.
func answersFor(p *part, observed []source.Observation, damaged []source.Damage, name string) []dayAnswer {
	var got []dayAnswer
	for _, d := range damaged {
		if d.Key == p.series.Key && p.wanted.Contains(d.Day) {
			got = append(got, dayAnswer{d.Day, row.Answer{Fields: d.Fields, Reason: d.Reason, Source: name}})
		}
	}
	got = slices.Grow(got, len(observed))
	for _, o := range observed {
		got = append(got, dayAnswer{o.Day, row.Answer{Fields: o.Fields, Reason: p.series.Check(o.Fields), Source: name}})
	}
	byDay := func(a, b dayAnswer) int { return int(a.day - b.day) }
	slices.SortStableFunc(got, byDay)
	got = slices.CompactFunc(got, func(a, b dayAnswer) bool { return a.day == b.day })
	answers := make([]dayAnswer, 0, len(got))
	for day := range p.wanted.All() {
		for len(got) > 0 && got[0].day < day {
			answers, got = append(answers, got[0]), got[1:]
		}
		if len(got) == 0 || got[0].day != day {
			answers = append(answers, dayAnswer{day, row.Answer{Source: name}})
		}
	}
	return append(answers, got...)
}

// group returns the observations of each series.
func group(observations []source.Observation) map[string][]source.Observation {
	byKey := map[string][]source.Observation{}
	for from := 0; from < len(observations); {
		key, to := observations[from].Key, from+1
		for to < len(observations) && observations[to].Key == key {
			to++
		}
		byKey[key] = append(byKey[key], observations[from:to]...)
		from = to
	}
	return byKey
}

// count adds those of rows that run wrote, so that a retry after a crash counts
// the same.
func count(c store.SeriesCount, run string, rows ...row.Row) store.SeriesCount {
	for _, r := range rows {
		if r.Status == row.Observed {
			c.Latest = max(c.Latest, r.Day)
		}
		if r.Run != run {
			continue
		}
		switch r.Status {
		case row.Observed:
			c.Observed++
		case row.Absent:
			c.Absent++
		case row.Incomplete:
			c.Incomplete++
		case row.Quarantined:
			c.Quarantined++
		}
		if r.RetryAt != 0 {
			c.Pending++
		}
	}
	return c
}
