package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lacuna/internal/cost"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/plan"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/internal/store"
)

// workshop plans and starts runs for a test.
type workshop struct {
	plan    plan.Plan
	err     error
	started atomic.Int32
	going   map[string]bool
	denied  error // of what is started or stopped
}

func (w *workshop) Input(wish Wish) (message.Input, error) {
	if wish.From == "yesterday" {
		return message.Input{}, errors.New(`--from: "yesterday" is no day`)
	}
	return message.Input{Series: wish.Series, From: wish.From, To: wish.To, Only: wish.Only}, nil
}

func (w *workshop) Plan(_ context.Context, in message.Input) (plan.Plan, error) {
	p := w.plan
	p.Input = in
	return p, w.err
}

func (w *workshop) Start(context.Context, message.Input) (string, error) {
	if w.denied != nil {
		return "", w.denied
	}
	return fmt.Sprintf("run-%d", w.started.Add(1)), w.err
}

func (w *workshop) Stop(_ context.Context, run string) error {
	if w.denied != nil {
		return w.denied
	}
	if !w.going[run] {
		return errors.New("run " + run + " was not started by this console")
	}
	delete(w.going, run)
	return nil
}

func (w *workshop) Stops(run string) bool { return w.going[run] }

func newWorkshop(t *testing.T, change func(*Options)) (*workshop, *bench) {
	day := span.Date(2024, 1, 8)
	w := &workshop{going: map[string]bool{}, plan: plan.Plan{
		SchemaVersion: 1, From: day, To: day + 1, Requests: 1, Naive: 3, Deferred: 2,
		Series:  []plan.Series{{Coverage: standing.Coverage{Key: "A#1", Expected: 2, Missing: 2}, Requested: 2, Gaps: []standing.Days{{From: day, To: day + 1, Days: 2}}}},
		Streams: []plan.Stream{{ID: "bcb-sgs-001 <i>", Source: "bcb-sgs", Series: []string{"A#1"}, From: day, To: day + 1, Days: 2}},
		Cost:    cost.Usage{Transitions: 10}.Bill("sa-east-1", cost.Planned, 1),
	}}
	return w, newBench(t, series, func(o *Options) {
		o.Planner, o.Runner = w, w
		if change != nil {
			change(o)
		}
	})
}

var wanted = url.Values{"series": {"A#1"}, "from": {"2024-01-08"}, "to": {"2024-01-09"}, "only": {"due"}}

