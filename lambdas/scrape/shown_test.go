package scrape_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// whole is an answer that keeps nothing back.
func whole(a source.Answer) source.Answer { return a }

// mute has no row, as a publisher has that knows the series no more for a while.
func mute(a source.Answer) source.Answer {
	a.Observations = nil
	return a
}

// without returns an answer that lacks the days given.
func without(lack ...string) func(source.Answer) source.Answer {
	return func(a source.Answer) source.Answer {
		var left []source.Observation
		for _, o := range a.Observations {
			if !strings.Contains(strings.Join(lack, " "), o.Day.String()) {
				left = append(left, o)
			}
		}
		a.Observations = left
		return a
	}
}

// answer makes the next answers be what change makes of the right ones.
func (b *bench) answer(change func(source.Answer) source.Answer) {
	right := b.Sources["bcb-ptax"]
	for {
		w, ok := right.(changed)
		if !ok {
			break
		}
		right = w.Source
	}
	b.Sources["bcb-ptax"] = changed{right, change}
	b.requests = nil
}

// changed is a source whose answers are not what they should be.
type changed struct {
	source.Source
	change func(source.Answer) source.Answer
}

func (c changed) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	a, err := c.Source.Fetch(ctx, r)
	return c.change(a), err
}

// fill stores the days of values that are not in lack, as published.
func (b *bench) fill(t *testing.T, values map[string]string, lack ...string) {
	t.Helper()
	for text, value := range values {
		if !strings.Contains(strings.Join(lack, " "), text) {
			b.put(t, row.Row{Series: "USD", Day: day(text), Status: row.Observed, FetchedAt: day("2026-06-30").Time(), Run: "r0", Fields: row.Fields{{Name: "sell", Value: value}}})
		}
	}
}

// An answer that has no row of a series settles none of its days, however often
// it comes, and the run says which answer it was.
func TestAnAnswerWithoutRowsProvesNothing(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-19", "2026-06-10")
	for _, onEmpty := range []string{"learn", "recheck"} {
		b := benchOf(t, values, "on_empty: "+onEmpty)
		b.answer(mute)
		for i, asOf := range []string{"2026-06-30", "2026-07-01", "2026-07-03"} {
			run := fmt.Sprint("r", i)
			b.ask(t, run, "2026-06-08", "2026-06-19", asOf, row.OnlyDue)
			want := "USD 2026-06-08: no value, and no proof that there is none: the answer of bcb-ptax for 2026-06-08/2026-06-19 has no row of it, and 9 more such days"
			if got := b.streams(t, run)[0].Warnings; len(got) != 1 || got[0] != want {
				t.Errorf("%s, asked on %s: warnings %q, want %q", onEmpty, asOf, got, want)
			}
			for _, r := range b.rows(t) {
				if r.Status != row.Absent || r.Attempts != i+1 || r.RetryAt == 0 {
					t.Errorf("%s, asked on %s: %s %s, attempts %d, retry at %s", onEmpty, asOf, r.Day, r.Status, r.Attempts, r.RetryAt)
				}
			}
		}
		b.answer(whole)
		b.ask(t, "whole", "2026-06-08", "2026-06-19", "2026-07-07", row.OnlyDue)
		want := map[string]string{"learn": "2026-06-10 absent 4 -", "recheck": "2026-06-10 absent 4 2026-07-15"}[onEmpty]
		if got := b.unsettled(t); got != want {
			t.Errorf("%s: after a whole answer %s, want %s", onEmpty, got, want)
		}
	}
}

// The newest day alone, not there yet, is nothing to look at.
func TestTheNewestDayIsLateQuietly(t *testing.T) {
	for _, onEmpty := range []string{"learn", "recheck"} {
		values := weekdays("2026-06-08", "2026-06-18")
		b := benchOf(t, values, "on_empty: "+onEmpty)
		b.fill(t, values)
		b.ask(t, "r1", "2026-06-19", "2026-06-19", "2026-06-19", row.OnlyDue)
		if got := b.streams(t, "r1")[0].Warnings; len(got) != 0 {
			t.Errorf("%s: warnings %q", onEmpty, got)
		}
	}
}

