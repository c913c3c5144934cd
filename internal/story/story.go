// Package story tells all that is known of one day of a series, and what becomes of it.
package story

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Story is all that is known of one day of one series.
type Story struct {
	SchemaVersion int        `json:"schema_version"`
	Key           string     `json:"key"`
	Day           span.Day   `json:"day"`
	Weekday       string     `json:"weekday"`
	Expected      bool       `json:"expected"`
	Rule          string     `json:"rule"`            // by which it is or is not
	DueAt         time.Time  `json:"due_at,omitzero"` // of an expected day, until the year 9999
	State         string     `json:"state"`           // of the row, or missing, not_due or closed
	Row           *Row       `json:"row"`             // null: there is none
	Revisions     []Replaced `json:"revisions"`       // oldest first
	Failures      []Failure  `json:"failures"`        // of the last runs, newest first; of a missing day
	Next          string     `json:"next"`            // what becomes of it, for people
	AsksOn        span.Day   `json:"asks_on,omitzero"`

	stored   row.Row           // what Row is of
	Of       *catalogue.Series `json:"-"`
	Commands []string          `json:"-"` // that may be of use
	Acts     []row.Act         `json:"-"` // those of them by which a person decides
}

// Row is the row of the day.
type Row struct {
	Status    row.Status `json:"status"`
	Fields    row.Fields `json:"fields"` // as published
	Source    string     `json:"source"`
	FetchedAt time.Time  `json:"fetched_at"` // by Run
	Run       string     `json:"run"`
	Compared  time.Time  `json:"compared_at,omitzero"` // when a later run last asked for the same day
	Attempts  int        `json:"attempts"`
	RetryAt   span.Day   `json:"retry_at,omitzero"`
	Reason    string     `json:"reason,omitempty"`
	Withdrawn string     `json:"withdrawn,omitempty"` // by what proof the publisher no longer has the value
	Trail     []row.Step `json:"trail"`               // what made it so; an observed row that never was anything else has one step
}

// Replaced is a row that gave way.
type Replaced struct {
	Row
	ReplacedAt time.Time `json:"replaced_at"`
	ReplacedBy string    `json:"replaced_by"`
}

// Failure is a failure of a run that should have asked for the day.
type Failure struct {
	Run     string    `json:"run"`
	At      time.Time `json:"at"`
	Error   string    `json:"error"`
	Message string    `json:"message,omitempty"`
}

// Reader is where a story is read.
type Reader interface {
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
	Runs(ctx context.Context, limit int) ([]store.Run, error)
}

// Tell tells all that is known at asOf of a day of a series. again makes a command of a
// verb, in the words of who asks.
func Tell(ctx context.Context, rows Reader, of *catalogue.Series, day span.Day, asOf time.Time, again func(verb string, more ...string) string) (*Story, error) {
	st := &Story{
		SchemaVersion: output.SchemaVersion, Key: of.Key, Day: day, Weekday: day.Weekday().String(),
		Revisions: []Replaced{}, Failures: []Failure{}, Of: of,
	}
	if st.Expected, st.Rule = of.Explain(day); st.Expected {
		if at := of.DueAt(day); at.Year() <= 9999 { // JSON has no later times
			st.DueAt = at
		}
	}
	if err := st.readRows(ctx, rows); err != nil {
		return nil, err
	}
	st.judge(asOf, again)
	if st.State == StateMissing {
		return st, st.readFailures(ctx, rows)
	}
	return st, nil
}

func (st *Story) readRows(ctx context.Context, rows Reader) error {
	only := span.Span{From: st.Day, To: st.Day}
	stored, err := rows.Rows(ctx, st.Key, only)
	if err != nil {
		return err
	}
	if len(stored) > 0 {
		of := storyRowOf(stored[0])
		st.Row, st.stored = &of, stored[0]
	}
	revisions, err := rows.Revisions(ctx, st.Key, only)
	if err != nil {
		return err
	}
	for _, r := range revisions {
		st.Revisions = append(st.Revisions, Replaced{storyRowOf(r.Row), r.ReplacedAt, r.ReplacedBy})
	}
	return nil
}

