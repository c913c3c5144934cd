package statemachine_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/sfnapi/mockfile"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

// The file names the pipeline, its tasks and no others; nothing in it is unused or
// undocumented, and together the cases enter each state.
func TestMockConfigFile(t *testing.T) {
	checked, err := mockfile.Load(mockConfig)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range checked.Warnings() {
		t.Error(w)
	}
	text, err := os.ReadFile(mockConfig)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		StateMachines map[string]struct {
			TestCases map[string]map[string]string
		}
		MockedResponses map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.StateMachines) != 1 || file.StateMachines[machineName].TestCases == nil {
		t.Errorf("the machines are not %s alone", machineName)
	}
	var tasks []string
	for _, task := range machine(t).Tasks() {
		tasks = append(tasks, task.Name)
	}
	page, err := os.ReadFile("../docs/step-functions-local.md")
	if err != nil {
		t.Fatal(err)
	}
	entered, used := map[string]bool{}, map[string]bool{}
	for _, c := range mockedCases {
		if !strings.Contains(string(page), "\n| `"+c.name+"` |") {
			t.Errorf("docs/step-functions-local.md does not tell of %s", c.name)
		}
		mocked := file.StateMachines[machineName].TestCases[c.name]
		delete(file.StateMachines[machineName].TestCases, c.name)
		for state, response := range mocked {
			used[response] = true
			if !slices.Contains(tasks, state) {
				t.Errorf("%s: %s is no task of the pipeline", c.name, state)
			}
		}
		for state := range c.entered {
			entered[state] = true
			if slices.Contains(tasks, state) && mocked[state] == "" {
				t.Errorf("%s comes to %s without an answer", c.name, state)
			}
		}
	}
	for name := range file.StateMachines[machineName].TestCases {
		t.Errorf("no test runs the case %s", name)
	}
	for name := range file.MockedResponses {
		if !used[name] {
			t.Errorf("no case has the answers %s", name)
		}
	}
	if missing := without(states(&machine(t).Graph), entered); len(missing) > 0 {
		t.Errorf("no case comes to %q", missing)
	}
}

// states returns the names of all states of g.
func states(g *asl.Graph) (names []string) {
	for _, s := range g.States {
		names = append(names, s.Name)
		for _, inner := range s.Inner() {
			names = append(names, states(inner)...)
		}
	}
	return names
}

func without(names []string, known map[string]bool) []string {
	return slices.DeleteFunc(names, func(name string) bool { return known[name] })
}

// mockedRun is the name and the start of the run whose answers are in mockConfig.
const mockedRun = "2026-07-01T230000Z-mocked"

var mockedAsOf = time.Date(2026, 7, 1, 23, 0, 0, 0, time.UTC)

// TestMockedAnswersAreTheTasks holds the answers of mockConfig against those of the
// tasks themselves, which get what the states tell them. What scrapers answer is
// checked for its shape.
func TestMockedAnswersAreTheTasks(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(golden), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range mockedCases {
		t.Run(tt.name, func(t *testing.T) {
			api := newClient(t, serveMocked(t))
			x := execute(t, api, createPipeline(t, api)+"#"+tt.name, mockedRun, tt.input)
			calls := x.calls(t)
			tasks := functions(c, mockedAsOf, tt.room, stored{c, tt.name == "NothingMissing"}, written(t, calls))
			for _, call := range calls {
				if call.service == "lambda" {
					checkAnswer(t, tasks, call)
				}
			}
		})
	}
}