// The request of a series that learns reaches to the published days on either
// side, ten expected days away at most, and what they are decides.
func TestWitnesses(t *testing.T) {
	const (
		taken  = "taken for a holiday: no value between the witnesses 2026-06-09 and 2026-06-11, which the same answer has"
		lacks9 = "no value, and no proof that there is none: the answer of bcb-ptax for 2026-06-09/2026-06-11 lacks 2026-06-09, which is published"
	)
	tests := []struct {
		name, fields string
		stored       map[string]string
		change       func(source.Answer) source.Answer
		asks         string // the request
		want         string // of 2026-06-10
		warns        bool
	}{
		{"both", "on_empty: learn", weekdays("2026-06-08", "2026-06-12", "2026-06-10"), whole,
			"2026-06-09/2026-06-11", "absent 1 - " + taken, false},
		{"neither", "on_empty: learn", weekdays("2026-06-08", "2026-06-12", "2026-06-10"), mute,
			"2026-06-09/2026-06-11", "absent 1 2026-07-01 no value, and no proof that there is none: the answer of bcb-ptax for 2026-06-09/2026-06-11 has no row of it", true},
		{"the later one alone", "on_empty: learn", weekdays("2026-06-08", "2026-06-12", "2026-06-10"), without("2026-06-09"),
			"2026-06-09/2026-06-11", "absent 1 2026-07-01 " + lacks9, true},
		{"the earlier one alone", "on_empty: learn", weekdays("2026-06-08", "2026-06-12", "2026-06-10"), without("2026-06-11"),
			"2026-06-09/2026-06-11", "absent 1 2026-07-01 " + strings.ReplaceAll(lacks9, "lacks 2026-06-09", "lacks 2026-06-11"), true},
		{"none known after it", "on_empty: learn", weekdays("2026-06-08", "2026-06-09"), whole,
			"2026-06-09/2026-06-10", "absent 1 2026-07-01 no value published", false},
		{"the one before ten days away", "on_empty: learn", map[string]string{"2026-05-26": "5.1", "2026-06-11": "5.1"}, whole,
			"2026-05-26/2026-06-11", "absent 1 - " + taken, false},
		{"the one before eleven days away", "on_empty: learn", map[string]string{"2026-05-25": "5.1", "2026-06-11": "5.1"}, whole,
			"2026-06-10/2026-06-11", "absent 1 2026-07-01 no value published", false},
		{"the one after ten days away", "on_empty: learn", map[string]string{"2026-06-09": "5.1", "2026-06-24": "5.1"}, whole,
			"2026-06-09/2026-06-24", "absent 1 - " + taken, false},
		{"the one after eleven days away", "on_empty: learn", map[string]string{"2026-06-09": "5.1", "2026-06-25": "5.1"}, whole,
			"2026-06-09/2026-06-10", "absent 1 2026-07-01 no value published", false},
		{"a series that learns nothing", "on_empty: recheck", weekdays("2026-06-08", "2026-06-12", "2026-06-10"), whole,
			"2026-06-10", "absent 1 2026-07-01 no value, and no proof that there is none: the answer of bcb-ptax for 2026-06-10 has no row of it", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := benchOf(t, weekdays("2026-05-18", "2026-06-29", "2026-06-10"), tt.fields)
			b.fill(t, tt.stored)
			b.answer(tt.change)
			b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-30", row.OnlyDue)
			if got := fmt.Sprint(b.requests); got != "["+tt.asks+"]" {
				t.Errorf("asked for %s, want %s", got, tt.asks)
			}
			for _, r := range b.rows(t) {
				again := "-"
				if r.RetryAt != 0 {
					again = r.RetryAt.String()
				}
				if got := fmt.Sprintf("%s %d %s %s", r.Status, r.Attempts, again, r.Reason); r.Day == day("2026-06-10") && got != tt.want {
					t.Errorf("2026-06-10 is %s\nwant %s", got, tt.want)
				}
			}
			if got := b.streams(t, "r1")[0].Warnings; len(got) > 0 != tt.warns {
				t.Errorf("warnings %q, want some: %t", got, tt.warns)
			}
			if got, want := len(b.rows(t)), len(tt.stored)+1; got != want {
				t.Errorf("%d rows, want %d: nothing is stored for witnesses", got, want)
			}
		})
	}
}