func storyRowOf(r row.Row) Row {
	trail := r.Trail
	if len(trail) == 0 {
		trail = []row.Step{{At: r.FetchedAt, Run: r.Run, Answer: string(r.Status), Reason: r.Reason}}
	}
	fetched, compared := r.Fetched(), r.FetchedAt
	if !compared.After(fetched) {
		compared = time.Time{}
	}
	return Row{r.Status, r.Fields, r.Source, fetched, r.Run, compared, r.Attempts, r.RetryAt, r.Reason, r.Withdrawn(), trail}
}

// States of a day that has no row, or is missing by a person's word.
const (
	StateMissing = string(row.Missing)
	stateNotDue  = "not_due"
	stateClosed  = "closed"
)

// judge says how the day stands, and what becomes of it.
func (st *Story) judge(asOf time.Time, again func(verb string, more ...string) string) {
	about := " --series " + output.Quote(st.Key) + " --from " + st.Day.String() + " --to " + st.Day.String()
	act := func(verb row.Act) string {
		st.Acts = append(st.Acts, verb)
		return again(string(verb)) + about + " --reason TEXT"
	}
	r := st.Row
	if r != nil {
		st.State = string(r.Status)
	}
	last, due := st.Of.Due(asOf)
	newest, before := st.Of.LookbackAt(asOf)
	today := span.DayOf(asOf)
	switch {
	case r == nil && !st.Expected:
		st.State, st.Next = stateClosed, "Never asked for. A value that comes along is stored all the same."
	case r == nil && (!due || st.Day > last):
		st.State, st.Next = stateNotDue, "Asked for once it is due."
	case r == nil:
		st.State, st.Next = StateMissing, "The next backfill asks for it."
		st.Commands = []string{again("backfill") + about}
	case r.Status == row.Observed && !st.Expected:
		st.Next = "The calendar is contradicted: there is a value for a day that should have none. Mend the catalogue, or withdraw the value."
		st.Commands = []string{act(row.MarkMissing)}
	case r.Withdrawn != "":
		st.Next = "The value stays until a person decides: the publisher no longer has it."
		st.Commands = []string{act(row.MarkMissing), act(row.MarkAbsent), act(row.Accept)}
	case r.Status == row.Observed && newest.Contains(st.Day) && (before == today || span.DayOf(st.stored.FetchedAt) < before):
		st.Next = "Compared again once a day, as one of the newest of its series."
	case r.Status == row.Observed:
		st.Next = "Not asked for again, unless by --only all."
	case r.Status == row.Quarantined:
		st.Next = "Waits for a person, and is not asked for by itself."
		st.Commands = []string{act(row.Release), act(row.MarkAbsent)}
	case !st.Expected:
		st.Next = "Not expected, so not asked for again."
	case st.stored.MarkedMissing():
		st.State, st.Next = StateMissing, "Marked missing: the next backfill asks for it."
		st.Commands = []string{again("backfill") + about}
	case r.RetryAt != 0:
		st.AsksOn, st.Next = r.RetryAt, fmt.Sprintf("Asked again by the first backfill from %s on.", r.RetryAt)
	default:
		st.Next = "Settled, and not asked for again."
		st.Commands = []string{act(row.MarkMissing)}
	}
	if r != nil && (r.Status == row.Incomplete || r.Status == row.Quarantined) && len(r.Fields) == len(st.Of.Fields) {
		st.Commands = append(st.Commands, act(row.Accept))
	}
}

// recentRuns is how many runs are searched for failures.
const recentRuns = 50

func (st *Story) readFailures(ctx context.Context, rows Reader) error {
	runs, err := rows.Runs(ctx, recentRuns)
	if err != nil {
		return err
	}
	for _, r := range runs {
		sum, err := history.ParseSummary(r.Summary)
		if err != nil {
			return fmt.Errorf("summary of run %s: %w", r.ID, err)
		}
		for _, f := range sum.Failures {
			if st.concerns(f) {
				st.Failures = append(st.Failures, Failure{r.ID, r.AsOf, f.Error, f.Message})
			}
		}
	}
	return nil
}

// concerns reports whether f kept a run from asking for the day.
func (st *Story) concerns(f message.Failure) bool {
	switch {
	case f.Span != span.Span{} && !f.Span.Contains(st.Day):
		return false
	case len(f.Series) > 0 && f.More == 0:
		return slices.Contains(f.Series, st.Key)
	}
	return f.Source == st.Of.Source
}
