package row_test

import (
	"slices"
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
		{name: "nor one that was marked so", old: made(observed, row.Absent, today, nil, row.MarkMissing, ""), act: row.MarkMissing, wantErr: "is missing already"},
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

// Two rows made of one never write into each other's trail.
func TestDecideSharesNoTrail(t *testing.T) {
	old := row.Row{Series: "A", Day: day, Status: row.Quarantined, Trail: make([]row.Step, 1, 5)}
	ana, errA := row.Decide(old, row.Release, row.Hand{At: monday, By: "ana", Reason: "r"}, nil)
	eva, errE := row.Decide(old, row.Release, row.Hand{At: monday, By: "eva", Reason: "r"}, nil)
	if got := ana.Trail[1].By + " " + eva.Trail[1].By; got != "ana eva" || errA != nil || errE != nil {
		t.Errorf("who decided, by the trails: %s", got)
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

func TestMarked(t *testing.T) {
	hand := row.Hand{At: monday, By: "ana", Reason: "strike"}
	decided := func(old row.Row, act row.Act) row.Row {
		next, err := row.Decide(old, act, hand, nil)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	none := row.Row{Series: "A", Day: day}
	observed := row.Row{Series: "A", Day: day, Status: row.Observed, Fields: fields("5.1"), FetchedAt: monday}
	withdrawn := decided(observed, row.MarkMissing)
	asked, _ := row.Next(withdrawn, row.Answer{}, row.Asking{At: monday.AddDate(0, 0, 9), Wanted: true})
	found, _ := row.Next(withdrawn, row.Answer{Fields: fields("5.2")}, row.Asking{At: monday.AddDate(0, 0, 9), Wanted: true})
	absent, _ := row.Next(none, row.Answer{}, row.Asking{At: monday, Wanted: true})
	held := withdrawn
	held.Status = row.Quarantined
	tests := []struct {
		name  string
		row   row.Row
		want  string
		state row.Status
	}{
		{"absent by a person", decided(none, row.MarkAbsent), "mark absent by ana: strike", row.Absent},
		{"withdrawn by a person", withdrawn, "mark missing by ana: strike (was observed sell 5.1)", row.Missing},
		{"withdrawn, and no value since", asked, "mark missing by ana: strike (was observed sell 5.1)", row.Absent},
		{"withdrawn, and a value since", found, "", row.Observed},
		{"withdrawn, and absent by a person since", decided(withdrawn, row.MarkAbsent), "mark absent by ana: strike", row.Absent},
		{"withdrawn, and released since", decided(held, row.Release), "", row.Absent},
		{"no value published", absent, "", row.Absent},
		{"observed", observed, "", row.Observed},
		{"no row", none, "", row.Missing},
	}
	for _, tt := range tests {
		if got, mark := tt.row.State(), tt.row.Mark(); got != tt.state || mark.Missing != (got == row.Missing && tt.row.Status != "") {
			t.Errorf("%s: it is %s, its mark %+v; want %s", tt.name, got, mark, tt.state)
		}
		step, marked := tt.row.Marked()
		if marked != (tt.want != "") || marked && step.String() != tt.want {
			t.Errorf("%s: %v, %t; want %q", tt.name, step, marked, tt.want)
		}
	}
}

// A value from a person's file takes the place of what is stored, which stays in the trail.
func TestEnter(t *testing.T) {
	hand := row.Hand{At: monday.AddDate(0, 0, 9), By: "ana", Reason: "bulletin 7"}
	old := row.Row{Series: "A", Day: 20_000, Status: row.Quarantined, Fields: fields("9"), Source: "ecb", FetchedAt: monday, Run: "run-1", Attempts: 6, Reason: "odd", Raw: "x",
		Trail: []row.Step{{At: monday, Run: "run-1", Answer: "incomplete"}}}
	want := row.Row{Series: "A", Day: 20_000, Status: row.Observed, Fields: fields("5.1"), Source: "import", FetchedAt: hand.At,
		Trail: append(slices.Clone(old.Trail), row.Step{At: hand.At, Answer: "import", By: "ana", Reason: "bulletin 7 (was quarantined sell 9)"})}
	got := row.Enter(old, row.Answer{Fields: fields("5.1"), Source: "import"}, hand)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for at, status := range map[time.Time]row.Status{monday: row.Incomplete, hand.At: row.Observed} {
		if was, ok := row.AsOf(got, nil, at); !ok || was.Status != status {
			t.Errorf("at %s it was %s, want %s", at, was.Status, status)
		}
	}
	got = row.Enter(want, row.Answer{Fields: fields("5.2")}, hand)
	if r := row.RevisionOf(want, got); !row.IsRevision(want, got) || r.ReplacedBy != "ana" || !r.ReplacedAt.Equal(hand.At) {
		t.Errorf("revision %+v", r)
	}
}