// checkAnswer calls the task that a mocked call stands for. What fails in a task is
// the table or a fault of ours, which the task here does not have; only input that
// it refuses, it refuses alike.
func checkAnswer(t *testing.T, tasks lambdas, c *call) {
	t.Helper()
	got, err := tasks.call(t.Context(), engine.Call{Parameters: c.parameters})
	refused := (*engine.Error)(nil)
	switch {
	case errors.As(err, &refused):
		cause, jsonErr := json.Marshal(map[string]string{"errorMessage": refused.Cause, "errorType": refused.Name})
		if jsonErr != nil || refused.Name != c.failed || string(cause) != c.cause {
			t.Errorf("%s\nis refused with %s %s,\nin the file with %s %s", c.parameters, refused.Name, cause, c.failed, c.cause)
		}
	case err != nil:
		t.Errorf("%s: %v", c.parameters, err)
	case c.failed == "Input.Invalid":
		t.Errorf("%s\nis not refused, in the file with %s", c.parameters, c.cause)
	case c.failed == "":
		if diff := cmp.Diff(decoded(t, got), decoded(t, c.output)); diff != "" {
			t.Errorf("%s\nis answered with %s;\nthe file differs (-task +file):\n%s", c.parameters, got, diff)
		}
	}
}

func decoded(t *testing.T, text json.RawMessage) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// stored has either all days up to the end of June or none.
type stored struct {
	catalogue *catalogue.Catalogue
	all       bool
}

func (s stored) Marks(_ context.Context, key string, days span.Span) (marks []row.Mark, err error) {
	series, ok := s.catalogue.Lookup(key)
	if !ok || !s.all {
		return nil, nil
	}
	due, _ := series.Due(mockedAsOf)
	days.To = min(days.To, due)
	for _, r := range series.Expected(days) {
		for d := r.From; d <= r.To; d++ {
			marks = append(marks, row.Mark{Day: d, Status: row.Observed})
		}
	}
	return marks, nil
}

// streamItems are what scrapers wrote down about a run's streams.
type streamItems []store.Stream

func (s streamItems) Streams(context.Context, string) ([]store.Stream, error) { return s, nil }
func (s streamItems) SaveRun(context.Context, store.Run) error                { return nil }
func (s streamItems) Runs(context.Context, int) ([]store.Run, error)          { return nil, nil }

// RunsOf returns what those shards say that did not fail: nothing was missing.
func (s streamItems) RunsOf(_ context.Context, ids []string, at, _ time.Time) (runs []store.Run, err error) {
	for _, id := range ids {
		if slices.ContainsFunc(s, func(x store.Stream) bool { return x.Run == id }) {
			continue
		}
		sum, err := json.Marshal(message.Summary{Run: id, Status: message.Complete, Series: []message.SeriesResult{{Key: "OF#" + id}}, Shard: &message.ShardStanding{Of: mockedRun}})
		if err != nil {
			return nil, err
		}
		runs = append(runs, store.Run{ID: id, AsOf: at, Summary: sum})
	}
	return runs, nil
}

// written returns what scrapers that answer as in calls write down.
func written(t *testing.T, calls []*call) streamItems {
	t.Helper()
	byID := map[string]store.Stream{}
	for _, c := range calls {
		if c.service == "states" && c.failed != "" {
			var shard struct{ Name string }
			if err := json.Unmarshal(c.parameters, &shard); err != nil {
				t.Fatal(err)
			}
			byID[shard.Name] = store.Stream{Run: shard.Name}
		}
		if c.service != "sqs" {
			continue
		}
		told := scrapeMessage(t, c)
		of := told.Streams[0] // and only
		s := byID[of.ID]
		s.Run, s.ID, s.Source, s.Span, s.Attempt = told.Run, of.ID, told.Source, of.Span(), told.Attempt+1
		s.Error, s.Message = c.failed, c.cause
		s.Series = []store.SeriesCount{{Key: of.Series[0]}}
		if c.failed == "" {
			answer := scraped(t, c.output)
			if answer.Stream != of.ID || answer.Rows != of.Days {
				t.Errorf("stream %s of %d days is answered with %s", of.ID, of.Days, c.output)
			}
			s.Series[0].Observed = answer.Rows
			s.Requests += answer.Requests
		}
		byID[s.ID] = s
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b store.Stream) int { return strings.Compare(a.ID, b.ID) })
}

// scraped reads a scraper's answer, which has no other fields than its type.
func scraped(t *testing.T, text json.RawMessage) (s message.Scraped) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}
