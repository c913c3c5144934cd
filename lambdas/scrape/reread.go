package scrape

import (
	"context"
	"fmt"
	"log/slog"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// record returns a context whose answers are recorded when those of the source are kept;
// else the tape is nil.
func (h *Handler) record(ctx context.Context, name string) (context.Context, *source.Tape) {
	if of, ok := h.Catalogue.Source(name); h.Bodies == nil || !ok || !of.KeepsBodies {
		return ctx, nil
	}
	tape := source.Record()
	return source.WithTape(ctx, tape), tape
}

// keepBodies keeps what tape has recorded, if there is one, before any row tells of it.
func (h *Handler) keepBodies(ctx context.Context, name string, r source.Request, tape *source.Tape, did *store.Stream, log *slog.Logger) (hash string, err error) {
	if tape == nil {
		return "", nil
	}
	if _, err := tape.Answers(); err != nil {
		warn(did, log, fmt.Sprintf("%s %s: %s", name, r.Span, err))
		return "", nil
	}
	hash, err = h.Bodies.Keep(ctx, name, r, tape)
	switch {
	case fault.NameOf(err) == fault.StoreUnusable:
		return "", fmt.Errorf("bodies of %s: %w", name, err)
	case err != nil:
		return "", fault.New(fault.StoreUnavailable, "bodies of %s: %w", name, err)
	}
	return hash, nil
}

// Reread is what a kept answer, read again, says of one series.
type Reread struct {
	Key     string
	Same    int        // rows that came from it and stay as they are
	Changed []span.Day // those that do not
	Lost    []span.Day // observed ones that it has no good value for any more: they stay
}

// Reread reads answer, which asking for r gives when what was kept as raw is played, and
// changes the rows of days that came from it. Nothing is changed in a dry run. A value that is
// another one now is a revision; days without a row, and those of other answers, are let
// alone, and nobody's attempts are counted.
func (h *Handler) Reread(ctx context.Context, raw, name string, r source.Request, days span.Span, answer source.Answer, asking row.Asking, dryRun bool) ([]Reread, error) {
	observed := group(answer.Observations)
	var all []Reread
	for _, one := range r.Series {
		series, err := h.Catalogue.Find(one.Key)
		if err != nil {
			return nil, err
		}
		p := part{series: series, days: r.Span}
		reach := series.Around(r.Span, neighbours)
		if p.around, err = h.Store.Rows(ctx, one.Key, reach); err != nil {
			return nil, fmt.Errorf("rows of %s: %w", one.Key, err)
		}
		p.due = series.Expected(reach)
		said := map[span.Day]row.Answer{}
		for _, a := range p.answers(observed[one.Key], nil, shown{source: name, span: r.Span, raw: raw}) {
			said[a.day] = p.says(&a)
		}
		result := Reread{Key: one.Key}
		for _, old := range p.around {
			if old.Raw != raw || !r.Span.Contains(old.Day) || !days.Contains(old.Day) {
				continue
			}
			if err := h.reread(ctx, &result, old, said[old.Day], asking, dryRun); err != nil {
				return nil, fmt.Errorf("row %s %s: %w", one.Key, old.Day, err)
			}
		}
		all = append(all, result)
	}
	return all, nil
}

// reread changes one row to what is said of its day now.
func (h *Handler) reread(ctx context.Context, result *Reread, old row.Row, said row.Answer, asking row.Asking, dryRun bool) error {
	next, change := row.Next(old, said, asking)
	switch {
	case change == row.Unchanged && old.Status == row.Observed && (len(said.Fields) == 0 || said.Reason != ""):
		result.Lost = append(result.Lost, old.Day)
		return nil
	case change == row.Unchanged:
		result.Same++
		return nil
	}
	result.Changed = append(result.Changed, old.Day)
	if dryRun {
		return nil
	}
	return store.Replace(ctx, h.Store, old, next, func(now row.Row) (row.Row, bool, error) {
		if now.Raw != old.Raw { // it is of another answer by now
			return now, false, nil
		}
		next, change := row.Next(now, said, asking)
		return next, change != row.Unchanged, nil
	})
}