// planned makes a plan and returns where it is.
func (b *bench) planned() string {
	b.t.Helper()
	w := b.ask(http.MethodPost, "/plans", wanted, nil)
	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

func TestPlan(t *testing.T) {
	_, b := newWorkshop(t, nil)
	at := b.planned()
	page := b.get(at)
	for _, want := range []string{"1 request", "2 days", "a request a gap would be 3", "2 days are left", "It would cost about 0.000375 USD in AWS (prices of sa-east-1", "2024-01-08/2024-01-09", "bcb-sgs-001 &lt;i&gt;", "Start: 1 request in test.db",
		"lacuna plan --series &#39;A#1&#39; --from 2024-01-08 --to 2024-01-09", `action="` + at + `/start"`, `href="/plans/new?from=2024-01-08`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
	if w := b.ask(http.MethodGet, at, nil, map[string]string{"Accept": "application/json"}); !strings.Contains(w.Body.String(), `"naive_requests": 3`) {
		t.Errorf("as JSON: %s", w.Body)
	}
	form := b.get("/plans/new?series=A%231&from=-30d&to=today&only=failed")
	for _, want := range []string{">A#1</textarea>", `value="-30d"`, `value="failed" checked`} {
		if !strings.Contains(form, want) {
			t.Errorf("no %q in the form: %s", want, form)
		}
	}
}

func TestPlanThatCannotBeMeant(t *testing.T) {
	w, b := newWorkshop(t, nil)
	for name, tt := range map[string]struct {
		form url.Values
		want string
	}{
		"no series":  {url.Values{"from": {"-3d"}, "to": {"today"}}, "Say which series"},
		"no range":   {url.Values{"series": {"A#1"}, "from": {"-3d"}}, "Say from which day"},
		"no day":     {url.Values{"series": {"A#1"}, "from": {"yesterday"}, "to": {"today"}}, "is no day"},
		"everything": {url.Values{"everything": {"1"}}, "Say from which day"},
		"both":       {url.Values{"everything": {"1"}, "series": {"A#1"}, "from": {"-3d"}, "to": {"today"}}, "not both"},
	} {
		var said struct{ Error string }
		w := b.ask(http.MethodPost, "/plans", tt.form, map[string]string{"Accept": "application/json"})
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusUnprocessableEntity || !strings.Contains(said.Error, tt.want) {
			t.Errorf("%s, for a program: %d %s", name, w.Code, w.Body)
		}
		if w := b.ask(http.MethodPost, "/plans", tt.form, nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	w.err = fault.New(fault.StoreUnavailable, "the file is gone")
	if answer := b.ask(http.MethodPost, "/plans", wanted, nil); answer.Code != http.StatusInternalServerError || !strings.Contains(answer.Body.String(), "the file is gone") {
		t.Errorf("a store that fails: %d %s", answer.Code, answer.Body)
	}
	w.err = nil
	w.plan.Requests, w.plan.Streams = 0, nil
	if page := b.get(b.planned()); !strings.Contains(page, "Nothing to ask for") || strings.Contains(page, "/start") {
		t.Errorf("a plan of nothing: %s", page)
	}
	if w := b.ask(http.MethodGet, "/plans/x", nil, nil); w.Code != http.StatusNotFound {
		t.Errorf("a plan that is gone: %d", w.Code)
	}
	large := url.Values{"series": {strings.Repeat("x", maxBody)}}
	if w := b.ask(http.MethodPost, "/plans", large, nil); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", w.Code)
	}
}

// Two who press the button at once meet the same run.
func TestPlanIsStartedOnce(t *testing.T) {
	w, b := newWorkshop(t, nil)
	at := b.planned()
	var both sync.WaitGroup
	for range 8 {
		both.Go(func() {
			if w := b.ask(http.MethodPost, at+"/start", url.Values{}, nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/runs/run-1" {
				t.Errorf("%d %s", w.Code, w.Header())
			}
		})
	}
	both.Wait()
	if n := w.started.Load(); n != 1 {
		t.Errorf("%d runs", n)
	}
	if page := b.get(at); !strings.Contains(page, `href="/runs/run-1"`) || strings.Contains(page, "/start") {
		t.Errorf("the plan does not lead to its run: %s", page)
	}
}

func TestStalePlanIsNotStarted(t *testing.T) {
	w, b := newWorkshop(t, nil)
	at := b.planned()
	w.plan.Streams = []plan.Stream{w.plan.Streams[0]}
	w.plan.Streams[0].To++
	answer := b.ask(http.MethodPost, at+"/start", url.Values{}, nil)
	if answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), "stale") || !strings.Contains(answer.Body.String(), "Look at the new plan") || w.started.Load() != 0 {
		t.Errorf("%d %s, %d runs", answer.Code, answer.Body, w.started.Load())
	}
}

func TestReadOnlyStartsNothing(t *testing.T) {
	w, b := newWorkshop(t, func(o *Options) { o.Target.ReadOnly = true })
	at := b.planned()
	if page := b.get(at); !strings.Contains(page, "disabled") || !strings.Contains(page, "--read-only") {
		t.Errorf("the button can be pressed: %s", page)
	}
	if answer := b.ask(http.MethodPost, at+"/start", url.Values{}, nil); answer.Code != http.StatusForbidden || w.started.Load() != 0 {
		t.Errorf("%d, %d runs", answer.Code, w.started.Load())
	}
}

// Old plans make room for new ones.
func TestPlansAreBounded(t *testing.T) {
	_, b := newWorkshop(t, nil)
	first := b.planned()
	for range maxDrafts {
		b.planned()
	}
	if w := b.ask(http.MethodGet, first, nil, nil); w.Code != http.StatusNotFound || len(b.drafts.list) != maxDrafts {
		t.Errorf("%d, %d plans", w.Code, len(b.drafts.list))
	}
	b.drafts.list[10].bytes = maxDraftBytes
	if b.planned(); len(b.drafts.list) >= maxDrafts {
		t.Errorf("%d plans, one of them as large as all may be", len(b.drafts.list))
	}
}

// A run that was started here is stopped by a button; one of elsewhere is left, and it is said.
func TestRunIsStopped(t *testing.T) {
	w, b := newWorkshop(t, func(o *Options) { o.Runs = going{} })
	w.going["r#1"] = true
	if page := b.get("/runs/r%231"); !strings.Contains(page, `action="/runs/r%231/stop"`) {
		t.Errorf("no button: %s", page)
	}
	if page := b.get("/runs/other"); strings.Contains(page, "/stop") {
		t.Errorf("a button for what cannot be stopped: %s", page)
	}
	if answer := b.ask(http.MethodPost, "/runs/r%231/stop", url.Values{}, map[string]string{"Sec-Fetch-Site": "cross-site"}); answer.Code != http.StatusForbidden || !w.going["r#1"] {
		t.Errorf("a form of another site: %d", answer.Code)
	}
	if answer := b.ask(http.MethodPost, "/runs/r%231/stop", url.Values{}, nil); answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "/runs/r%231" || w.going["r#1"] {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if answer := b.ask(http.MethodPost, "/runs/r%231/stop", url.Values{}, nil); answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), "was not started by this console") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	b.o.Target.ReadOnly, w.going["r#1"] = true, true
	if answer := b.ask(http.MethodPost, "/runs/r%231/stop", url.Values{}, nil); answer.Code != http.StatusForbidden || !strings.Contains(answer.Body.String(), "--read-only") || !w.going["r#1"] {
		t.Errorf("read-only: %d %s", answer.Code, answer.Body)
	}
}

// going are runs that go on.
type going struct{ Runs }

func (going) Execution(_ context.Context, run string) (store.Execution, error) {
	return store.Execution{Name: run, Started: asOf}, nil
}

func (going) Summaries(context.Context, []store.Execution) ([]store.Run, error) { return nil, nil }

func (going) Events(context.Context, string, int64) ([]store.Event, error) { return nil, nil }

func (going) Definition(context.Context, string) ([]byte, error) { return nil, nil }
