package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/history"
	"lacuna/internal/intake"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/plan"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/stack"
	"lacuna/internal/standing"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// family is a catalogue of n series, which are all the same one of PTAX.
func family(n int) string {
	var numbers []string
	for i := range n {
		numbers = append(numbers, fmt.Sprintf("'%04d'", i))
	}
	return `version: 1
sources:
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 1000, timeout: 30s}
series:
- each: {n: [` + strings.Join(numbers, ", ") + `]}
  key: F#{n}
  title: Number {n}
  unit: BRL per USD
  source: bcb-ptax
  code: USD
  fields: [buy, sell]
  calendar: brazil-bank
  since: 2026-06-15
  ready: {at: "18:00", zone: America/Sao_Paulo}
`
}

func familyKey(i int) string { return fmt.Sprintf("F#%04d", i) }

// storedFamily is a family in a file and a database in which each has all its days but
// one, and one that is incomplete. 37 lacks another day, 39 the last two, and of 38 the
// incomplete day is quarantined. It returns the environment for them.
func storedFamily(t *testing.T, n int) []string {
	t.Helper()
	dir := t.TempDir()
	file, db := filepath.Join(dir, "family.yaml"), filepath.Join(dir, "family.db")
	writeFile(t, file, family(n))
	s, err := sqlite.Open(db, sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var rows []row.Row
	for i := range n {
		for day := span.Date(2026, 6, 15); day <= span.Date(2026, 6, 30); day++ {
			_, _, d := day.Date()
			if d == 16 || day.Weekday() > time.Friday || day.Weekday() == time.Sunday || i == 37 && d == 18 || i == 39 && d > 28 {
				continue
			}
			rows = append(rows, row.Row{Series: familyKey(i), Day: day, Status: row.Observed, Source: "x", Run: "x",
				Fields: row.Fields{{Name: "buy", Value: "5.10"}, {Name: "sell", Value: "5.20"}}})
		}
	}
	if err := s.Insert(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE rows SET status = 'incomplete', attempts = 1, reason = 'no sell' WHERE date = '2026-06-17'`,
		`UPDATE rows SET status = 'quarantined' WHERE date = '2026-06-17' AND info_type = 'F#0038'`,
	} {
		if err := edit(db, statement); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"LACUNA_CATALOGUE=" + file, "LACUNA_DB=" + db, "LACUNA_NOW=2026-07-01"}
}

// keysIn returns the first words of the lines that begin with a key of a family.
func keysIn(text string) (keys []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "F#") {
			keys = append(keys, strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' })[0])
		}
	}
	return keys
}

// keysOf are the first n keys of a family, some of them before the others.
func keysOf(n int, before ...int) (keys []string) {
	for _, i := range before {
		keys = append(keys, familyKey(i))
	}
	for i := 0; len(keys) < n; i++ {
		if !slices.Contains(before, i) {
			keys = append(keys, familyKey(i))
		}
	}
	return keys
}

// Of more than forty series people are shown the worst or the first, and how many more
// there are; programs, spreadsheets and those who want all get all of them.
func TestLongLists(t *testing.T) {
	lists := []struct {
		verb  string
		rest  string // with numbers for %d
		worst []int
	}{
		{"status", "The worst 40 of %d series: --all or -o json has the other %d.", []int{39, 37, 38}},
		{"latest", "The worst 40 of %d series: --all or -o json has the other %d.", []int{39}},
		{"quarantine list", "The worst 40 of %d days: --all or -o json has the other %d.", []int{38}},
		{"series list", "The first 40 of %d series: --all or -o json has the other %d.", nil},
		{"plan", "The worst 40 of %d series: --all or -o json has the other %d.", []int{39, 37}},
	}
	for _, n := range []int{40, 45, 1000} {
		environ := storedFamily(t, n)
		for _, tt := range lists {
			t.Run(fmt.Sprintf("%s of %d", tt.verb, n), func(t *testing.T) {
				call := func(args ...string) string {
					var stdout, stderr bytes.Buffer
					if code := run(t.Context(), append(strings.Fields(tt.verb), args...), nil, &stdout, &stderr, environ); code != 0 {
						t.Fatalf("%q: exit code %d\n%s%s", args, code, &stdout, &stderr)
					}
					return stdout.String()
				}
				want, rest := keysOf(40), ""
				if n > 40 {
					want, rest = keysOf(40, tt.worst...), "\n"+fmt.Sprintf(tt.rest, n, n-40)+"\n"
				}
				text := call()
				if diff := cmp.Diff(want, keysIn(text)); diff != "" || strings.Count(text, " 40 of ") > 2 || !strings.Contains(text, rest) {
					t.Errorf("(-want +got):\n%swant %q in\n%s", diff, rest, text)
				}
				if text := call("--all"); !slices.Equal(keysIn(text), keysOf(n)) || strings.Contains(text, " 40 of ") {
					t.Errorf("--all:\n%s", text)
				}
				if text := call("-o", "json"); strings.Count(text, `"F#`) < n || !strings.Contains(text, `"`+familyKey(n-1)+`"`) {
					t.Errorf("-o json:\n%s", text)
				}
				if tt.verb == "plan" {
					return
				}
				keys := keysIn(call("-o", "csv"))
				if tt.verb == "latest" { // a line a field
					keys = slices.Compact(keys)
				}
				if !slices.Equal(keys, keysOf(n)) {
					t.Errorf("-o csv has %d series in another order", len(keys))
				}
			})
		}
	}
}

