package scrape

import (
	"context"
	"iter"
	"slices"

	"lacuna/internal/row"
)

// insertRows is from how many rows on those of whole series are stored, rather than held
// beside those of the others: a stream has up to 25,000.
const insertRows = 4096

// batch is rows to insert, the last of the first parts of a stream.
type batch struct {
	rows  []row.Row
	parts int
}

// batches has the days of each of parts answered, and yields the rows of those that had none.
// observations is how many there are.
func batches(parts []part, observations int, asking row.Asking, answers func(*part) []dayAnswer) iter.Seq[batch] {
	return func(yield func(batch) bool) {
		var fresh [2][]row.Row // one is stored while the other is filled
		for i, n := 0, 0; i < len(parts); i++ {
			p := &parts[i]
			p.answered = answers(p)
			if fresh[n] == nil {
				fresh[n] = make([]row.Row, 0, min(observations, insertRows+len(p.answered)))
			}
			fresh[n] = p.fresh(asking, fresh[n])
			if len(fresh[n]) < insertRows && i < len(parts)-1 {
				continue
			}
			if !yield(batch{fresh[n], i + 1}) {
				return
			}
			n = 1 - n
			fresh[n] = fresh[n][:0]
		}
	}
}

// fresh adds to rows those of the days of p's range that had no row and now are observed.
func (p *part) fresh(asking row.Asking, rows []row.Row) []row.Row {
	rows = slices.Grow(rows, len(p.answered))
	stored := p.stored()
	for i := range p.answered {
		a := &p.answered[i]
		for len(stored) > 0 && stored[0].Day < a.day {
			stored = stored[1:]
		}
		if !p.days.Contains(a.day) || len(stored) > 0 && stored[0].Day == a.day {
			continue
		}
		old := row.Row{Series: p.series.Key, Day: a.day}
		if next, _ := row.Next(old, p.says(a), p.asking(asking, old, a)); next.Status == row.Observed {
			rows = append(rows, next)
		}
	}
	return rows
}

// insert stores batches, and returns of how many parts all rows are stored.
func (h *Handler) insert(ctx context.Context, batches iter.Seq[batch]) (parts int, err error) {
	for b := range batches {
		if parts == 0 && h.Turn != nil {
			if err := h.Turn.Acquire(ctx, 1); err != nil {
				return 0, err
			}
			defer h.Turn.Release(1)
		}
		if err := h.Store.Insert(ctx, b.rows); err != nil {
			return parts, err
		}
		parts = b.parts
	}
	return parts, nil
}

// ahead yields what seq yields, and has seq make the next one meanwhile. It returns when seq
// has.
func ahead[T any](seq iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		made := make(chan T)
		go func() {
			defer close(made)
			for v := range seq {
				made <- v
			}
		}()
		defer func() {
			for range made { // nobody wants the others, after an error
			}
		}()
		for v := range made {
			if !yield(v) {
				return
			}
		}
	}
}
