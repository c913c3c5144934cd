//go:build integration

package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"
)

// A weekly series, and the first weeks of which its publisher has nothing yet.
const fuel = "FUEL#DIESEL"

var (
	lateWeek  = span.Date(2026, time.March, 15) // comes a day after it is asked for
	steepWeek = lateWeek + 7                    // comes with it, and its price is hard to believe
	neverWeek = lateWeek + 14                   // does not come
	fuelWeeks = span.Span{From: lateWeek, To: neverWeek}
)

// Weeks that the publisher lacks are asked for again on the days of the ladder
// and not before, until they come or a person has to look.
func ladder(t *testing.T, s *stack) {
	began := time.Now()
	s.fuelRun(t, "lacking", true)
	s.fuelRows(t, []string{"2026-03-15 absent 1, again after 1", "2026-03-22 absent 1, again after 1", "2026-03-29 absent 1, again after 1"})
	s.fuelRun(t, "impatient", false)

	s.publish(t, lateWeek, "6.85")
	s.publish(t, steepWeek, "9.1")
	s.pass(t)
	s.fuelRun(t, "late", true)
	s.fuelRows(t, []string{"2026-03-15 observed 1", "2026-03-22 incomplete 2, again after 2", "2026-03-29 absent 2, again after 2"})
	s.fuelRun(t, "impatient", false)

	for n := 3; n < 6; n++ {
		s.pass(t)
		s.fuelRun(t, "climbing", true)
		wait := fmt.Sprintf(" %d, again after %d", n, 1<<(n-1))
		s.fuelRows(t, []string{"2026-03-15 observed 1", "2026-03-22 incomplete" + wait, "2026-03-29 absent" + wait})
	}
	s.pass(t)
	x, _ := s.fuelExecution(t, "quarantine")
	if orDash(x.Error) != "Lacuna.Incomplete" {
		t.Errorf("the run that quarantines days ended %s %s: %s", x.Status, orDash(x.Error), orDash(x.Cause))
	}
	s.fuelRows(t, []string{"2026-03-15 observed 1", "2026-03-22 quarantined 6", "2026-03-29 quarantined 6"})
	s.fuelRun(t, "quarantined", false)
	fmt.Printf("ladder: a week late, two weeks quarantined after 32 days, %s: %s\n", time.Since(began).Round(100*time.Millisecond), orDash(x.Cause))
}

// fuelExecution runs over the weeks and counts the requests for them.
func (s *stack) fuelExecution(t *testing.T, name string) (x *sfn.DescribeExecutionOutput, requests int) {
	t.Helper()
	before := len(s.publisher.Requests(publisher.ANP))
	x = s.execute(t, name, fmt.Sprintf(`{"series":[%q],"from":"%s","to":"%s"}`, fuel, fuelWeeks.From, fuelWeeks.To))
	return x, len(s.publisher.Requests(publisher.ANP)) - before
}

// fuelRun runs over the weeks, and fails the test unless it asks the publisher
// just when it should.
func (s *stack) fuelRun(t *testing.T, name string, asks bool) {
	t.Helper()
	x, requests := s.fuelExecution(t, name)
	succeeds(t, x)
	if requests > 0 != asks {
		t.Errorf("run %s: %d requests", name, requests)
	}
}

// fuelRows compares what is stored of the weeks: status, attempts, and how many
// days lie between the last question and the next.
func (s *stack) fuelRows(t *testing.T, want []string) {
	t.Helper()
	var got []string
	for _, r := range s.fuelStored(t) {
		text := fmt.Sprintf("%s %s %d", r.Day, r.Status, r.Attempts)
		if r.RetryAt != 0 {
			text += fmt.Sprintf(", again after %d", r.RetryAt-span.DayOf(r.FetchedAt))
		}
		got = append(got, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("rows of %s (-want +got):\n%s", fuel, diff)
	}
}

func (s *stack) fuelStored(t *testing.T) []row.Row {
	t.Helper()
	rows, err := s.rows.Rows(t.Context(), fuel, fuelWeeks)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// pass lets time pass until the weeks on the ladder are to be asked for again.
// The emulator's clock is the real one, so it is their rows that become older.
func (s *stack) pass(t *testing.T) {
	t.Helper()
	for _, r := range s.fuelStored(t) {
		if r.RetryAt != 0 {
			s.older(t, r, int(r.RetryAt-span.DayOf(r.FetchedAt)))
		}
	}
}

// older moves all days and times of a row back.
func (s *stack) older(t *testing.T, old row.Row, days int) {
	t.Helper()
	next := old
	next.FetchedAt = old.FetchedAt.AddDate(0, 0, -days)
	if next.RetryAt != 0 {
		next.RetryAt -= span.Day(days)
	}
	next.Trail = slices.Clone(old.Trail)
	for i := range next.Trail {
		next.Trail[i].At = next.Trail[i].At.AddDate(0, 0, -days)
	}
	if err := s.rows.Change(t.Context(), old, next); err != nil {
		t.Fatal(err)
	}
}

// publish has the publisher bring a week's price, or another one than before.
func (s *stack) publish(t *testing.T, week span.Day, price string) {
	t.Helper()
	series, ok := s.catalogue.Lookup(fuel)
	if !ok {
		t.Fatalf("no series %s", fuel)
	}
	list := slices.Clone(s.publisher.Observations(series.Source, series.Code))
	at, found := slices.BinarySearchFunc(list, week, func(o publisher.Observation, day span.Day) int { return int(o.Day - day) })
	o := publisher.Observation{Day: week, Values: []string{price}}
	if found {
		list[at] = o
	} else {
		list = slices.Insert(list, at, o)
	}
	s.publisher.Add(series.Source, series.Code, list)
}
