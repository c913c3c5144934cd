package export

import (
	"context"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Whole is all that is stored of a day, as a line of JSON: what another store needs to
// have the day as this one has it. A day of which only revisions are left has no status.
type Whole struct {
	SchemaVersion int      `json:"schema_version"`
	Series        string   `json:"info_type"`
	Day           span.Day `json:"date"`
	stored
	Revisions []replaced `json:"revisions,omitempty"` // in the order of their replacement
}

// WholeVersion is the version of its form.
const WholeVersion = 1

// stored is a row without its key.
type stored struct {
	Status    row.Status `json:"status,omitempty"`
	Fields    row.Fields `json:"fields,omitempty"` // digits as published
	Source    string     `json:"source,omitempty"`
	FetchedAt time.Time  `json:"fetched_at,omitzero"`
	Run       string     `json:"run,omitempty"`
	Attempts  int        `json:"attempts,omitempty"`
	RetryAt   span.Day   `json:"retry_at,omitzero"`
	Reason    string     `json:"reason,omitempty"`
	Trail     []row.Step `json:"trail,omitempty"`
	Raw       string     `json:"raw,omitempty"`
}

type replaced struct {
	stored
	ReplacedAt time.Time `json:"replaced_at,omitzero"`
	ReplacedBy string    `json:"replaced_by,omitempty"`
}

// NewWhole returns a row and the revisions of its day as one.
func NewWhole(r row.Row, revisions []row.Revision) Whole {
	w := Whole{SchemaVersion: WholeVersion, Series: r.Series, Day: r.Day, stored: storedOf(r)}
	for _, old := range revisions {
		w.Revisions = append(w.Revisions, replaced{storedOf(old.Row), old.ReplacedAt, old.ReplacedBy})
	}
	return w
}

func storedOf(r row.Row) stored {
	return stored{r.Status, r.Fields, r.Source, r.FetchedAt, r.Run, r.Attempts, r.RetryAt, r.Reason, r.Trail, r.Raw}
}

func (s stored) row(series string, day span.Day) row.Row {
	return row.Row{Series: series, Day: day, Status: s.Status, Fields: s.Fields, Source: s.Source, FetchedAt: s.FetchedAt.UTC(), Run: s.Run,
		Attempts: s.Attempts, RetryAt: s.RetryAt, Reason: s.Reason, Trail: s.Trail, Raw: s.Raw}
}

// Row returns the row, without a status where there is none.
func (w *Whole) Row() row.Row { return w.stored.row(w.Series, w.Day) }

// Past returns the revisions.
func (w *Whole) Past() []row.Revision {
	var list []row.Revision
	for _, old := range w.Revisions {
		list = append(list, row.Revision{Row: old.stored.row(w.Series, w.Day), ReplacedAt: old.ReplacedAt.UTC(), ReplacedBy: old.ReplacedBy})
	}
	return list
}

// Whole writes all that is stored of each day of keys, a line a day.
func (e *Exporter) Whole(ctx context.Context, out output.JSONLines, keys []string) error {
	for _, key := range keys {
		rows, err := e.Rows.Rows(ctx, key, e.Days)
		if err != nil {
			return err
		}
		revisions, err := e.Rows.Revisions(ctx, key, e.Days)
		if err != nil {
			return err
		}
		for len(rows)+len(revisions) > 0 {
			var r row.Row
			if len(rows) > 0 && (len(revisions) == 0 || rows[0].Day <= revisions[0].Day) {
				r, rows = rows[0], rows[1:]
			} else {
				r = row.Row{Series: key, Day: revisions[0].Day}
			}
			n := 0
			for n < len(revisions) && revisions[n].Day == r.Day {
				n++
			}
			if err := out.Encode(NewWhole(r, revisions[:n])); err != nil {
				return err
			}
			revisions = revisions[n:]
		}
	}
	return out.Flush()
}
