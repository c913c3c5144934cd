package row_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	monday = time.Date(2026, 6, 29, 21, 30, 0, 0, time.UTC)
	day    = span.Date(2026, 6, 26)
)

func fields(sell string) row.Fields { return row.Fields{{Name: "sell", Value: sell}} }

func asking(at time.Time) row.Asking { return row.Asking{At: at, Run: "run-2", Wanted: true} }

func TestNext(t *testing.T) {
	var (
		none     = row.Row{Series: "A", Day: day}
		good     = row.Answer{Fields: fields("5.10"), Source: "ecb", Raw: "hash"}
		empty    = row.Answer{Source: "ecb"}
		bad      = row.Answer{Fields: fields("500"), Reason: "sell 500 is above 20", Source: "ecb"}
		earlier  = monday.AddDate(0, 0, -1)
		today    = span.DayOf(monday)
		step     = row.Step{At: earlier, Run: "run-1", Answer: "absent", Reason: "no value published"}
		observed = row.Row{Series: "A", Day: day, Status: row.Observed, Fields: fields("5.1"), Source: "ecb", FetchedAt: earlier, Run: "run-1"}
		absent   = row.Row{
			Series: "A", Day: day, Status: row.Absent, Source: "ecb", FetchedAt: earlier, Run: "run-1",
			Attempts: 1, RetryAt: today, Reason: "no value published", Trail: []row.Step{step},
		}
		incomplete = row.Row{
			Series: "A", Day: day, Status: row.Incomplete, Fields: fields("500"), Source: "ecb", FetchedAt: earlier, Run: "run-1",
			Attempts: 1, RetryAt: today, Reason: bad.Reason, Trail: []row.Step{{At: earlier, Run: "run-1", Answer: "incomplete", Reason: bad.Reason}},
		}
	)
	// with returns r after change, with another step in its trail.
	with := func(r row.Row, answer, reason string, change func(r *row.Row)) row.Row {
		r.FetchedAt, r.Run, r.Reason = monday, "run-2", reason
		r.Trail = append(r.Trail[:len(r.Trail):len(r.Trail)], row.Step{At: monday, Run: "run-2", Answer: answer, Reason: reason})
		change(&r)
		return r
	}
	later := func(r row.Row, days span.Day, attempts int) row.Row {
		r.RetryAt, r.Attempts = today+days, attempts
		return r
	}
	settled := later(absent, -today, 0)
	between := row.Empty{Kind: row.Between, Witnesses: span.Span{From: day - 1, To: day + 3}, Learn: true}
	sure := between
	sure.Old = true
	undeclared := between
	undeclared.Learn = false
	const proof = "no value between the witnesses 2026-06-25 and 2026-06-29, which the same answer has"
	witnessed := absent
	witnessed.Trail = []row.Step{{At: earlier, Run: "run-1", Answer: "absent between witnesses", Reason: proof + ", to be asked once more"}}
	askedAgain := witnessed
	askedAgain.Trail = append(witnessed.Trail[:1:1], row.Step{At: earlier, Answer: "mark missing", By: "ana"})
	shows := func(e row.Empty) row.Asking { return row.Asking{At: monday, Run: "run-2", Wanted: true, Empty: e} }
	compared := func(e row.Empty) row.Asking {
		return row.Asking{At: monday, Run: "run-2", Wanted: true, Compared: true, Empty: e}
	}
	seen := row.Step{At: earlier, Run: "run-1", Answer: "observed"}
	gone := observed
	gone.FetchedAt, gone.Reason = monday, "withdrawn by the publisher, seen on 2026-06-29: "+proof
	gone.Trail = []row.Step{seen, {At: monday, Run: "run-2", Answer: "withdrawn by the publisher", Reason: gone.Reason}}
	tuesday := monday.AddDate(0, 0, 1)
	accepted := gone
	accepted.Reason = ""
	accepted.Trail = append(gone.Trail[:2:2], row.Step{At: monday, Answer: "quarantine accept", By: "ana"})
	returned := gone
	returned.FetchedAt, returned.Reason = tuesday, ""
	returned.Trail = append(gone.Trail[:2:2], row.Step{At: tuesday, Run: "run-3", Answer: "observed"})
	on := func(at time.Time, a row.Asking) row.Asking { a.At, a.Run = at, "run-3"; return a }
	bridged := row.Asking{At: monday, Run: "run-2"}

	tests := []struct {
		name   string
		old    row.Row
		answer row.Answer
		asking row.Asking
		want   row.Row
		change row.Change
	}{
		{"a value at once", none, good, asking(monday), row.Row{
			Series: "A", Day: day, Status: row.Observed, Fields: fields("5.10"), Source: "ecb", Raw: "hash", FetchedAt: monday, Run: "run-2",
		}, row.Added},
		{"a value for a bridged day", none, good, bridged, row.Row{
			Series: "A", Day: day, Status: row.Observed, Fields: fields("5.10"), Source: "ecb", Raw: "hash", FetchedAt: monday, Run: "run-2",
		}, row.Added},
		{"a first empty answer", none, empty, asking(monday), with(none, "absent", "no value published", func(r *row.Row) {
			r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
		}), row.Added},
		{"a first value that fails a check", none, bad, asking(monday), with(none, "incomplete", bad.Reason, func(r *row.Row) {
			r.Status, r.Fields, r.Source, r.Attempts, r.RetryAt = row.Incomplete, bad.Fields, "ecb", 1, today+1
		}), row.Added},
		{"nothing for a bridged day", none, empty, bridged, none, row.Unchanged},
		{"a bad value for a bridged day", none, bad, bridged, none, row.Unchanged},
		{"a bad value for a bridged day that is absent", absent, bad, bridged, absent, row.Unchanged},
		{"the second empty answer", absent, empty, asking(monday), with(absent, "absent", "no value published", func(r *row.Row) {
			r.Attempts, r.RetryAt = 2, today+2
		}), row.Replaced},
		{"the fifth empty answer", later(absent, 0, 4), empty, asking(monday), with(absent, "absent", "no value published", func(r *row.Row) {
			r.Attempts, r.RetryAt = 5, today+16
		}), row.Replaced},
		{"the sixth empty answer", later(absent, 0, 5), empty, asking(monday), with(absent, "absent", "no value published", func(r *row.Row) {
			r.Status, r.Attempts, r.RetryAt = row.Quarantined, 6, 0
		}), row.Replaced},
		{"the sixth answer fails a check", later(incomplete, 0, 5), bad, asking(monday), with(incomplete, "incomplete", bad.Reason, func(r *row.Row) {
			r.Status, r.Attempts, r.RetryAt = row.Quarantined, 6, 0
		}), row.Replaced},
		{"an impatient empty answer", later(absent, 1, 1), empty, asking(monday), later(absent, 1, 1), row.Unchanged},
		{"an impatient bad value is kept, the ladder stays", later(absent, 1, 1), bad, asking(monday), with(absent, "incomplete", bad.Reason, func(r *row.Row) {
			r.Status, r.Fields, r.RetryAt = row.Incomplete, bad.Fields, today+1
		}), row.Replaced},
		{"the same bad value again, impatient", later(incomplete, 1, 1), bad, asking(monday), later(incomplete, 1, 1), row.Unchanged},
		{"an empty answer for an incomplete day, impatient", later(incomplete, 1, 1), empty, asking(monday), later(incomplete, 1, 1), row.Unchanged},
		{"an empty answer for an incomplete day", incomplete, empty, asking(monday), with(incomplete, "absent", "no value published", func(r *row.Row) {
			r.Status, r.Fields, r.Attempts, r.RetryAt = row.Absent, nil, 2, today+2
		}), row.Replaced},
		{"an empty answer for a settled day", settled, empty, asking(monday), settled, row.Unchanged},
		{"a bad value for a settled day starts the ladder", settled, bad, asking(monday), with(absent, "incomplete, though settled as absent", bad.Reason, func(r *row.Row) {
			r.Status, r.Fields, r.Attempts, r.RetryAt = row.Incomplete, bad.Fields, 1, today+1
		}), row.Replaced},
		{"a late empty answer for an observed day", observed, empty, asking(monday), observed, row.Unchanged},
		{"a late bad value for an observed day", observed, bad, asking(monday), observed, row.Unchanged},
		{"an equal value", observed, good, asking(monday), observed, row.Unchanged},
		{"between witnesses and old", none, empty, shows(sure),
			with(none, "absent between witnesses", "taken for a holiday: "+proof, func(r *row.Row) {
				r.Status, r.Source, r.Attempts = row.Absent, "ecb", 1
			}), row.Added},
		{"between witnesses and young", none, empty, shows(between),
			with(none, "absent between witnesses", proof+", to be asked once more", func(r *row.Row) {
				r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
			}), row.Added},
		{"between witnesses for the second time", witnessed, empty, shows(between),
			with(witnessed, "absent between witnesses", "taken for a holiday: "+proof, func(r *row.Row) { r.Attempts, r.RetryAt = 2, 0 }), row.Replaced},
		{"between witnesses after an answer that showed nothing", absent, empty, shows(between),
			with(absent, "absent between witnesses", proof+", to be asked once more", func(r *row.Row) { r.Attempts, r.RetryAt = 2, today+2 }), row.Replaced},
		{"between witnesses since a person asked again", askedAgain, empty, shows(between),
			with(askedAgain, "absent between witnesses", proof+", to be asked once more", func(r *row.Row) { r.Attempts, r.RetryAt = 2, today+2 }), row.Replaced},
		{"between witnesses, impatient", later(absent, 1, 1), empty, shows(sure), later(absent, 1, 1), row.Unchanged},
		{"between witnesses, in a series that learns nothing", none, empty, shows(undeclared), with(none, "absent", "no value published", func(r *row.Row) {
			r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
		}), row.Added},
		{"a bad value between witnesses", none, bad, shows(sure),
			with(none, "incomplete", bad.Reason, func(r *row.Row) {
				r.Status, r.Fields, r.Source, r.Attempts, r.RetryAt = row.Incomplete, bad.Fields, "ecb", 1, today+1
			}), row.Added},
		{"in a long empty stretch", none, empty, shows(row.Empty{Kind: row.Suspicious}),
			with(none, "absent", "no value in a long stretch between published days, which is suspicious", func(r *row.Row) {
				r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
			}), row.Added},
		{"in an answer that shows nothing", none, empty, shows(row.Empty{Kind: row.Unproven, Why: "the answer has no row of it"}),
			with(none, "absent, unproven", "no value, and no proof that there is none: the answer has no row of it", func(r *row.Row) {
				r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
			}), row.Added},
		{"a value that is withdrawn", observed, empty, compared(undeclared), gone, row.Refreshed},
		{"a value that is withdrawn, in an answer older than it", observed, empty, on(earlier, compared(between)), observed, row.Unchanged},
		{"a value that is missing in an answer that shows nothing", observed, empty, compared(row.Empty{Kind: row.Unproven}), observed, row.Unchanged},
		{"a value that nobody compares", observed, empty, shows(between), observed, row.Unchanged},
		{"a withdrawn value again", gone, empty, on(tuesday, compared(between)), gone, row.Unchanged},
		{"a withdrawn value that is back", gone, good, on(tuesday, compared(row.Empty{})), returned, row.Refreshed},
		{"a withdrawn value that a person accepted", accepted, empty, on(tuesday, compared(between)), accepted, row.Unchanged},
		{"compared and the same", observed, good, row.Asking{At: monday, Run: "run-2", Wanted: true, Compared: true, Lookback: true}, func() row.Row {
			r := observed
			r.FetchedAt, r.Trail = monday, []row.Step{{At: earlier, Run: "run-1", Answer: "observed"}}
			return r
		}(), row.Refreshed},
		{"compared and not there any more", observed, empty, row.Asking{At: monday, Run: "run-2", Wanted: true, Compared: true, Lookback: true}, func() row.Row {
			r := observed
			r.FetchedAt, r.Trail = monday, []row.Step{{At: earlier, Run: "run-1", Answer: "observed"}}
			return r
		}(), row.Refreshed},
		{"compared twice at once", observed, good, row.Asking{At: earlier, Run: "run-2", Wanted: true, Compared: true, Lookback: true}, observed, row.Unchanged},
		{"another value", observed, row.Answer{Fields: fields("5.2"), Source: "ecb"}, asking(monday), with(observed, "revised", "was sell 5.1", func(r *row.Row) {
			r.Fields, r.Reason = fields("5.2"), ""
		}), row.Revised},
		{"a value for an absent day, impatient", later(absent, 1, 1), good, asking(monday), with(absent, "observed", "", func(r *row.Row) {
			r.Status, r.Fields, r.Raw, r.RetryAt = row.Observed, good.Fields, "hash", 0
		}), row.Replaced},
		{"a value for an incomplete day", incomplete, good, asking(monday), with(incomplete, "observed", "", func(r *row.Row) {
			r.Status, r.Fields, r.Raw, r.RetryAt = row.Observed, good.Fields, "hash", 0
		}), row.Replaced},
		{"a value that was not believed, and is now", incomplete, row.Answer{Fields: bad.Fields, Source: "ecb"}, asking(monday), with(incomplete, "observed", "", func(r *row.Row) {
			r.Status, r.RetryAt = row.Observed, 0
		}), row.Replaced},
		{"a damaged value for an absent day, impatient", later(absent, 1, 1), row.Answer{Reason: "damaged", Source: "ecb"}, asking(monday), with(absent, "incomplete", "damaged", func(r *row.Row) {
			r.Status, r.RetryAt = row.Incomplete, today+1
		}), row.Replaced},
		{"another bad value, impatient", later(incomplete, 1, 1), row.Answer{Fields: fields("600"), Reason: "too high", Source: "ecb"}, asking(monday), with(incomplete, "incomplete", "too high", func(r *row.Row) {
			r.Fields, r.RetryAt = fields("600"), today+1
		}), row.Replaced},
		{"a withdrawn value, in an answer older than that", gone, good, on(earlier, compared(row.Empty{})), gone, row.Unchanged},
		{"a bad value for one that is compared", observed, bad, compared(between), observed, row.Unchanged},
		{"a value that is withdrawn, by the answer's own word", observed, empty, compared(row.Empty{Kind: row.Itself}), func() row.Row {
			r := gone
			r.Reason = "withdrawn by the publisher, seen on 2026-06-29: the answer has the day, and no value"
			r.Trail = []row.Step{seen, {At: monday, Run: "run-2", Answer: "withdrawn by the publisher", Reason: r.Reason}}
			return r
		}(), row.Refreshed},
		{"between witnesses and old, of a series that does not learn", none, empty, shows(func() row.Empty { e := undeclared; e.Old = true; return e }()),
			with(none, "absent", "no value published", func(r *row.Row) {
				r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
			}), row.Added},
		{"in a long empty stretch of a series that learns", none, empty, shows(row.Empty{Kind: row.Suspicious, Learn: true, Old: true}),
			with(none, "absent", "no value in a long stretch between published days, which is suspicious", func(r *row.Row) {
				r.Status, r.Source, r.Attempts, r.RetryAt = row.Absent, "ecb", 1, today+1
			}), row.Added},
		{"nothing for a quarantined day", quarantined(absent), empty, asking(monday), quarantined(absent), row.Unchanged},
		{"a bad value for a quarantined day", quarantined(absent), bad, asking(monday), quarantined(absent), row.Unchanged},
		{"a value for a quarantined day, bridged", quarantined(absent), good, bridged, with(quarantined(absent), "observed", "", func(r *row.Row) {
			r.Status, r.Fields, r.Raw = row.Observed, good.Fields, "hash"
		}), row.Replaced},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, change := row.Next(tt.old, tt.answer, tt.asking)
			if diff := cmp.Diff(tt.want, got); diff != "" || change != tt.change {
				t.Errorf("Next: change %v, want %v; row mismatch (-want +got):\n%s", change, tt.change, diff)
			}
		})
	}
}

