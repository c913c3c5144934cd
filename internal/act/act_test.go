package act_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/act"
	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"

	"github.com/google/go-cmp/cmp"
)

var at = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// rival lets somebody else be quicker, once.
type rival struct {
	*memory.Store
	first func()
}

func (r *rival) Change(ctx context.Context, old, next row.Row) error {
	if r.first != nil {
		r.first()
		r.first = nil
	}
	return r.Store.Change(ctx, old, next)
}

func TestAnActIsDecidedAnewWhenTheRowHasChanged(t *testing.T) {
	day := span.Date(2026, 6, 15)
	stored := row.Row{Series: "A", Day: day, Status: row.Absent, FetchedAt: at, Run: "r1", Attempts: 1, RetryAt: day + 3, Reason: "no value published"}
	tests := []struct {
		name    string
		shown   bool
		quicker row.Row // what the row becomes before the act
		want    string
		wantErr string
	}{
		{"asked again meanwhile", false, row.Row{Status: row.Absent, Run: "r2", Attempts: 2, RetryAt: day + 5}, "absent r2 mark absent by ana: x", ""},
		{"done already, and only the answer was lost", false, row.Row{Status: row.Absent, Run: "r1", Reason: "as it was written", Trail: []row.Step{{At: at, Answer: "mark absent", By: "ana"}}},
			"absent r1 as it was written", ""},
		{"done by another person", false, row.Row{Status: row.Absent, Run: "r1", Trail: []row.Step{{At: at, Answer: "mark absent", By: "bruno"}}}, "absent r1 mark absent by ana: x", ""},
		{"observed meanwhile", false, row.Row{Status: row.Observed, Run: "r2", Fields: row.Fields{{Name: "value", Value: "1"}}}, "observed r2 ",
			"changed meanwhile and is observed: mark it missing first, which withdraws the value"},
		{"a value came meanwhile", false, row.Row{Status: row.Incomplete, Run: "r2", Fields: row.Fields{{Name: "value", Value: "1"}}}, "absent r2 mark absent by ana: x", ""},
		{"a value came that the person has not seen", true, row.Row{Status: row.Incomplete, Run: "r2", Reason: "odd", Fields: row.Fields{{Name: "value", Value: "1"}}}, "incomplete r2 odd",
			"changed meanwhile: it is incomplete value 1 now"},
		{"asked again, and shown as it is", true, row.Row{Status: row.Absent, Run: "r2", Attempts: 2, RetryAt: day + 5}, "absent r2 mark absent by ana: x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := memory.New()
			if err := s.Change(t.Context(), row.Row{Series: "A", Day: day}, stored); err != nil {
				t.Fatal(err)
			}
			tt.quicker.Series, tt.quicker.Day, tt.quicker.FetchedAt = "A", day, at.Add(time.Hour)
			rows := &rival{s, func() {
				if err := s.Change(t.Context(), stored, tt.quicker); err != nil {
					t.Error(err)
				}
			}}
			d := act.Decision{Act: row.MarkAbsent, Of: &catalogue.Series{Key: "A", Fields: []string{"value"}}, Hand: row.Hand{At: at, By: "ana", Reason: "x"}, Shown: tt.shown}
			next, err := row.Decide(stored, d.Act, d.Hand, d.Of.Fields)
			if err != nil {
				t.Fatal(err)
			}
			err = d.Do(t.Context(), rows, &act.Step{Old: stored, Next: next})
			if got := fmt.Sprint(err); got != tt.wantErr && (err != nil || tt.wantErr != "") {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if err != nil && !errors.Is(err, act.ErrChanged) {
				t.Errorf("%v is not ErrChanged", err)
			}
			now, err := s.Rows(t.Context(), "A", span.Span{From: day, To: day})
			if err != nil || len(now) != 1 {
				t.Fatalf("%d rows, error %v", len(now), err)
			}
			if got := fmt.Sprintf("%s %s %s", now[0].Status, now[0].Run, now[0].Reason); got != tt.want {
				t.Errorf("the row is %s, want %s", got, tt.want)
			}
		})
	}
}