// A published day that only settled ones part from the wanted day, more than ten of them,
// is no witness.
func TestWitnessesAreNear(t *testing.T) {
	values := weekdays("2026-06-01", "2026-06-30")
	b := benchOf(t, values, "on_empty: learn")
	b.fill(t, map[string]string{"2026-06-08": "5.1", "2026-06-09": "5.1"})
	for text := range weekdays("2026-06-10", "2026-06-24") {
		b.put(t, row.Row{Series: "USD", Day: day(text), Status: row.Absent, Run: "r0"})
	}
	b.ask(t, "r1", "2026-06-08", "2026-06-25", "2026-06-30", row.OnlyDue)
	if got := fmt.Sprint(b.requests); got != "[2026-06-25]" {
		t.Errorf("asked for %s", got)
	}
	values = weekdays("2026-05-18", "2026-06-30")
	b = benchOf(t, values, "on_empty: learn")
	b.fill(t, map[string]string{"2026-06-25": "5.1", "2026-06-26": "5.1"})
	for text := range weekdays("2026-06-10", "2026-06-24") {
		b.put(t, row.Row{Series: "USD", Day: day(text), Status: row.Absent, Run: "r0"})
	}
	b.ask(t, "r1", "2026-06-09", "2026-06-26", "2026-06-30", row.OnlyDue)
	if got := fmt.Sprint(b.requests); got != "[2026-06-09]" {
		t.Errorf("asked for %s", got)
	}
}

// A row that cannot be read proves nothing of the days beside it.
func TestADamagedDayIsNoWitness(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-19", "2026-06-10")
	b := benchOf(t, values, "on_empty: learn")
	b.answer(func(a source.Answer) source.Answer {
		for _, o := range a.Observations {
			if o.Day == day("2026-06-09") {
				a.Damaged = []source.Damage{{Observation: o, Reason: "it came twice"}}
			}
		}
		return a // which has it as good, too
	})
	m := msg("r1", 0)
	m.Streams[0].To = day("2026-06-19")
	b.do(t.Context(), t, m)
	if b.answers.failure != fault.Malformed || len(b.rows(t)) > 0 {
		t.Fatalf("at first: %s, rows %v", b.answers.failure, b.table(t))
	}
	b.do(t.Context(), t, m)
	want := []string{
		"2026-06-08 observed 5.1", "2026-06-09 incomplete 5.1 it came twice",
		"2026-06-10 absent  taken for a holiday: no value between the witnesses 2026-06-08 and 2026-06-11, which the same answer has", "2026-06-11 observed 5.1",
	}
	if diff := cmp.Diff(want, b.table(t)[:4]); diff != "" || len(b.rows(t)) != 10 {
		t.Errorf("%d rows (-want +got):\n%s", len(b.rows(t)), diff)
	}
}