// newListing is an app that prints to out, as a verb with --all has it.
func newListing(out *bytes.Buffer) *app {
	a := &app{stdout: output.NewScreen(out), stderr: output.NewScreen(out), output: "table", target: targetLocal, flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
	a.bindAll(a.flags)
	return a
}

// A plan of thousands of series and streams has as many lines as one of forty.
func TestLongPlan(t *testing.T) {
	p := plan.Plan{Requests: 2500}
	for i := range 10_000 {
		p.Series = append(p.Series, plan.Series{Coverage: standing.Coverage{Key: familyKey(i), Missing: 1}, Requested: i % 7})
	}
	for i := range 2500 {
		p.Streams = append(p.Streams, plan.Stream{ID: fmt.Sprintf("s-%04d", i), Series: []string{"F#1", "F#2", "F#3", "F#4"}})
	}
	var out bytes.Buffer
	if err := newListing(&out).showPlan(&p, "", "table"); err != nil {
		t.Fatal(err)
	}
	keys := keysIn(out.String())
	if len(keys) != 40 || keys[0] != familyKey(6) || keys[39] != familyKey(6+39*7) || strings.Count(out.String(), "\ns-") != 40 ||
		!strings.Contains(out.String(), "\nThe worst 40 of 10000 series: --all or -o json has the other 9960.\n") ||
		!strings.Contains(out.String(), "\nThe first 40 of 2500 streams: --all or -o json has the other 2460.\n") {
		t.Errorf("%s", &out)
	}
}

// What a run of many series has to say has an end, while it goes on and after it.
func TestLongRun(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "family.yaml")
	writeFile(t, file, family(45))
	b.env = append(b.env, "LACUNA_CATALOGUE="+file)
	if err := b.Fail(publisher.Fault{Kind: publisher.Status, Source: publisher.PTAX, Status: 503}); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := b.run("backfill")
	if code != 3 || strings.Count(stdout, "\nfailed: ") != 40 || len(keysIn(stdout)) != 40 ||
		!strings.Contains(stdout, "\nThe first 40 of 45 series: --all or -o json has the other 5.\n") ||
		!strings.Contains(stdout, "\nThe first 40 of 45 failures: --all or -o json has the other 5.\n") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	var told struct{ Series, Failures []any }
	b.read(&told, 3, "backfill")
	if len(told.Series) != 45 || len(told.Failures) != 45 {
		t.Errorf("as JSON %d series and %d failures, want all", len(told.Series), len(told.Failures))
	}
	_, stdout, _ = b.run("backfill", "--all")
	if strings.Count(stdout, "\nfailed: ") != 45 || len(keysIn(stdout)) != 45 || strings.Contains(stdout, " 40 of ") {
		t.Errorf("--all:\n%s", stdout)
	}
}

