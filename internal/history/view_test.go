package history

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/engine/enginetest"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

// told describes the states at a place, one a line and by name: status, visits, attempts,
// iterations, error.
func told(v *View, at Place) string {
	var b strings.Builder
	states := v.States(at)
	for _, name := range slices.Sorted(maps.Keys(states)) {
		s := states[name]
		fmt.Fprintf(&b, "%s %s %s", s.Type, name, s.Status)
		if s.Visits > 1 {
			fmt.Fprintf(&b, " visits %d", s.Visits)
		}
		for i, a := range s.Attempts {
			if i == 0 {
				b.WriteString(" attempts")
			}
			fmt.Fprintf(&b, " %s", a.Status)
			if a.Error != "" {
				fmt.Fprintf(&b, "(%s)", a.Error)
			}
		}
		if s.Iterations != (Tally{}) {
			fmt.Fprintf(&b, " of %+v", s.Iterations)
		}
		if s.Error != "" {
			fmt.Fprintf(&b, " error %s", s.Error)
		}
		if s.At != at {
			fmt.Fprintf(&b, " at %s", s.At)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// cases says of cases of testdata/asl what a view tells: of the whole run, and of places.
var cases = map[string]map[Place]string{
	"map/failed_task_aborts_the_others": {
		"": `Map A caught attempts failed(X) of {All:2 Done:0 Failed:1 Running:0 Stopped:1 Caught:0} error X
Pass B done
Choice P done visits 2 of {All:2 Done:2 Failed:0 Running:0 Stopped:0 Caught:0} at A.0
Task T failed attempts failed(X) of {All:1 Done:0 Failed:1 Running:0 Stopped:0 Caught:0} error X at A.1
Wait W stopped of {All:1 Done:0 Failed:0 Running:0 Stopped:1 Caught:0} at A.0
`,
		"A.0": "Choice P done\nWait W stopped\n",
		"A.1": "Choice P done\nTask T failed attempts failed(X) error X\n",
		"A.2": "", "A": "", "A.0/A.0": "", "/": "", "A.-1": "",
	},
	"map/retried_as_a_whole": {
		"": `Map A done attempts failed(X) done of {All:1 Done:1 Failed:0 Running:0 Stopped:0 Caught:0} error X
Task T failed visits 2 attempts failed(X) of {All:2 Done:1 Failed:1 Running:0 Stopped:0 Caught:0} error X at A.0:1
`,
		"A.0":   "Task T done attempts done\n",
		"A.0:1": "Task T failed attempts failed(X) error X\n",
	},
	"map/failure_in_a_map_inside_a_map": {
		"": `Map A failed attempts failed of {All:2 Done:0 Failed:1 Running:0 Stopped:0 Caught:0} error E
Map B failed attempts failed of {All:1 Done:0 Failed:1 Running:0 Stopped:0 Caught:0} error E at A.0
Fail F failed of {All:1 Done:0 Failed:1 Running:0 Stopped:0 Caught:0} error E at A.0/B.0
`,
		"A.0/B.0": "Fail F failed error E\n",
	},
	"map/caught_inside_the_others_go_on": {"": `Map A done attempts done of {All:2 Done:2 Failed:0 Running:0 Stopped:0 Caught:0}
Pass F done of {All:1 Done:1 Failed:0 Running:0 Stopped:0 Caught:0} at A.0
Task T caught visits 2 attempts failed(X) of {All:2 Done:1 Failed:0 Running:0 Stopped:0 Caught:1} error X at A.0
`},
	"parallel/a_failing_branch_ends_it": {"": `Parallel A caught attempts failed
Wait B stopped
Fail C failed
Pass D done
`},
	"parallel/aborts_an_inner_map": {"": `Parallel A failed attempts failed error E
Fail F failed error E
Map M stopped attempts stopped of {All:1 Done:0 Failed:0 Running:0 Stopped:1 Caught:0}
Wait W stopped of {All:1 Done:0 Failed:0 Running:0 Stopped:1 Caught:0} at M.0
Wait W2 done
`},
	"map_distributed/one_failure_is_too_many": {"": `Map A failed attempts failed(States.ExceedToleratedFailureThreshold) of {All:3 Done:0 Failed:0 Running:0 Stopped:0 Caught:0} error States.ExceedToleratedFailureThreshold
`},
	"retry/exhausted_then_caught":            {"": "Task A caught attempts failed(X) failed(X) error X\nPass B done\n"},
	"execution/stopped":                      {"": "Wait A stopped\n"},
	"execution/time_over_while_a_task_works": {"": "Task A stopped attempts stopped\n"},
}

// Each case of testdata/asl, run on the engine: those above exactly, and what is so of any.
func TestViewOfCases(t *testing.T) {
	checked := 0
	enginetest.Run(t, func(t *testing.T, c enginetest.Case) {
		machine, err := asl.Parse([]byte(c.Text()))
		if err != nil || c.Type == "EXPRESS" || c.Expect.Status == "VALIDATED" {
			return
		}
		var events []Event
		var result engine.Result
		synctest.Test(t, func(t *testing.T) { events, result = runCase(t, c, machine) })
		v := NewView()
		for i := range events {
			v.Add(events[i : i+1])
		}
		if diff := cmp.Diff(whole(events).States(""), v.States("")); diff != "" {
			t.Errorf("a view of events one by one is another (-at once +one by one):\n%s", diff)
		}
		failed := false
		for name, s := range v.States("") {
			if failed = failed || s.Status == Failed; s.Status == Running {
				t.Errorf("%s runs after the end", name)
			}
			if s.Status != NotReached && (s.Visits == 0 || s.EnteredID == 0 || s.Entered.IsZero()) {
				t.Errorf("state %+v", s)
			}
		}
		if result.Status == engine.Failed && !failed {
			t.Errorf("no state of a run that failed has failed:\n%s", told(v, ""))
		}
		for at, want := range cases[c.Name] {
			if diff := cmp.Diff(want, told(v, at)); diff != "" {
				t.Errorf("States(%q) (-want +got):\n%s", at, diff)
			}
			checked++
		}
	})
	if checked == 0 {
		t.Error("none of the cases is there")
	}
}

func whole(events []Event) *View {
	v := NewView()
	v.Add(events)
	return v
}

// runCase runs a case to its end.
func runCase(t *testing.T, c enginetest.Case, machine *asl.Machine) ([]Event, engine.Result) {
	input, err := enginetest.Compact(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	used := map[string]int{}
	var e *engine.Engine
	call := func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
		mu.Lock()
		answer := c.Mocks[call.State][strconv.Itoa(used[call.State])]
		used[call.State]++
		mu.Unlock()
		switch {
		case answer.Throw == nil && call.Token != "":
			return json.RawMessage(`{}`), e.SendTaskSuccess(call.Token, answer.Return)
		case answer.Throw == nil:
			return enginetest.Compact(answer.Return)
		case answer.Throw.Error == "States.Timeout":
			<-ctx.Done()
		}
		return nil, &engine.Error{Name: answer.Throw.Error, Cause: answer.Throw.Cause}
	}
	e = engine.New(engine.Options{Integrations: func(string) engine.Integration { return call }, Objects: c.Objects(t), AccountID: "111111111111"})
	x, err := e.Start(t.Context(), engine.StartInput{Name: "run", Machine: machine, MachineName: "machine", Input: input})
	if err != nil {
		t.Fatal(err)
	}
	if c.Expect.Status == engine.Aborted {
		synctest.Wait()
		x.Stop("E", "stopped")
	}
	<-x.Done()
	var stored []store.Event
	for _, e := range x.History() {
		s, err := StoredEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, s)
	}
	events, err := ReadEvents(stored)
	if err != nil {
		t.Fatal(err)
	}
	return events, x.Result()
}

// made returns events of lines "id previous type details".
func made(t testing.TB, lines ...string) []Event {
	t.Helper()
	var stored []store.Event
	for _, line := range lines {
		e := store.Event{Details: json.RawMessage("{}")}
		part := strings.SplitN(line, " ", 4)
		if _, err := fmt.Sscan(line, &e.ID, &e.PreviousID, &e.Type); err != nil {
			t.Fatal(err)
		}
		if len(part) == 4 {
			e.Details = json.RawMessage(part[3])
		}
		e.Time = time.Unix(1_800_000_000, 0).UTC().Add(time.Duration(e.ID) * time.Second)
		stored = append(stored, e)
	}
	events, err := ReadEvents(stored)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func wantTold(t *testing.T, v *View, at Place, want string) {
	t.Helper()
	if diff := cmp.Diff(want, told(v, at)); diff != "" {
		t.Errorf("States(%q) (-want +got):\n%s", at, diff)
	}
}

var going = []string{
	`1 0 ExecutionStarted`,
	`2 0 MapStateEntered {"name":"Each"}`,
	`3 2 MapStateStarted {"length":4}`,
	`4 3 MapIterationStarted {"name":"Each","index":0}`,
	`5 3 MapIterationStarted {"name":"Each","index":1}`,
	`6 3 MapIterationStarted {"name":"Each","index":2}`,
	`7 4 TaskStateEntered {"name":"Do","input":"{\"key\":\"A\"}"}`,
	`8 5 TaskStateEntered {"name":"Do","input":"{\"key\":\"B\"}"}`,
	`9 6 TaskStateEntered {"name":"Do","input":"{\"source\":\"c\"}"}`,
	`10 7 TaskScheduled`, `11 8 TaskScheduled`, `12 9 TaskScheduled`,
	`13 10 TaskSucceeded`, `14 13 TaskStateExited {"name":"Do"}`, `15 14 MapIterationSucceeded {"name":"Each","index":0}`,
	`16 11 TaskFailed {"error":"X","cause":"{\"errorMessage\":\"why\"}"}`, `17 16 TaskScheduled`,
}

// A run that goes on, and what becomes of it: iterations that run, wait and have not begun.
func TestViewOfARunThatGoesOn(t *testing.T) {
	v := NewView()
	v.Add(made(t, going...))
	wantTold(t, v, "", `Task Do running visits 3 attempts failed(X) running of {All:3 Done:1 Failed:0 Running:2 Stopped:0 Caught:0} error X at Each.1
Map Each running attempts running of {All:4 Done:1 Failed:0 Running:2 Stopped:0 Caught:0}
`)
	at := func(s int) time.Time { return time.Unix(1_800_000_000+int64(s), 0).UTC() }
	do := v.States("Each.1")["Do"]
	want := State{
		Name: "Do", Type: "Task", Status: Running, Visits: 1, Entered: at(8), EnteredID: 8, Error: "X", Cause: "why", At: "Each.1",
		Attempts: []Attempt{
			{Began: at(11), Ended: at(16), Status: Failed, Error: "X", Cause: "why", ScheduledID: 11, EndedID: 16},
			{Began: at(17), Status: Running, ScheduledID: 17},
		},
	}
	if diff := cmp.Diff(want, do); diff != "" {
		t.Errorf("State (-want +got):\n%s", diff)
	}

	v.Add(made(t, `18 12 TaskFailed {"error":"Y"}`, `19 18 MapIterationFailed {"name":"Each","index":2}`, `20 18 MapIterationAborted {"name":"Each","index":1}`))
	iterations := []Iteration{
		{Index: 2, About: "c", Status: Failed, Began: at(6), Ended: at(19), Error: "Y", At: "Each.2"},
		{Index: 1, About: "B", Status: Running, Began: at(5), At: "Each.1"}, // an abort says of nobody that it is he
		{Index: 0, About: "A", Status: Done, Began: at(4), Ended: at(15), At: "Each.0"},
	}
	if diff := cmp.Diff(iterations, v.Iterations("", "Each", 0, 9)); diff != "" {
		t.Errorf("Iterations (-want +got):\n%s", diff)
	}
	for i := range iterations {
		if diff := cmp.Diff(iterations[i:i+1], v.Iterations("", "Each", i, 1)); diff != "" {
			t.Errorf("Iterations from %d (-want +got):\n%s", i, diff)
		}
	}
	if got := slices.Concat(v.Iterations("", "Each", 3, 9), v.Iterations("", "Do", 0, 9), v.Iterations("Each.0", "Each", 0, 9), v.Iterations("", "Each", -1, 9)); len(got) > 0 {
		t.Errorf("Iterations = %+v; want none", got)
	}
	v.End() // the process died
	wantTold(t, v, "", `Task Do failed visits 3 attempts failed(Y) of {All:3 Done:1 Failed:1 Running:0 Stopped:1 Caught:0} error Y at Each.2
Map Each stopped attempts stopped of {All:4 Done:1 Failed:1 Running:0 Stopped:1 Caught:0}
`)
}

// The iterations of a distributed Map have histories of their own, and are counted here alone.
func TestViewOfADistributedMap(t *testing.T) {
	events := []string{
		`1 0 ExecutionStarted`, `2 0 MapStateEntered {"name":"Each"}`, `3 2 MapStateStarted {"length":4}`, `4 3 MapRunStarted {"mapRunArn":"arn"}`,
		`5 4 MapRunSucceeded`, `6 5 MapStateSucceeded`, `7 6 MapStateExited {"name":"Each"}`,
	}
	for n, want := range map[int]Status{4: Running, len(events): Done} {
		v := NewView()
		v.Add(made(t, events[:n]...))
		if s := v.States("")["Each"]; !s.Apart || s.Status != want || s.Note() != "4 iterations apart" {
			t.Errorf("after %d events: %+v, %q", n, s, s.Note())
		}
	}
}

// Emulators that leave out which event led to which: what lies beside one another is told
// by iteration all the same.
func TestViewWithoutPreviousEvents(t *testing.T) {
	var lines []string
	for i, line := range going {
		part := strings.SplitN(line, " ", 3)
		lines = append(lines, fmt.Sprintf("%d 0 %s", i+1, part[2]))
	}
	v := NewView()
	v.Add(made(t, lines...))
	v.Add(made(t, `20 0 ExecutionFailed {"error":"X"}`))
	wantTold(t, v, "", `Task Do failed visits 3 attempts failed(X) stopped of {All:3 Done:1 Failed:1 Running:0 Stopped:1 Caught:0} error X
Map Each stopped attempts stopped of {All:4 Done:1 Failed:0 Running:0 Stopped:2 Caught:0}
`)
	v = NewView()
	v.Add(made(t, `1 0 ExecutionStarted`, `2 0 ChoiceStateEntered {"name":"Which"}`, `3 0 ExecutionFailed {"error":"States.NoChoiceMatched"}`))
	wantTold(t, v, "", "Choice Which failed error States.NoChoiceMatched\n")
}

// A state that is entered again and again, a Map in a loop, names that look like places, and
// a run that was redriven.
func TestViewOfOddRuns(t *testing.T) {
	v := NewView()
	v.Add(made(t, `1 0 ExecutionStarted`,
		`2 0 MapStateEntered {"name":"a/b.0%"}`, `3 2 MapStateStarted {"length":1}`, `4 3 MapIterationStarted {"name":"a/b.0%","index":0}`,
		`5 4 FailStateEntered {"name":"F"}`, `6 5 MapIterationFailed {"name":"a/b.0%","index":0}`, `7 5 MapStateFailed`, `8 7 MapStateExited {"name":"a/b.0%"}`,
		`9 8 MapStateEntered {"name":"a/b.0%"}`, `10 9 MapStateStarted {"length":2}`, `11 10 MapIterationStarted {"name":"a/b.0%","index":0}`,
		`12 11 PassStateEntered {"name":"P"}`, `13 12 PassStateExited {"name":"P"}`, `14 13 MapIterationSucceeded {"name":"a/b.0%","index":0}`,
	))
	wantTold(t, v, "a%2Fb.0%25.0", "Pass P done\n")
	wantTold(t, v, "a%2Fb.0%25.0:1", "Fail F failed\n")
	if s := v.States("")["a/b.0%"]; s.Visits != 2 || s.Status != Running || s.Iterations != (Tally{All: 3, Done: 1, Failed: 1}) {
		t.Errorf("a Map that was entered again is %+v", s)
	}
	for at, want := range map[Place]string{"": "", "a": "", "a.0": "a", "a.0/b.c.12:3": "b.c", "a%2Fb.0%25.0": "a/b.0%"} {
		if got := at.Map(); got != want {
			t.Errorf("Map of %q is %q, want %q", at, got, want)
		}
	}
	if !v.Has("") || !v.Has("a%2Fb.0%25.0:1") || v.Has("a%2Fb.0%25.0:2") {
		t.Error("Has does not tell the places that there are")
	}
	if got := Place("a/b/c").Outer(); !slices.Equal(got, []Place{"", "a", "a/b", "a/b/c"}) {
		t.Errorf("Outer = %q", got)
	}

	v = NewView()
	v.Add(made(t, `1 0 ExecutionStarted`, `2 0 TaskStateEntered {"name":"T"}`, `3 2 TaskScheduled`, `4 3 TaskTimedOut {"error":"States.Timeout"}`, `5 4 ExecutionFailed {"error":"States.Timeout"}`))
	wantTold(t, v, "", "Task T failed attempts failed(States.Timeout) error States.Timeout\n")
	v.Add(made(t, `6 5 ExecutionRedriven`, `7 6 TaskScheduled`))
	wantTold(t, v, "", "Task T running attempts failed(States.Timeout) running error States.Timeout\n")
	v.Add(made(t, `8 7 TaskSucceeded`, `9 8 TaskStateExited {"name":"T"}`, `10 9 ExecutionSucceeded`))
	wantTold(t, v, "", "Task T done attempts failed(States.Timeout) done error States.Timeout\n")
}

// An iteration of a Map inside of a Map is not taken for one of the outer, that has the
// same number.
func TestAbortInsideOfAMapInsideOfAMap(t *testing.T) {
	events := made(t, `1 0 ExecutionStarted`,
		`2 0 MapStateEntered {"name":"Out"}`, `3 2 MapStateStarted {"length":1}`, `4 3 MapIterationStarted {"name":"Out","index":0}`,
		`5 4 MapStateEntered {"name":"In"}`, `6 5 MapStateStarted {"length":2}`,
		`7 6 MapIterationStarted {"name":"In","index":0}`, `8 6 MapIterationStarted {"name":"In","index":1}`,
		`9 8 FailStateEntered {"name":"F"}`, `10 9 MapIterationFailed {"name":"In","index":1}`, `11 9 MapIterationAborted {"name":"In","index":0}`,
		`12 9 MapStateFailed`, `13 12 MapStateExited {"name":"In"}`)
	v := whole(events)
	if got := v.Iterations("", "Out", 0, 9); len(got) != 1 || got[0].Status != Running {
		t.Errorf("the outer iterations are %+v; want one that runs", got)
	}
	if got := v.Iterations("", "In", 0, 9); len(got) != 2 || got[0].Status != Failed || got[0].At != "Out.0/In.1" || got[1].Status != Stopped {
		t.Errorf("the inner iterations are %+v", got)
	}
}

// large returns a history of at least n events: a Map of 250 iterations at most, of several
// states each.
func large(tb testing.TB, n int) []Event {
	lines := []string{`1 0 ExecutionStarted`}
	id := 1
	add := func(previous int, kind, details string) int {
		id++
		lines = append(lines, fmt.Sprintf("%d %d %s %s", id, previous, kind, details))
		return id
	}
	last := 0
	for round := 0; id < n; round++ {
		name := fmt.Sprintf("M%d", round)
		started := add(add(last, "MapStateEntered", `{"name":"`+name+`"}`), "MapStateStarted", `{"length":250}`)
		for i := range 250 {
			at := add(started, "MapIterationStarted", fmt.Sprintf(`{"name":"%s","index":%d}`, name, i))
			for _, state := range []string{"Query", "Detect"} {
				for _, kind := range []string{"TaskStateEntered", "TaskScheduled", "TaskSucceeded", "TaskStateExited"} {
					at = add(at, kind, `{"name":"`+state+`","input":"{\"key\":\"A\",\"days\":[1,2,3]}"}`)
				}
			}
			last = add(at, "MapIterationSucceeded", fmt.Sprintf(`{"name":"%s","index":%d}`, name, i))
		}
		last = add(last, "MapStateExited", `{"name":"`+name+`"}`)
	}
	return made(tb, lines...)
}

// A view is bounded as the tree is, and says what it leaves out.
func TestViewOfTooMuch(t *testing.T) {
	v := whole(large(t, 20_000))
	if v.Left() != 0 || v.States("M3.249")["Detect"].Status != Done || v.States("")["Query"].Iterations.Done < 1750 {
		t.Errorf("%d left out of 20,000 events, %+v", v.Left(), v.States("")["Query"])
	}
	var lines []string
	for i := range maxNodes + 100 {
		lines = append(lines, fmt.Sprintf(`%d 0 PassStateEntered {"name":"P"}`, i+1))
	}
	v = whole(made(t, lines...))
	if v.Left() != 100 || v.States("")["P"].Visits != maxNodes {
		t.Errorf("%d left out, %d visits", v.Left(), v.States("")["P"].Visits)
	}
	lines = nil
	for i := range maxAttempts + 10 {
		lines = append(lines, fmt.Sprintf("%d %d TaskScheduled", i+3, i+2))
	}
	v = whole(made(t, append([]string{`2 0 TaskStateEntered {"name":"T"}`}, lines...)...))
	if got := v.States("")["T"].Attempts; len(got) != maxAttempts || got[maxAttempts-1].ScheduledID != maxAttempts+12 {
		t.Errorf("%d attempts", len(got))
	}
}

func BenchmarkView(b *testing.B) {
	events := large(b, 20_000)
	b.Run("Add", func(b *testing.B) {
		for b.Loop() {
			whole(events)
		}
	})
	v := whole(events)
	b.Run("States", func(b *testing.B) {
		for b.Loop() {
			v.States("")
		}
	})
	b.Run("Iterations", func(b *testing.B) {
		for b.Loop() {
			v.Iterations("", "M3", 0, 100)
		}
	})
	b.Run("Read", func(b *testing.B) {
		stored := make([]store.Event, len(events))
		for i, e := range events {
			stored[i] = e.Event
		}
		for b.Loop() {
			if _, err := ReadEvents(stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestNote(t *testing.T) {
	tries := make([]Attempt, 3)
	for _, tt := range []struct {
		of   State
		want string
	}{
		{State{}, ""},
		{State{Visits: 1, Attempts: tries[:1]}, ""},
		{State{Visits: 2, Attempts: tries[:2]}, "1 retry, 2 visits"},
		{State{Visits: 1, Attempts: tries}, "2 retries"},
		{State{Visits: 3, Iterations: Tally{All: 9, Done: 3, Failed: 1, Running: 1, Stopped: 1, Caught: 2}}, "5/9, 1 failed, 1 running, 1 stopped, 2 caught"},
		{State{Iterations: Tally{All: 2, Done: 2}}, "2/2"},
		{State{Apart: true, Iterations: Tally{All: 2}}, "2 iterations apart"},
		{State{Apart: true, Visits: 2}, "2 visits"},
	} {
		if got := tt.of.Note(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.of, got, tt.want)
		}
	}
}

// Two iterations of a state are told as one: of the worse, from the first begin to the last
// end, which is none while one runs.
func TestStatesOfTwoIterations(t *testing.T) {
	at := func(second int64) time.Time { return time.Unix(second, 0) }
	early := State{Name: "early", Status: Done, Visits: 1, Entered: at(1), Ended: at(3), Iterations: Tally{All: 1, Done: 1}}
	late := State{Name: "late", Status: Failed, Visits: 2, Entered: at(2), Ended: at(4), Iterations: Tally{All: 2, Failed: 1, Stopped: 1}}
	running := State{Name: "running", Status: Running, Visits: 1, Entered: at(5)}
	both := State{Name: "late", Status: Failed, Visits: 3, Entered: at(1), Ended: at(4), Iterations: Tally{All: 3, Done: 1, Failed: 1, Stopped: 1}}
	for _, tt := range []struct{ one, two, want State }{
		{early, late, both},
		{late, early, both},
		{early, running, State{Name: "running", Status: Running, Visits: 2, Entered: at(1), Iterations: early.Iterations}},
		{running, early, State{Name: "running", Status: Running, Visits: 2, Entered: at(1), Iterations: early.Iterations}},
		{late, running, State{Name: "late", Status: Failed, Visits: 3, Entered: at(2), Iterations: late.Iterations}},
	} {
		if diff := cmp.Diff(tt.want, tt.one.with(tt.two)); diff != "" {
			t.Errorf("%s with %s (-want +got):\n%s", tt.one.Name, tt.two.Name, diff)
		}
	}
}

// Names of runs sort by their clock, and no two are the same.
func TestNewRunName(t *testing.T) {
	asOf := time.Date(2026, 7, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	one, two := NewRunName(asOf), NewRunName(asOf)
	if one == two || !strings.HasPrefix(one, "2026-07-01T000000Z-") || len(one) != len("2026-07-01T000000Z-")+6 {
		t.Errorf("%s and %s", one, two)
	}
	if got := Names([]store.Execution{{Name: one}, {Name: two}}); !slices.Equal(got, []string{one, two}) {
		t.Errorf("names %q", got)
	}
}