// What of two observed days that an answer lacks is withdrawn, and what is merely lost.
func TestWhatIsWithdrawn(t *testing.T) {
	empty := func(text string) func(source.Answer) source.Answer {
		return func(a source.Answer) source.Answer {
			a = without(text)(a)
			a.Empty = map[string]span.Runs{"USD": span.Collect(span.Span{From: day(text), To: day(text)})}
			return a
		}
	}
	tests := []struct {
		name   string
		answer func(source.Answer) source.Answer
		want   string // days withdrawn
		warns  string
	}{
		{"two in the middle", without("2026-06-10", "2026-06-11"), "2026-06-10 2026-06-11", "no value between the witnesses 2026-06-09 and 2026-06-12"},
		{"the first", without("2026-06-08"), "", "neither has it nor shows that it is withdrawn"},
		{"the last", without("2026-06-19"), "", "neither has it nor shows that it is withdrawn"},
		{"the first, shown as empty", empty("2026-06-08"), "2026-06-08", "the answer has the day, and no value"},
		{"all of them, shown as empty", func(a source.Answer) source.Answer {
			a = mute(a)
			a.Empty = map[string]span.Runs{"USD": span.Collect(span.Span{From: day("2026-06-08"), To: day("2026-06-19")})}
			return a
		}, "", "neither has it nor shows that it is withdrawn"},
		{"the last, shown as empty", empty("2026-06-19"), "2026-06-19", "the answer has the day, and no value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := weekdays("2026-06-08", "2026-06-19")
			b := benchOf(t, values, "on_empty: recheck")
			b.fill(t, values)
			b.answer(tt.answer)
			b.ask(t, "r1", "2026-06-08", "2026-06-19", "2026-07-01", row.OnlyAll)
			var gone []string
			for _, r := range b.rows(t) {
				if r.Withdrawn() != "" {
					gone = append(gone, r.Day.String())
				}
			}
			if got := strings.Join(gone, " "); got != tt.want || !strings.Contains(fmt.Sprint(b.streams(t, "r1")[0].Warnings), tt.warns) {
				t.Errorf("withdrawn %s, want %s; warnings %q", got, tt.want, b.streams(t, "r1")[0].Warnings)
			}
		})
	}
}

// Values on both sides of a day prove nothing of it when they came from other requests:
// neither that it has no value nor that the one it had is withdrawn.
func TestAnswersToOtherRequestsProveNothing(t *testing.T) {
	silent := func(days ...string) func(source.Answer) source.Answer {
		return func(a source.Answer) source.Answer {
			a = without(days...)(a)
			a.Silent = map[string]span.Runs{}
			for _, d := range days {
				a.Silent["USD"] = a.Silent["USD"].Append(day(d))
			}
			return a
		}
	}
	const why = "no value, and no proof that there is none: bcb-ptax has no row in its answer to the request for it, and the answers to others prove nothing of it"
	values := weekdays("2026-06-08", "2026-06-19", "2026-06-10")
	for _, onEmpty := range []string{"learn", "recheck"} {
		b := benchOf(t, values, "on_empty: "+onEmpty)
		b.answer(silent("2026-06-10"))
		b.ask(t, "r1", "2026-06-08", "2026-06-19", "2026-06-30", row.OnlyDue)
		if got, want := b.unsettled(t), "2026-06-10 absent 1 2026-07-01"; got != want || b.rows(t)[2].Reason != why {
			t.Errorf("%s: %s, %s; want %s", onEmpty, got, b.rows(t)[2].Reason, want)
		}
		if got := b.streams(t, "r1")[0].Warnings; len(got) != 1 || got[0] != "USD 2026-06-10: "+why {
			t.Errorf("%s: warnings %q", onEmpty, got)
		}
		b.answer(silent("2026-06-12"))
		b.ask(t, "r2", "2026-06-11", "2026-06-19", "2026-07-01", row.OnlyAll)
		for _, r := range b.rows(t) {
			if r.Withdrawn() != "" {
				t.Errorf("%s: %s is withdrawn: %s", onEmpty, r.Day, r.Withdrawn())
			}
		}
		if got := fmt.Sprint(b.streams(t, "r2")[0].Warnings); !strings.Contains(got, "USD 2026-06-12: published before") {
			t.Errorf("%s: warnings %s", onEmpty, got)
		}
	}
	// The newest day may be late.
	values = weekdays("2026-06-08", "2026-06-18")
	b := benchOf(t, values, "on_empty: learn")
	b.fill(t, values)
	b.answer(silent("2026-06-19"))
	b.ask(t, "r1", "2026-06-19", "2026-06-19", "2026-06-19", row.OnlyDue)
	if got := b.streams(t, "r1")[0].Warnings; len(got) != 0 {
		t.Errorf("warnings %q", got)
	}
}