// Of the retries and failures of a long run the first are told, of one of few series all.
func TestTroubleOfALongRun(t *testing.T) {
	for _, tt := range []struct {
		series, told int
		rest         string
	}{{19, 50, "warning: stream s-049 1970-01-01 failed: X\n"}, {41, 40, "10 retries more\nwarning: 10 streams more failed\n"}} {
		var stderr bytes.Buffer
		p := newListing(&stderr).newProgress(tt.series)
		for i := range 50 {
			p.noteRetry("try %d", i)
			p.failed("run", fmt.Sprintf(`{"bundle":{"streams":[{"id":"s-%03d"}]},"failure":{"Error":"X"}}`, i))
		}
		p.close()
		if text := stderr.String(); strings.Count(text, "try ") != tt.told || strings.Count(text, "warning: stream s-0") != tt.told || !strings.HasSuffix(text, tt.rest) {
			t.Errorf("of a run of %d series:\n%s", tt.series, &stderr)
		}
	}
}

// A command that is told again does not spell out what nobody reads, and is refused when
// it is run as it stands.
func TestLongCommand(t *testing.T) {
	environ := storedFamily(t, 45)
	status := func(keys ...string) (code int, stdout, stderr string) {
		var out, errs bytes.Buffer
		code = run(t.Context(), append([]string{"status"}, keys...), nil, &out, &errs, environ)
		return code, out.String(), errs.String()
	}
	_, stdout, _ := status(keysOf(45)...)
	if !strings.HasSuffix(stdout, " --series 'F#0000' --series 'F#0001' --series 'F#0002' --series '... and 42 more'\n") {
		t.Errorf("%s", stdout)
	}
	if code, _, stderr := status("F#0001", "... and 42 more"); code != 64 || !strings.Contains(stderr, `no series matches "... and 42 more"`) {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, stdout, _ := status(keysOf(40)...); !strings.HasSuffix(stdout, " --series 'F#0038' --series 'F#0039'\n") {
		t.Errorf("%s", stdout)
	}
}

// Doctor has a line for each series of which days are in doubt.
func TestLongDiagnosis(t *testing.T) {
	d := &diagnosis{OK: true}
	d.good("database", "there")
	d.settled.from = len(d.Findings)
	for i := range 1000 {
		if i%100 == 99 {
			d.bad(familyKey(i), "look", "settled")
		} else {
			d.good(familyKey(i), "settled")
		}
	}
	d.settled.to = len(d.Findings)
	d.good("publisher x", "answers")
	var out bytes.Buffer
	if err := d.write(newListing(&out)); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Count(text, " F#") != 40 || strings.Count(text, "failed  F#") != 10 || !strings.HasPrefix(text, "ok      database: there\nfailed  F#0099: ") ||
		!strings.HasSuffix(text, "\nThe worst 40 of 1000 series: --all or -o json has the other 960.\nok      publisher x: answers\n") {
		t.Errorf("%s", text)
	}
	if text, err := json.Marshal(d); err != nil || bytes.Count(text, []byte(`"F#`)) != 1000 {
		t.Errorf("as JSON: %v", err)
	}
}

// An import tells of the series whose days differ, and counts the others.
func TestLongImport(t *testing.T) {
	r := &intake.Report{}
	for i := range 1000 {
		c := &intake.Count{Key: familyKey(i), New: 1}
		switch i {
		case 500:
			c.Outside = 3
		case 550:
			c.Unread, c.Places = 2, []intake.Unread{{Place: "old", Why: "day \"x\": want YYYY-MM-DD"}}
		case 600:
			c.Different, c.Values = 1, []intake.Difference{{Place: "x.csv:2"}}
		}
		r.Series = append(r.Series, c)
	}
	var out bytes.Buffer
	if err := newListing(&out).tellImport(r, "table"); err != nil {
		t.Fatal(err)
	}
	want := append(keysOf(40, 600, 550, 500), familyKey(600)) // whose difference is told below
	if diff := cmp.Diff(want, keysIn(out.String())); diff != "" || !strings.Contains(out.String(), "\nThe worst 40 of 1000 series: --all or -o json has the other 960.\n") ||
		!strings.Contains(out.String(), "\n... and 3 unexpected days more\n") ||
		!strings.Contains(out.String(), "\nold: left out: day \"x\": want YYYY-MM-DD\n... and 1 unread item more\n") {
		t.Errorf("(-want +got):\n%s%s", diff, &out)
	}
}

// What was kept and is lost or changed comes first.
func TestLongReparse(t *testing.T) {
	var list []reparsed
	for i := range 1000 {
		one := reparsed{Key: familyKey(i), Bodies: 1, Same: 1}
		switch days := span.Collect(span.Span{From: span.Date(2026, 6, 1), To: span.Date(2026, 6, 2)}); i {
		case 500:
			one.Changed = days
		case 600:
			one.Lost = days
		}
		list = append(list, one)
	}
	var out bytes.Buffer
	if err := new(reparse).tell(newListing(&out), "table", "run", list, 0, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keysOf(40, 600, 500), keysIn(out.String())); diff != "" || !strings.Contains(out.String(), "\nThe worst 40 of 1000 series: --all or -o json has the other 960.\n\n2 days changed.\n2 days of F#0600 in ") {
		t.Errorf("(-want +got):\n%s%s", diff, &out)
	}
}

// A notice names forty series, those with the most days first.
func TestLongNotice(t *testing.T) {
	u := &unattended{last: &total{}}
	var found message.Summary
	for i := range 1000 {
		found.Series = append(found.Series, message.SeriesResult{Key: familyKey(i), Count: row.Count{New: 1 + i%2}})
	}
	u.last.add(history.Outcome{Summary: found})
	n, told := u.notice(newListing(&bytes.Buffer{}), nil, 3)
	if !told || strings.Count(n.Text, "F#") != 40 || !strings.Contains(n.Text, " F#0001: 2 days newly found") ||
		!strings.Contains(n.Text, " The worst 40 of 1000 series: runs -o json has the other 960. Look: ") || len(n.Text) > output.MaxCell {
		t.Errorf("%t, %s", told, n.Text)
	}
}

// Dead letters and what a publisher has have no --all: as JSON they are whole.
func TestLongListsOfOthers(t *testing.T) {
	var letters []stack.DeadLetter
	var offers []source.Offer
	for i := range 45 {
		letters = append(letters, stack.DeadLetter{Source: "s", Stream: fmt.Sprintf("s-%03d", i), Series: []string{familyKey(i)}})
		offers = append(offers, source.Offer{Code: familyKey(i), Title: "t"})
	}
	c, err := catalogue.Parse("family.yaml", []byte(family(2)), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lines, rest string
		tell        func(a *app, format string) error
	}{
		{"\ns  ", "The first 40 of 45 dead letters: -o json has the other 5.\n", func(a *app, format string) error { return a.listLetters(letters, format) }},
		{"\nF#", "The first 40 of 45 series: -o json has the other 5.\n", func(a *app, format string) error { return a.tellOffers(c, &c.Sources[0], offers, format) }},
	} {
		var text, all bytes.Buffer
		a := newListing(&text)
		a.flags = pflag.NewFlagSet("", pflag.ContinueOnError)
		if err := tt.tell(a, "table"); err != nil || strings.Count(text.String(), tt.lines) != 40 || !strings.Contains(text.String(), tt.rest) {
			t.Errorf("%v, want 40 lines and %q:\n%s", err, tt.rest, &text)
		}
		a.stdout, a.output = output.NewScreen(&all), "json"
		if err := tt.tell(a, "json"); err != nil || strings.Count(all.String(), `"F#`) != 45 {
			t.Errorf("%v, as JSON:\n%s", err, &all)
		}
	}
}
