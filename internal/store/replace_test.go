package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/memory"

	"github.com/google/go-cmp/cmp"
)

const day = span.Day(19724)

// of returns the row of the day that a run wrote.
func of(run string) row.Row {
	return row.Row{Series: "A", Day: day, Status: row.Incomplete, Run: run}
}

func TestReplace(t *testing.T) {
	none := row.Row{Series: "A", Day: day}
	broken := errors.New("no such decision")
	for _, tt := range []struct {
		name      string
		stored    row.Row // without a status: none
		old       row.Row
		next      row.Row // what again makes of seen
		ok        bool
		err       error
		seen      []row.Row // by again
		want      string    // run of the row that is there then
		wantError error
	}{
		{name: "as it was read", stored: of("1"), old: of("1"), want: "mine"},
		{name: "none was there", stored: none, old: none, want: "mine"},
		{name: "changed meanwhile", stored: of("2"), old: of("1"), next: of("mine, again"), ok: true, seen: []row.Row{of("2")}, want: "mine, again"},
		{name: "made meanwhile", stored: of("2"), old: none, next: of("mine, again"), ok: true, seen: []row.Row{of("2")}, want: "mine, again"},
		{name: "gone meanwhile", stored: none, old: of("1"), next: of("mine, again"), ok: true, seen: []row.Row{none}, want: "mine, again"},
		{name: "changed meanwhile to what is wanted", stored: of("2"), old: of("1"), next: of("mine, again"), seen: []row.Row{of("2")}, want: "2"},
		{name: "changed meanwhile to what must stay", stored: of("2"), old: of("1"), next: of("mine, again"), ok: true, err: broken, seen: []row.Row{of("2")}, want: "2", wantError: broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := memory.New()
			if tt.stored.Status != "" {
				if err := in.Change(t.Context(), none, tt.stored); err != nil {
					t.Fatal(err)
				}
			}
			var seen []row.Row
			err := store.Replace(t.Context(), in, tt.old, of("mine"), func(now row.Row) (row.Row, bool, error) {
				if seen = append(seen, now); len(seen) > 3 {
					return row.Row{}, false, errors.New("decided again and again")
				}
				return tt.next, tt.ok, tt.err
			})
			if !errors.Is(err, tt.wantError) {
				t.Errorf("error %v, want %v", err, tt.wantError)
			}
			if diff := cmp.Diff(tt.seen, seen); diff != "" {
				t.Errorf("decided again of (-want +got):\n%s", diff)
			}
			rows, err := in.Rows(t.Context(), "A", span.Span{From: day, To: day})
			if err != nil || len(rows) != 1 || rows[0].Run != tt.want {
				t.Errorf("stored %+v, %v; want that of %q", rows, err, tt.want)
			}
		})
	}
}

// blind is a store that has changed and cannot be read any more.
type blind struct{ err error }

func (b blind) Change(context.Context, row.Row, row.Row) error { return store.ErrConflict }
func (b blind) Rows(context.Context, string, span.Span) ([]row.Row, error) {
	return nil, b.err
}

func TestReplaceReturnsWhyItCannotReadAgain(t *testing.T) {
	broken := errors.New("no such table")
	err := store.Replace(t.Context(), blind{broken}, of("1"), of("mine"), func(row.Row) (row.Row, bool, error) {
		t.Error("decided on a row that was not read")
		return row.Row{}, false, nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

// torn is a store whose rows are read from another place than they are changed in, and
// returns those of a list in turn.
type torn struct {
	rows  []row.Row
	tries int
}

func (s *torn) Change(context.Context, row.Row, row.Row) error { s.tries++; return store.ErrConflict }
func (s *torn) Rows(context.Context, string, span.Span) ([]row.Row, error) {
	return []row.Row{s.rows[s.tries%len(s.rows)]}, nil
}

func TestReplaceEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		rows  []row.Row
		tries int
		want  string
	}{
		"the row that was tried is there":       {[]row.Row{of("1")}, 3, "read as it was"},
		"another one each time":                 {[]row.Row{of("1"), of("2")}, 100, "100 tries"},
		"once another one, and then that again": {[]row.Row{of("2")}, 4, "read as it was"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &torn{rows: tt.rows}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := store.Replace(ctx, in, of("1"), of("mine"), func(row.Row) (row.Row, bool, error) { return of("mine"), ctx.Err() == nil, nil })
			if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), tt.want) || in.tries != tt.tries {
				t.Errorf("after %d tries: %v, want %d and %q", in.tries, err, tt.tries, tt.want)
			}
		})
	}
}