// Monday to Friday, 5 to 9 January 2026, of which some have rows.
func week(t *testing.T) (*memory.Store, *catalogue.Series) {
	t.Helper()
	of, err := catalogue.Parse("series.yaml", []byte("version: 1\nsources: {ecb: {}}\nseries:\n- {key: A, title: A, source: ecb, code: USD, unit: USD, calendar: target, since: 2025-01-02}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New()
	for day, status := range map[int]row.Status{5: row.Observed, 6: row.Quarantined, 7: row.Incomplete, 8: row.Quarantined} {
		r := row.Row{Series: "A", Day: span.Date(2026, 1, day), Status: status, FetchedAt: at, Attempts: day, Reason: "odd", Fields: row.Fields{{Name: "value", Value: "1"}}}
		if status == row.Observed {
			r.Reason = ""
		}
		if day == 8 {
			r.Fields = nil
		}
		if err := s.Change(t.Context(), row.Row{Series: "A", Day: r.Day}, r); err != nil {
			t.Fatal(err)
		}
	}
	return s, of.All()[0]
}

func TestChoose(t *testing.T) {
	s, of := week(t)
	day := func(d int) span.Day { return span.Date(2026, 1, d) }
	tests := []struct {
		act      row.Act
		from, to int
		days     []int
		want     string // steps, a bar, and what is left out
		wantErr  string
	}{
		{act: row.Accept, from: 5, to: 9, want: "06 quarantined-observed 07 incomplete-observed | 05 08"},
		{act: row.Release, from: 5, to: 9, want: "06 quarantined-incomplete 08 quarantined-absent | 05 07"},
		{act: row.Release, from: 5, to: 9, days: []int{7, 8}, want: "08 quarantined-absent | 07"},
		{act: row.Release, from: 7, to: 7, wantErr: "A 2026-01-07 is incomplete, not quarantined. Nothing was changed"},
		{act: row.MarkAbsent, from: 5, to: 9, wantErr: "A 2026-01-05 is observed: mark it missing first, which withdraws the value. Nothing was changed"},
		{act: row.MarkAbsent, from: 5, to: 11, days: []int{6, 9, 10}, want: "06 quarantined-absent 09 missing-absent |"},
		{act: row.MarkAbsent, from: 10, to: 11, wantErr: "no day of A is due in 2026-01-10/2026-01-11. 2026-01-10: "},
		{act: row.MarkMissing, from: 5, to: 6, want: "05 observed-missing 06 quarantined-missing |"},
		{act: row.MarkMissing, from: 9, to: 9, wantErr: "nothing is stored of A for 2026-01-09. Nothing was changed"},
		{act: "burn", from: 5, to: 5, wantErr: `A 2026-01-05 unknown act "burn". Nothing was changed`},
	}
	for _, tt := range tests {
		d := act.Decision{Act: tt.act, Of: of, Within: span.Span{From: day(tt.from), To: day(tt.to)}, Hand: row.Hand{At: at, By: "ana", Reason: "x"}}
		if tt.days != nil {
			d.Days = map[span.Day]bool{}
			for _, n := range tt.days {
				d.Days[day(n)] = true
			}
		}
		steps, unfit, err := d.Choose(t.Context(), s)
		if err != nil || tt.wantErr != "" {
			if err == nil || tt.wantErr == "" || !strings.HasPrefix(err.Error(), tt.wantErr) {
				t.Errorf("%s %d-%d: error %v, want %q", tt.act, tt.from, tt.to, err, tt.wantErr)
			}
			continue
		}
		var words []string
		for _, step := range steps {
			words = append(words, step.Old.Day.String()[8:], fmt.Sprintf("%s-%s", step.Was(), step.Next.State()))
		}
		words = append(words, "|")
		for _, u := range unfit {
			words = append(words, u.Day.String()[8:])
		}
		if got := strings.Join(words, " "); got != tt.want {
			t.Errorf("%s %d-%d: %s, want %s", tt.act, tt.from, tt.to, got, tt.want)
		}
	}
}

func TestHeldOf(t *testing.T) {
	s, _ := week(t)
	all := span.Span{From: span.Date(2026, 1, 1), To: span.Date(2026, 1, 31)}
	gone := row.Row{Series: "A", Day: span.Date(2026, 1, 12), Status: row.Observed, FetchedAt: at, Reason: "gone", Fields: row.Fields{{Name: "value", Value: "2"}}}
	if err := s.Change(t.Context(), row.Row{Series: "A", Day: gone.Day}, gone); err != nil {
		t.Fatal(err)
	}
	list, err := act.HeldOf(t.Context(), s, "A", all)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range list {
		got = append(got, fmt.Sprint(h.Day, " ", h.Status, " ", h.Reason, " ", h.Attempts, " ", h.Fields))
	}
	want := []string{"2026-01-06 quarantined odd 6 value 1", "2026-01-07 incomplete odd 7 value 1", "2026-01-08 quarantined odd 8 ", "2026-01-12 observed gone 0 value 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("held days (-want +got):\n%s", diff)
	}
	if d := act.NewHeldDocument(nil); d.Days == nil {
		t.Error("no days are null for programs")
	}
}

func TestCheckWords(t *testing.T) {
	for text, ok := range map[string]bool{"": true, "é one line": true, "two\nlines": false, "\x1b[1m": false, strings.Repeat("x", 1000): true, strings.Repeat("x", 1001): false} {
		if err := act.CheckWords(text); (err == nil) != ok {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// A value that its publisher has again is not the withdrawn one that the person saw.
func TestAValueThatIsBackIsNotWithdrawn(t *testing.T) {
	day := span.Date(2026, 6, 15)
	back := row.Row{Series: "A", Day: day, Status: row.Observed, FetchedAt: at.Add(time.Hour), Run: "r2", Fields: row.Fields{{Name: "value", Value: "1"}}}
	gone := back
	gone.Run, gone.FetchedAt, gone.Reason = "r1", at, "withdrawn by the publisher, seen on 2026-06-29"
	s := memory.New()
	if err := s.Change(t.Context(), row.Row{Series: "A", Day: day}, gone); err != nil {
		t.Fatal(err)
	}
	rows := &rival{s, func() {
		if err := s.Change(t.Context(), gone, back); err != nil {
			t.Error(err)
		}
	}}
	d := act.Decision{Act: row.MarkMissing, Of: &catalogue.Series{Key: "A", Fields: []string{"value"}}, Hand: row.Hand{At: at, By: "ana", Reason: "x"}, Shown: true}
	next, err := row.Decide(gone, d.Act, d.Hand, d.Of.Fields)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Do(t.Context(), rows, &act.Step{Old: gone, Next: next}); !errors.Is(err, act.ErrChanged) {
		t.Errorf("error %v, want %v", err, act.ErrChanged)
	}
}
