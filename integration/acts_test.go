//go:build integration

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// told is what `why` prints, as far as it is looked at here.
type told struct {
	State string
	Row   struct {
		Fields map[string]string
		Trail  []struct{ Answer, Reason, By string }
	}
	Revisions []struct {
		Fields     map[string]string
		ReplacedBy string `json:"replaced_by"`
	}
}

// last returns what made the row what it is.
func (w *told) last() string {
	if len(w.Row.Trail) == 0 {
		return ""
	}
	s := w.Row.Trail[len(w.Row.Trail)-1]
	return strings.Join([]string{s.Answer, s.By, s.Reason}, ", ")
}

// What the ladder has left is decided by an operator, a price is revised and
// withdrawn, and everybody may read what was known before. It needs the rows
// that ladder leaves.
func acts(t *testing.T, s *stack) {
	began := time.Now()
	c := newCommand(t, s)
	reader, operator := c.as(s.as(t, "reader")), c.as(s.as(t, "operator"))
	of := func(day span.Day, args ...string) []string {
		return append(args, "--series", fuel, "--from", day.String(), "--to", day.String())
	}
	because := func(reason string, args ...string) []string {
		return append(args, "--by", "maria", "--reason", reason, "--yes")
	}

	var held struct {
		Days []struct{ Day, Status string }
	}
	reader.read(&held, 0, "quarantine", "list", "--series", fuel)
	if diff := cmp.Diff([]struct{ Day, Status string }{{steepWeek.String(), "quarantined"}, {neverWeek.String(), "quarantined"}}, held.Days); diff != "" {
		t.Fatalf("quarantine list (-want +got):\n%s", diff)
	}
	reader.run(1, because("it is right", of(steepWeek, "quarantine", "accept")...)...)
	if !strings.Contains(reader.stderr, "AccessDenied") {
		t.Errorf("a reader accepts a value:\n%s", reader.stderr)
	}
	operator.run(0, because("the refineries raised it", of(steepWeek, "quarantine", "accept")...)...)
	operator.run(0, because("no survey", of(neverWeek, "mark", "absent")...)...)
	s.fuelRows(t, []string{"2026-03-15 observed 1", "2026-03-22 observed 0", "2026-03-29 absent 0"})
	s.fuelRun(t, "settled", false)

	// As if the price had come yesterday.
	late := s.fuelStored(t)[0]
	s.older(t, late, 1)
	yesterday := span.DayOf(late.FetchedAt) - 1
	s.publish(t, lateWeek, "6.86")
	var filled backfilled
	operator.read(&filled, 0, of(lateWeek, "backfill", "--only", "all", "--yes")...)
	export := func(args ...string) string {
		return reader.run(0, of(lateWeek, append([]string{"export"}, args...)...)...)
	}
	const header, line = "info_type,date,status,value\n", "FUEL#DIESEL,2026-03-15,observed,"
	if got, want := export()+export("--as-of", yesterday.String()), header+line+"6.86\n"+header+line+"6.85\n"; got != want {
		t.Errorf("export, now and as of %s:\n%swant:\n%s", yesterday, got, want)
	}
	var revised, settled told
	reader.read(&revised, 0, "why", fuel, lateWeek.String())
	if r := revised.Revisions; revised.State != "observed" || revised.Row.Fields["value"] != "6.86" || len(r) != 1 || r[0].Fields["value"] != "6.85" || r[0].ReplacedBy != filled.Run {
		t.Errorf("why of a week that run %s revised: %+v", filled.Run, revised)
	}
	reader.read(&settled, 0, "why", fuel, neverWeek.String())
	if want := "mark absent, maria, no survey"; settled.State != "absent" || settled.last() != want {
		t.Errorf("why of a week that was settled is %s by %q, want absent by %q", settled.State, settled.last(), want)
	}

	operator.run(0, because("of another product", of(lateWeek, "mark", "missing")...)...)
	if got, want := export(), header+"FUEL#DIESEL,2026-03-15,absent,\n"; got != want {
		t.Errorf("export of a withdrawn value:\n%swant:\n%s", got, want)
	}
	s.fuelRun(t, "withdrawn", true)
	s.fuelRows(t, []string{"2026-03-15 observed 0", "2026-03-22 observed 0", "2026-03-29 absent 0"})
	if revisions, err := s.rows.Revisions(t.Context(), fuel, fuelWeeks); err != nil || len(revisions) != 2 {
		t.Errorf("%d revisions are kept, %v; want 2", len(revisions), err)
	}
	fmt.Printf("acts: accept, mark absent, a revision, mark missing, export --as-of and why, %s\n", time.Since(began).Round(100*time.Millisecond))
}
