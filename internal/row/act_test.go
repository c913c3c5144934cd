package row_test

import (
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func TestDecide(t *testing.T) {
	var (
		at       = time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC)
		hand     = row.Hand{At: at, By: "ana", Reason: "bank strike"}
		none     = row.Row{Series: "A", Day: day}
		asked    = monday.AddDate(0, 0, -1)
		held     = row.Row{Series: "A", Day: day, Status: row.Incomplete, Fields: fields("5.10"), FetchedAt: asked, Run: "r", Attempts: 2, RetryAt: day + 9, Reason: "too far"}
		stuck    = row.Row{Series: "A", Day: day, Status: row.Quarantined, FetchedAt: asked, Run: "r", Attempts: 6, Reason: "no value published"}
		observed = row.Row{Series: "A", Day: day, Status: row.Observed, Fields: fields("5.10"), FetchedAt: asked, Run: "r"}
	)
	// made is what an act makes of old: the day it is asked for again, zero for never.
	made := func(old row.Row, status row.Status, retry span.Day, f row.Fields, act row.Act, was string) row.Row {
		old.Status, old.RetryAt, old.Attempts, old.Fields = status, retry, 0, f
		old.Reason = string(act) + " by ana: bank strike"
		if status == row.Observed {
			old.Reason = ""
		}
		if old.FetchedAt.IsZero() {
			old.FetchedAt = at
		}
		old.Trail = []row.Step{{At: at, Answer: string(act), Reason: "bank strike" + was, By: "ana"}}
		return old
	}
	today := span.DayOf(at)
	gone := observed
	gone.Reason = "withdrawn by the publisher, seen on 2026-06-29"
	stuckWithValue := stuck
	stuckWithValue.Fields = fields("5.10")
	tests := []struct {
		name    string
		old     row.Row
		act     row.Act
		want    row.Row
		wantErr string
	}{
		{name: "a missing day is absent", old: none, act: row.MarkAbsent, want: made(none, row.Absent, 0, nil, row.MarkAbsent, "")},
		{name: "a held value is none after all", old: held, act: row.MarkAbsent, want: made(held, row.Absent, 0, nil, row.MarkAbsent, " (was incomplete sell 5.10)")},
		{name: "an observed day is not absent", old: observed, act: row.MarkAbsent, wantErr: "is observed: mark it missing first, which withdraws the value"},
		{name: "a value is withdrawn", old: observed, act: row.MarkMissing, want: made(observed, row.Absent, today, nil, row.MarkMissing, " (was observed sell 5.10)")},
		{name: "a mark is withdrawn", old: made(none, row.Absent, 0, nil, row.MarkAbsent, ""), act: row.MarkMissing,
			want: func() row.Row {
				r := made(none, row.Absent, today, nil, row.MarkMissing, "")
				r.Trail = append(made(none, row.Absent, 0, nil, row.MarkAbsent, "").Trail, r.Trail...)
				return r
			}()},
		{name: "a missing day cannot be missing", old: none, act: row.MarkMissing, wantErr: "is missing already"},
		{name: "a day that the publisher withdrew is absent", old: gone, act: row.MarkAbsent, want: made(gone, row.Absent, 0, nil, row.MarkAbsent, " (was observed sell 5.10)")},
		{name: "a value that the publisher withdrew is accepted", old: gone, act: row.Accept, want: made(gone, row.Observed, 0, fields("5.10"), row.Accept, "")},
		{name: "released", old: stuck, act: row.Release, want: made(stuck, row.Absent, today, nil, row.Release, "")},
		{name: "released with a value", old: stuckWithValue, act: row.Release, want: made(stuck, row.Incomplete, today, fields("5.10"), row.Release, "")},
		{name: "nothing to release", old: held, act: row.Release, wantErr: "is incomplete, not quarantined"},
		{name: "a held value is accepted", old: held, act: row.Accept, want: made(held, row.Observed, 0, fields("5.10"), row.Accept, "")},
		{name: "a quarantined value is accepted", old: stuckWithValue, act: row.Accept, want: made(stuck, row.Observed, 0, fields("5.10"), row.Accept, "")},
		{name: "no value to accept", old: stuck, act: row.Accept, wantErr: "has no value of sell to accept"},
		{name: "nothing to accept", old: none, act: row.Accept, wantErr: "is missing, neither quarantined nor incomplete nor withdrawn"},
		{name: "no such act", old: none, act: "forget", wantErr: `unknown act "forget"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := row.Decide(tt.old, tt.act, hand, []string{"sell"})
			if tt.wantErr != "" {
				tt.want = tt.old
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || errText(err) != tt.wantErr {
				t.Errorf("Decide: error %v, want %s; row mismatch (-want +got):\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

// A day that a person settled is not asked for, and a value for it contradicts them.
func TestAValueForADayThatAPersonSettled(t *testing.T) {
	r, err := row.Decide(row.Row{Series: "A", Day: day}, row.MarkAbsent, row.Hand{At: monday, By: "ana", Reason: "strike"}, nil)
	if err != nil || len(row.OnlyDue.Sort([]row.Mark{r.Mark()}, nil, 0, day+999).Recheck) > 0 {
		t.Fatalf("%+v is asked for, error %v", r, err)
	}
	if again, change := row.Next(r, row.Answer{}, asking(monday.AddDate(1, 0, 0))); change != row.Unchanged {
		t.Errorf("an empty answer makes %+v", again)
	}
	r, change := row.Next(r, row.Answer{Fields: fields("5.1")}, row.Asking{At: monday, Run: "run-2"})
	if change != row.Replaced || r.Status != row.Observed || !r.Contradicts() {
		t.Errorf("change %d to %+v, want it observed as a contradiction", change, r)
	}
}