func quarantined(r row.Row) row.Row {
	r.Status, r.Attempts, r.RetryAt = row.Quarantined, 6, 0
	return r
}

// Any sequence of answers, told by a second bookkeeping that knows only the
// days of the answers without a good value that counted.
func TestNextOnSequencesOfAnswers(t *testing.T) {
	answers := map[string]row.Answer{
		"empty":   {},
		"bad":     {Fields: fields("500"), Reason: "too high"},
		"damaged": {Reason: "twice with different values"},
		"5.1":     {Fields: fields("5.1")},
		"5.10":    {Fields: fields("5.10")},
		"5.2":     {Fields: fields("5.2")},
	}
	names := []string{"empty", "empty", "empty", "empty", "bad", "bad", "damaged", "5.1", "5.10", "5.2"}
	rapid.Check(t, func(rt *rapid.T) {
		r := row.Row{Series: "A", Day: day}
		at := monday
		var counted []span.Day
		good := ""
		for i := range rapid.IntRange(1, 30).Draw(rt, "answers") {
			at = at.AddDate(0, 0, rapid.IntRange(0, 12).Draw(rt, "days later"))
			name := rapid.SampledFrom(names[:rapid.SampledFrom([]int{5, 7, 10}).Draw(rt, "kinds")]).Draw(rt, "answer")
			ask := row.Asking{At: at, Run: fmt.Sprintf("run-%d", i), Wanted: rapid.IntRange(0, 4).Draw(rt, "wanted") > 0}
			today := span.DayOf(at)

			isGood := name[0] == '5'
			if n := len(counted); ask.Wanted && !isGood && good == "" && n < 6 && (n == 0 || today >= counted[n-1]+1<<(n-1)) {
				counted = append(counted, today)
			}
			if isGood {
				good = name
			}

			before := r
			next, change := row.Next(before, answers[name], ask)
			if (change == row.Unchanged) != cmp.Equal(before, next) {
				rt.Fatalf("change %v of %+v to %+v", change, before, next)
			}
			if change != row.Unchanged && (before.Status == "") != (change == row.Added) {
				rt.Fatalf("change %v from status %q", change, before.Status)
			}
			if (change == row.Revised) != (before.Status == row.Observed && change != row.Unchanged) {
				rt.Fatalf("change %v from status %q", change, before.Status)
			}
			if n := len(before.Trail); len(next.Trail) < n || !cmp.Equal(before.Trail, next.Trail[:n]) && n > 0 {
				rt.Fatalf("trail %v became %v", before.Trail, next.Trail)
			}
			if again, change := row.Next(next, answers[name], ask); change != row.Unchanged {
				rt.Fatalf("the same answer again: change %v to %+v", change, again)
			}
			if next.Attempts != len(counted) {
				rt.Fatalf("%d attempts, want %d", next.Attempts, len(counted))
			}
			switch {
			case good != "":
				if next.Status != row.Observed || !row.Equal(next.Fields, fields(good)) || next.RetryAt != 0 || next.Reason != "" {
					rt.Fatalf("after a good value: %+v", next)
				}
			case len(counted) == 6:
				if next.Status != row.Quarantined || next.RetryAt != 0 {
					rt.Fatalf("after six answers: %+v", next)
				}
			case len(counted) > 0:
				if want := counted[len(counted)-1] + 1<<(len(counted)-1); next.RetryAt != want || next.Status != row.Absent && next.Status != row.Incomplete {
					rt.Fatalf("on the ladder, retry on %s: %+v", want, next)
				}
				if (next.Status == row.Absent) != (next.Reason == "no value published") {
					rt.Fatalf("status and reason: %+v", next)
				}
			default:
				if next.Status != "" {
					rt.Fatalf("marked without being asked: %+v", next)
				}
			}
			r = next
		}
	})
}