// A published day inside a hole, which the answer lacks too, spoils its proof.
func TestAnAnswerThatLacksAPublishedDayProvesNothing(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-19", "2026-06-10")
	b := benchOf(t, values, "on_empty: learn")
	b.fill(t, values, "2026-06-12")
	b.answer(without("2026-06-11"))
	b.ask(t, "r1", "2026-06-10", "2026-06-12", "2026-06-30", row.OnlyDue)
	if got, want := b.unsettled(t), "2026-06-10 absent 1 2026-07-01"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The witnesses of a request that is as long as its source allows stay away.
func TestWitnessesStayWithinMaxDays(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-19", "2026-06-10")
	b := benchOf(t, values, "on_empty: learn")
	for i := range b.Catalogue.Sources {
		b.Catalogue.Sources[i].MaxDays = 2
	}
	b.fill(t, values)
	b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-30", row.OnlyDue)
	if got, want := fmt.Sprint(b.requests), "[2026-06-09/2026-06-10]"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	if got, want := b.unsettled(t), "2026-06-10 absent 1 2026-07-01"; got != want || len(b.streams(t, "r1")[0].Warnings) > 0 {
		t.Errorf("%s, want %s; warnings %q", got, want, b.streams(t, "r1")[0].Warnings)
	}
	b = benchOf(t, values, "on_empty: learn")
	for i := range b.Catalogue.Sources {
		b.Catalogue.Sources[i].MaxDays = 3
	}
	b.fill(t, map[string]string{"2026-06-05": "5.1", "2026-06-11": "5.1"})
	for _, text := range []string{"2026-06-08", "2026-06-09"} {
		b.put(t, row.Row{Series: "USD", Day: day(text), Status: row.Absent, Run: "r0"})
	}
	b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-30", row.OnlyDue)
	if got, want := fmt.Sprint(b.requests)+" "+b.unsettled(t), "[2026-06-10/2026-06-11] 2026-06-08 absent 0 -; 2026-06-09 absent 0 -; 2026-06-10 absent 1 2026-07-01"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A row without a value is a row: the day is late, and nothing is to be looked at.
func TestADayThatIsShownAsEmpty(t *testing.T) {
	b := benchOf(t, nil, "on_empty: recheck")
	b.answer(func(a source.Answer) source.Answer {
		a.Empty = map[string]span.Runs{"USD": span.Collect(span.Span{From: day("2026-06-10"), To: day("2026-06-10")})}
		return a
	})
	b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-30", row.OnlyDue)
	b.wantTable(t, "2026-06-10 absent  no value published")
	if w := b.streams(t, "r1")[0].Warnings; len(w) > 0 {
		t.Errorf("warnings %q", w)
	}
}

// A witness whose value differs from what is stored is a revision.
func TestAWitnessThatDiffersIsARevision(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-12", "2026-06-10")
	b := benchOf(t, values, "on_empty: learn")
	b.fill(t, values)
	values["2026-06-09"] = "5.7"
	b.ask(t, "r1", "2026-06-10", "2026-06-10", "2026-06-30", row.OnlyDue)
	c := b.streams(t, "r1")[0].Series[0]
	if fmt.Sprint(c.Beside) != "[2026-06-09]" || c.Observed != 0 || c.Absent != 1 {
		t.Errorf("counts %+v, want 2026-06-09 beside and one absent", c)
	}
	old, err := b.store.Revisions(t.Context(), "USD", span.Span{From: day("2026-06-09"), To: day("2026-06-09")})
	if err != nil || len(old) != 1 || old[0].ReplacedBy != "r1" {
		t.Errorf("revisions %+v, %v", old, err)
	}
}

// A value that the publisher takes away stays, and is said to be withdrawn, once
// an answer shows it; and is as before when it comes back.
func TestAWithdrawnValueStays(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-19")
	b := benchOf(t, values, "on_empty: recheck")
	b.fill(t, values)
	all := func(run, asOf string, change func(source.Answer) source.Answer) (withdrawn string, warnings []string) {
		b.answer(change)
		b.ask(t, run, "2026-06-08", "2026-06-19", asOf, row.OnlyAll)
		for _, r := range b.rows(t) {
			if r.Status != row.Observed || len(r.Fields) == 0 {
				t.Errorf("%s: %s is %s", run, r.Day, r.Status)
			}
			if text := r.Withdrawn(); text != "" {
				withdrawn = fmt.Sprintf("%s: %s", r.Day, text)
			}
		}
		s := b.streams(t, run)[0]
		if c := s.Series[0]; c.Observed+c.Revised != 0 {
			t.Errorf("%s counts %+v", run, c)
		}
		return withdrawn, s.Warnings
	}
	const gone = "withdrawn by the publisher, seen on 2026-07-01: no value between the witnesses 2026-06-10 and 2026-06-12, which the same answer has"
	const lost = "USD 2026-06-08: published before, and the answer neither has it nor shows that it is withdrawn, and 9 more such days"
	for _, step := range []struct {
		asOf            string
		change          func(source.Answer) source.Answer
		withdrawn, warn string
	}{
		{"2026-06-30", mute, "", lost},
		{"2026-07-01", without("2026-06-11"), "2026-06-11: " + gone, "USD 2026-06-11: " + gone},
		{"2026-07-02", without("2026-06-11"), "2026-06-11: " + gone, ""},
		{"2026-07-03", mute, "2026-06-11: " + gone, strings.Replace(lost, "9 more", "8 more", 1)},
		{"2026-07-04", whole, "", ""},
	} {
		withdrawn, warnings := all("r"+step.asOf, step.asOf, step.change)
		if got := strings.Join(warnings, "; "); withdrawn != step.withdrawn || got != step.warn {
			t.Errorf("%s: withdrawn %q, want %q; warnings %q, want %q", step.asOf, withdrawn, step.withdrawn, got, step.warn)
		}
	}
	if c := b.streams(t, "r2026-07-01")[0].Series[0]; c.Withdrawn != 1 || c.New != 1 {
		t.Errorf("counts %+v, want 1 withdrawn and new", c)
	}
}

// The days around a range go on to the end of a series that ends soon after it:
// that is how old a holiday is, and what lies behind a last empty day.
func TestHolidaysNearTheEndOfASeries(t *testing.T) {
	values := weekdays("2026-06-01", "2026-06-30", "2026-06-10", "2026-06-22")
	b := benchOf(t, values, "on_empty: learn, until: 2026-06-24")
	b.fill(t, values, "2026-06-09")
	b.ask(t, "r1", "2026-06-09", "2026-06-22", "2026-07-01", row.OnlyDue)
	if got, want := b.unsettled(t), "2026-06-10 absent 1 -; 2026-06-22 absent 1 2026-07-02"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A series that has ended is compared once after its end, and then never again.
func TestLookbackEndsWithTheSeries(t *testing.T) {
	values := weekdays("2026-06-08", "2026-06-19")
	b := benchOf(t, values, "lookback: 3, until: 2026-06-18")
	var asked []string
	for i, asOf := range []string{"2026-06-18", "2026-06-19", "2026-06-20", "2026-07-20"} {
		b.requests = nil
		b.ask(t, fmt.Sprint("r", i), "2026-06-08", "2026-06-18", asOf, row.OnlyDue)
		asked = append(asked, fmt.Sprint(b.requests))
	}
	if got, want := strings.Join(asked, " "), "[2026-06-08/2026-06-18] [2026-06-16/2026-06-18] [] []"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}