// Two rows made of one never write into each other's trail.
func TestNextSharesNoTrail(t *testing.T) {
	old := row.Row{Series: "A", Day: day}
	for range 3 {
		old, _ = row.Next(old, row.Answer{}, asking(monday))
		old.RetryAt = span.DayOf(monday)
	}
	one, _ := row.Next(old, row.Answer{}, row.Asking{At: monday, Run: "one", Wanted: true})
	two, _ := row.Next(old, row.Answer{}, row.Asking{At: monday, Run: "two", Wanted: true})
	if got := one.Trail[3].Run + " " + two.Trail[3].Run; got != "one two" {
		t.Errorf("runs in the trails: %s", got)
	}
	old.Status, old.Fields = row.Observed, fields("5.1")
	gone := row.Asking{At: monday.AddDate(0, 0, 1), Run: "one", Wanted: true, Compared: true, Empty: row.Empty{Kind: row.Itself}}
	one, _ = row.Next(old, row.Answer{}, gone)
	gone.Run = "two"
	two, _ = row.Next(old, row.Answer{}, gone)
	if got := one.Trail[3].Run + " " + two.Trail[3].Run; got != "one two" {
		t.Errorf("runs in the trails of a withdrawn value: %s", got)
	}
}

// When a row was fetched stays true however often it is compared.
func TestFetched(t *testing.T) {
	at := func(day int) time.Time { return monday.AddDate(0, 0, day) }
	ask := func(day int) row.Asking {
		return row.Asking{At: at(day), Run: fmt.Sprint("run-", day), Wanted: true, Compared: true, Lookback: true, Empty: row.Empty{Kind: row.Itself}}
	}
	value := func(v string) row.Answer { return row.Answer{Fields: fields(v)} }
	hand := func(day int) row.Hand { return row.Hand{At: at(day), By: "ana", Reason: "x"} }
	next := func(answers ...row.Answer) row.Row { // one a day
		r := row.Row{Series: "A", Day: span.DayOf(monday)}
		for day, answer := range answers {
			r, _ = row.Next(r, answer, ask(day))
		}
		return r
	}
	withdrawn, err := row.Decide(next(value("1"), value("1")), row.MarkMissing, hand(2), nil)
	if err != nil {
		t.Fatal(err)
	}
	entered, _ := row.Next(row.Enter(next(value("1")), value("2"), hand(1)), value("2"), ask(3))
	for _, tt := range []struct {
		name    string
		row     row.Row
		fetched int // day
		run     string
		last    int // day on which it was compared
	}{
		{"at once", next(value("1")), 0, "run-0", 0},
		{"compared twice", next(value("1"), value("1"), value("1")), 0, "run-0", 2},
		{"revised, and compared", next(value("1"), value("2"), value("2")), 1, "run-1", 2},
		{"absent first, and compared", next(row.Answer{}, value("1"), value("1")), 1, "run-1", 2},
		{"withdrawn by the publisher, and back", next(value("1"), row.Answer{}, value("1")), 0, "run-0", 2},
		{"compared, and withdrawn by a person", withdrawn, 0, "run-0", 1},
		{"entered by a person, and compared", entered, 1, "", 3},
	} {
		if got := tt.row.Fetched(); !got.Equal(at(tt.fetched)) || tt.row.Run != tt.run || !tt.row.FetchedAt.Equal(at(tt.last)) {
			t.Errorf("%s: fetched on %s by %q, compared on %s; want %s by %q, %s", tt.name, got, tt.row.Run, tt.row.FetchedAt, at(tt.fetched), tt.run, at(tt.last))
		}
	}
}

// What the last answer made of a row is told of it, and of no other.
func TestWhatARowIs(t *testing.T) {
	none, good := row.Row{Series: "A", Day: day}, row.Answer{Fields: fields("5.1")}
	ask := func(days int, e row.Empty) row.Asking {
		return row.Asking{At: monday.AddDate(0, 0, days), Run: fmt.Sprintf("run-%d", days), Wanted: true, Compared: true, Empty: e}
	}
	next := func(r row.Row, a row.Answer, asking row.Asking) row.Row { r, _ = row.Next(r, a, asking); return r }
	decide := func(r row.Row, act row.Act) row.Row {
		r, err := row.Decide(r, act, row.Hand{At: monday, By: "ana", Reason: "r"}, []string{"sell"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	observed := next(none, good, ask(0, row.Empty{}))
	withdrawn := next(observed, row.Answer{}, ask(1, row.Empty{Kind: row.Itself}))
	accepted := decide(withdrawn, row.Accept)
	suspect := next(none, row.Answer{}, ask(0, row.Empty{Kind: row.Suspicious}))
	unproven := next(none, row.Answer{}, ask(0, row.Empty{Kind: row.Unproven}))
	byHand := func(r row.Row) row.Row { r.Status = row.Observed; return r } // in the table itself
	tests := []struct {
		name string
		row  row.Row
		want string
	}{
		{"none", none, ""},
		{"observed", observed, "shown"},
		{"revised", next(observed, row.Answer{Fields: fields("5.2")}, ask(1, row.Empty{})), "revised shown"},
		{"withdrawn", withdrawn, "withdrawn withdrawn-by-run-1"},
		{"withdrawn and accepted", accepted, ""},
		{"withdrawn, accepted and back", next(accepted, good, ask(2, row.Empty{})), "shown"},
		{"withdrawn and back", next(withdrawn, good, ask(2, row.Empty{})), "shown"},
		{"absent", next(none, row.Answer{}, ask(0, row.Empty{})), ""},
		{"observed, though settled", next(decide(none, row.MarkAbsent), good, ask(1, row.Empty{})), "contradicts shown"},
		{"suspicious", suspect, "suspicious"},
		{"suspicious, and observed by hand", byHand(suspect), "withdrawn shown"},
		{"unproven", unproven, "unproven"},
		{"unproven, and observed by hand", byHand(unproven), "withdrawn shown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var is []string
			for _, one := range []struct {
				word string
				is   bool
			}{
				{"revised", tt.row.WasRevised()}, {"contradicts", tt.row.Contradicts()}, {"withdrawn", tt.row.Withdrawn() != ""},
				{"withdrawn-by-run-0", tt.row.WithdrawnBy("run-0")}, {"withdrawn-by-run-1", tt.row.WithdrawnBy("run-1")},
				{"shown", tt.row.Shown()}, {"suspicious", tt.row.IsSuspicious()}, {"unproven", tt.row.IsUnproven()},
			} {
				if one.is {
					is = append(is, one.word)
				}
			}
			if got := strings.Join(is, " "); got != tt.want {
				t.Errorf("%+v is %q, want %q", tt.row, got, tt.want)
			}
		})
	}
}
