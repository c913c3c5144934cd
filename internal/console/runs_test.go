package console

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/cost"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/store"
	"lacuna/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the pages of testdata anew")

// reportedRuns is a database with its summaries, as the command has it.
type reportedRuns struct{ *sqlite.Store }

func (r reportedRuns) Summaries(ctx context.Context, list []store.Execution) ([]store.Run, error) {
	return r.RunsOf(ctx, history.Names(list), time.Unix(0, 0), asOf.AddDate(100, 0, 0))
}

// runBench is a console over a database of runs.
type runBench struct {
	*bench
	db *sqlite.Store
}

func newRunBench(t testing.TB, change func(*Options)) *runBench {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "runs.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := newBench(t, series, func(o *Options) {
		o.Runs = reportedRuns{db}
		if change != nil {
			change(o)
		}
	})
	return &runBench{b, db}
}

// start stores a run with events of lines "id previous type details", a second each.
func (b *runBench) start(x store.Execution, lines ...string) {
	b.t.Helper()
	x.Machine, x.Started = "lacuna", asOf
	if err := b.db.StartExecution(b.t.Context(), x); err != nil {
		b.t.Fatal(err)
	}
	b.add(x.Name, lines...)
	if x.Status == "" {
		return
	}
	x.Stopped = asOf.Add(time.Minute)
	if err := b.db.EndExecution(b.t.Context(), x); err != nil {
		b.t.Fatal(err)
	}
}

func (b *runBench) add(name string, lines ...string) {
	b.t.Helper()
	var events []store.Event
	for _, line := range lines {
		e := store.Event{Details: json.RawMessage("{}")}
		if _, err := fmt.Sscan(line, &e.ID, &e.PreviousID, &e.Type); err != nil {
			b.t.Fatal(err)
		}
		if part := strings.SplitN(line, " ", 4); len(part) == 4 {
			e.Details = json.RawMessage(part[3])
		}
		e.Time = asOf.Add(time.Duration(e.ID) * time.Second)
		events = append(events, e)
	}
	if err := b.db.AppendEvents(b.t.Context(), name, events); err != nil {
		b.t.Fatal(err)
	}
}

// definition has a Map whose task is retried and caught, and a state that is not reached.
const definition = `{"StartAt":"Each","States":{
"Each":{"Type":"Map","ItemProcessor":{"StartAt":"Do","States":{"Do":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["X"]}],"End":true}}},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Tell"}],"Next":"Report"},
"Tell":{"Type":"Pass","Next":"Report"},
"Report":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`

const token64 = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"

// failing is a run whose second iteration fails, is retried, and fails.
var failing = []string{
	`1 0 ExecutionStarted {"input":"{}"}`,
	`2 0 MapStateEntered {"name":"Each","input":"{\"days\":2}"}`,
	`3 2 MapStateStarted {"length":3}`,
	`4 3 MapIterationStarted {"name":"Each","index":0}`,
	`5 3 MapIterationStarted {"name":"Each","index":1}`,
	`6 4 TaskStateEntered {"name":"Do","input":"{\"key\":\"A#1\"}"}`,
	`7 5 TaskStateEntered {"name":"Do","input":"{\"key\":\"B/2:x\"}"}`,
	`8 6 TaskScheduled {"resource":"sendMessage.waitForTaskToken","parameters":"{\"MessageBody\":{\"token\":\"` + token64 + `\"},\"other\":\"` + token64 + `\"}"}`,
	`9 7 TaskScheduled {}`,
	`10 8 TaskSucceeded {"output":"{\"n\":1}"}`,
	`11 10 TaskStateExited {"name":"Do","output":"{\"n\":1}"}`,
	`12 11 MapIterationSucceeded {"name":"Each","index":0}`,
	`13 9 TaskFailed {"error":"X","cause":"<b>no \u202e answer</b>"}`,
	`16 13 TaskScheduled {}`,
	`17 16 TaskFailed {"error":"X","cause":"again"}`,
	`18 17 MapIterationFailed {"name":"Each","index":1}`,
	`19 17 MapStateFailed {}`,
	`20 19 MapStateExited {"name":"Each","output":"{}"}`,
	`21 20 PassStateEntered {"name":"Tell","input":"{}"}`,
	`22 21 PassStateExited {"name":"Tell","output":"{}"}`,
	`23 22 TaskStateEntered {"name":"Report","input":"{}"}`,
	`24 23 TaskStateExited {"name":"Report","output":` + strconv.Quote(summary) + `}`,
	`25 24 ExecutionSucceeded {"output":"{}"}`,
}

// summary is what the run failing has reported.
const summary = `{"run":"failing","status":"incomplete","streams":2,"requests":3,"retries":1,"deferred":0,"series":[{"key":"A#1","missing":1,"requested":1,"observed":1,"absent":0,"incomplete":0,"quarantined":0,"revised":2,"failed":0,"waiting":0,"deferred":0},{"key":"B/2:x","missing":1,"requested":1,"failed":4,"waiting":0,"deferred":0}],"failures":[{"stream":"ecb-001","error":"X","message":"<i>again</i>"}],"warnings":["look here"]}`

func (b *runBench) failing() {
	b.t.Helper()
	b.start(store.Execution{Name: "failing", Input: json.RawMessage(`{"series":["A#1"],"from":"2024-01-01"}`), Status: "SUCCEEDED", Output: json.RawMessage(`{}`), Definition: []byte(definition)}, failing...)
	if err := b.db.SaveRun(b.t.Context(), store.Run{ID: "failing", AsOf: asOf, Status: "incomplete", Summary: json.RawMessage(summary)}); err != nil {
		b.t.Fatal(err)
	}
}

// like compares a page with the one in testdata.
func (b *bench) like(name, path string) {
	b.t.Helper()
	b.same(name, path, b.get(path))
}

// same compares the text of a page with that in testdata.
func (b *bench) same(name, path, text string) {
	b.t.Helper()
	text = strings.ReplaceAll(text[strings.Index(text, "<main"):strings.Index(text, "</main>")], b.assetPath, "/assets/")
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		b.t.Errorf("%s is not as in %s; -update writes it anew (-want +got):\n%s", path, file, diff)
	}
}

// Of the failures of a run of many series forty are told, and the others counted.
func TestRunPageOfManyFailures(t *testing.T) {
	b := newRunBench(t, nil)
	sum := message.Summary{Run: "failing", Status: message.Incomplete}
	for i := range 60 {
		key := fmt.Sprintf("A#%d", i)
		sum.Series = append(sum.Series, message.SeriesResult{Key: key})
		sum.Failures = append(sum.Failures, message.Failure{Source: "s", Series: []string{key, "B#1", "B#2", "B#3"}, Error: "X"})
	}
	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	events := slices.Clone(failing)
	events[len(events)-2] = `24 23 TaskStateExited {"name":"Report","output":` + strconv.Quote(string(text)) + `}`
	b.start(store.Execution{Name: "failing", Input: json.RawMessage(`{}`), Status: "SUCCEEDED", Output: json.RawMessage(`{}`), Definition: []byte(definition)}, events...)
	page := b.get("/runs/failing")
	if strings.Count(page, ">failed: ") != 40 || !strings.Contains(page, ">failed: A#39 B#1 B#2 and 1 more: X ") || !strings.Contains(page, "The first 40 of 60 failures: its output has the other 20.") {
		t.Errorf("%s", page[strings.Index(page, "<main"):])
	}
}

// Whole pages: of a run that failed and went on, of one that runs, and of none.
func TestRunPages(t *testing.T) {
	b := newRunBench(t, nil)
	b.like("runs-none", "/runs")
	b.failing()
	b.start(store.Execution{Name: "running", Input: json.RawMessage(`{}`)}, failing[:9]...)
	b.like("runs", "/runs")
	b.like("runs-incomplete", "/runs?status=incomplete")
	b.like("run-graph", "/runs/failing")
	b.like("run-graph-state", "/runs/failing?state=Each&at=")
	b.like("run-table", "/runs/failing?view=table&state=Do")
	b.like("run-iteration", "/runs/failing?view=table&at=Each.1&state=Do")
	if page := b.get("/runs/failing?view=table&state=Each&at=Each.0"); strings.Count(page, `<tr aria-current="true">`) != 2 || !strings.Contains(page, ">Each.1<") {
		t.Errorf("the chosen iteration is not told among the others: %s", page)
	}
	b.like("run-events", "/runs/failing?view=events")
	b.like("run-running", "/runs/running?view=table&state=Do&at=Each.1")
	b.like("run-event", "/runs/failing/event/8")
}

// What a program reads is what the command line gives.
func TestRunsForPrograms(t *testing.T) {
	b := newRunBench(t, nil)
	b.failing()
	ask := func(path string, into any) {
		t.Helper()
		w := b.ask(http.MethodGet, path, nil, map[string]string{"Accept": "application/json"})
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var list history.ListDocument
	ask("/runs", &list)
	if len(list.Runs) != 1 || list.Runs[0].Status != "incomplete" || *list.Runs[0].Observed != 1 || list.SchemaVersion != 1 {
		t.Errorf("runs %+v", list)
	}
	var one struct {
		Run       string
		Execution struct{ Status string }
		Events    []store.Event
	}
	ask("/runs/failing", &one)
	if one.Run != "failing" || one.Execution.Status != "SUCCEEDED" || len(one.Events) != len(failing) || !strings.Contains(string(one.Events[1].Details), "days") {
		t.Errorf("run %+v", one)
	}
	if by, link := b.ask(http.MethodGet, "/runs/failing", nil, map[string]string{"Accept": "application/json"}), b.get("/runs/failing?format=json"); by.Body.String() != link {
		t.Errorf("by a link: %s", link)
	}
	var event store.Event
	ask("/runs/failing/event/8", &event)
	if event.ID != 8 || strings.Contains(string(event.Details), token64) {
		t.Errorf("event %+v", event)
	}
}

// What a run has cost is told where the runs are those of the pipeline, and grows with it.
func TestRunTellsItsCost(t *testing.T) {
	b := newRunBench(t, func(o *Options) { o.Region = "sa-east-1" })
	b.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`)}, "1 0 ExecutionStarted", `2 1 PassStateEntered {"name":"P"}`)
	for i, want := range []string{"0.000075", "0.000113"} { // two transitions, three
		if i == 1 {
			b.add("r", `3 2 SucceedStateEntered {"name":"S"}`)
		}
		if page := b.get("/runs/r"); !strings.Contains(page, "This would have cost about "+want+" USD in AWS (prices of sa-east-1, 2026-11).") {
			t.Errorf("no cost of %s USD in %s", want, page)
		}
		w := b.ask(http.MethodGet, "/runs/r", nil, map[string]string{"Accept": "application/json"})
		if !strings.Contains(w.Body.String(), `"usd": "`+want+`"`) {
			t.Errorf("no cost of %s USD in %s", want, w.Body)
		}
	}
	none := newRunBench(t, nil) // as serve has it
	none.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`)}, "1 0 ExecutionStarted")
	if page := none.get("/runs/r"); strings.Contains(page, "cost about") {
		t.Errorf("a run of any state machine has a cost: %s", page)
	}
}

// A run that goes on is read on, and ends.
func TestRunGoesOn(t *testing.T) {
	b := newRunBench(t, nil)
	b.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`), Definition: []byte(definition)}, failing[:9]...)
	if page := b.get("/runs/r?view=table"); !strings.Contains(page, "0/3, 2 running") {
		t.Errorf("the run does not go on: %s", page)
	}
	b.add("r", failing[9:]...)
	if page := b.get("/runs/r?view=table"); !strings.Contains(page, "1/3, 1 failed") {
		t.Errorf("what came since is not there: %s", page)
	}
	w := b.ask(http.MethodGet, "/runs/r?view=table", nil, nil)
	if !strings.Contains(w.Body.String(), `data-live="runs"`) {
		t.Error("a run that goes on is not live")
	}
	if err := b.db.EndExecution(t.Context(), store.Execution{Name: "r", Status: "SUCCEEDED", Stopped: asOf.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if page := b.get("/runs/r?view=table"); strings.Contains(page, `data-live="runs"`) || !strings.Contains(page, "1m0s") {
		t.Errorf("the run does not end: %s", page)
	}
	b.add("r", `26 25 ExecutionFailed`) // nobody does that: it is not read again
	if page := b.get("/runs/r?view=events"); strings.Contains(page, "ExecutionFailed") {
		t.Error("a run that has ended is read again")
	}
}

// What was not kept or cannot be read is said; the table is there all the same.
func TestRunWithoutADefinition(t *testing.T) {
	b := newRunBench(t, nil)
	b.start(store.Execution{Name: "none", Input: json.RawMessage(`{}`), Status: "FAILED", Error: "E"}, failing...)
	b.start(store.Execution{Name: "broken", Input: json.RawMessage(`{}`), Status: "FAILED", Definition: []byte(`{"StartAt":"<x>"`)}, failing...)
	for name, want := range map[string]string{"none": "Nobody kept the definition", "broken": "cannot be read"} {
		if page := b.get("/runs/" + name); !strings.Contains(page, want) || !strings.Contains(page, "What became of each state") || strings.Contains(page, "<svg") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

// A definition may have more states than a page can show.
func TestRunOfManyStates(t *testing.T) {
	b := newRunBench(t, nil)
	var text strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&text, `"S%d":{"Type":"Pass","Next":"S%d"},`, i, i+1)
	}
	b.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`), Definition: []byte(`{"StartAt":"S0","States":{` + text.String() + `"S1200":{"Type":"Succeed"}}}`)}, `1 0 ExecutionStarted`)
	page := b.get("/runs/r")
	if strings.Contains(page, "<svg") || !strings.Contains(page, "A graph of 1201 states is not drawn") || !strings.Contains(page, "201 states and iterations more") || len(page) > 400<<10 {
		t.Errorf("a page of %d bytes: %.3000s", len(page), page)
	}
	if page := b.get("/runs/r?state=S1100"); !strings.Contains(page, `id="state-name">S1100<`) {
		t.Error("a state that is not listed cannot be chosen")
	}
}

// Why a Fail state failed stands in the definition alone when a Catch went on.
func TestCaughtFailState(t *testing.T) {
	b := newRunBench(t, nil)
	const text = `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Own","Cause":"my why"}}},"Catch":[{"ErrorEquals":["Own"],"Next":"E"}],"End":true},"E":{"Type":"Succeed"}}}`
	b.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`), Definition: []byte(text)}, `1 0 ExecutionStarted`, `2 0 MapStateEntered {"name":"M"}`,
		`3 2 MapStateStarted {"length":1}`, `4 3 MapIterationStarted {"name":"M","index":0}`, `5 4 FailStateEntered {"name":"F"}`,
		`6 5 MapIterationFailed {"name":"M","index":0}`, `7 5 MapStateFailed`, `8 7 MapStateExited {"name":"M"}`)
	if page := b.get("/runs/r?state=F&at=M.0"); !strings.Contains(page, "Own: my why") {
		t.Errorf("why it failed is not there: %s", page)
	}
}

func TestRunsThatAreNotThere(t *testing.T) {
	b := newRunBench(t, nil)
	b.failing()
	for path, want := range map[string]int{
		"/runs/none": 404, "/runs/failing/event/99": 404, "/runs/failing/event/0": 404, "/runs/failing/event/x": 404, "/runs/none/event/1": 404,
		"/runs/failing?view=x": 400, "/runs/failing?from=-1": 400, "/runs/failing?after=x": 400, "/runs?status=x": 400, "/runs?limit=9999999": 400, "/runs?limit=0": 400,
		"/runs/failing?state=none": 404, "/runs/failing?at=Each.9": 200, "/runs/failing?at=%2F%2F": 200, "/runs/failing?view=events&after=1000000": 200,
		"/runs/" + url.PathEscape("a/b"): 404,
	} {
		if w := b.ask(http.MethodGet, path, nil, nil); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if page := b.get("/runs/failing?at=Each.9"); !strings.Contains(page, "There is no such place") {
		t.Error("a place that is not there is not said to be so")
	}
}

// A Map of many iterations comes in pages, those that failed first.
func TestIterationPages(t *testing.T) {
	b := newRunBench(t, nil)
	lines := []string{`1 0 ExecutionStarted`, `2 0 MapStateEntered {"name":"Each"}`, `3 2 MapStateStarted {"length":250}`}
	id := 3
	for i := range 250 {
		lines = append(lines, fmt.Sprintf(`%d 3 MapIterationStarted {"name":"Each","index":%d}`, id+1, i))
		end := "Succeeded"
		if i == 240 {
			end = "Failed"
		}
		lines = append(lines, fmt.Sprintf(`%d %d MapIteration%s {"name":"Each","index":%d}`, id+2, id+1, end, i))
		id += 2
	}
	b.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`), Definition: []byte(definition)}, lines...)
	first := b.get("/runs/r?state=Each&view=table")
	if at, of := strings.Index(first, ">Each.240<"), strings.Index(first, ">Each.0<"); at < 0 || at > of || strings.Count(first, ">Each.") != 100 || !strings.Contains(first, "249/250, 1 failed") {
		t.Errorf("the first page: %s", first)
	}
	if !strings.Contains(first, "/runs/r?state=Each&amp;view=table&amp;from=100") {
		t.Errorf("no next page: %s", first)
	}
	last := b.get("/runs/r?state=Each&view=table&from=200")
	if strings.Count(last, ">Each.") != 50 || strings.Contains(last, ">more<") || !strings.Contains(last, "from=100") {
		t.Errorf("the last page: %s", last)
	}
}

// Names, causes and payloads of foreigners are shown, and nothing of them is obeyed.
func TestHostileRun(t *testing.T) {
	b := newRunBench(t, nil)
	const evil = `</pre><script>x</script>\u202e\u0000" onload="x`
	var name string
	if err := json.Unmarshal([]byte(`"`+strings.ReplaceAll(evil, `" onload="x`, `\" onload=\"x`)+`"`), &name); err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	q := string(quoted)
	definition := `{"StartAt":"Each","States":{"Each":{"Type":"Map","Comment":` + q + `,"ItemProcessor":{"StartAt":` + q + `,"States":{` + q + `:{"Type":"Pass","End":true}}},"End":true}}}`
	in, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	b.start(store.Execution{Name: name, Input: json.RawMessage(`{"series":[` + q + `]}`), Status: "FAILED", Error: name, Cause: strings.Repeat(name, 1000), Definition: []byte(definition)},
		`1 0 ExecutionStarted`, `2 0 MapStateEntered {"name":"Each"}`, `3 2 MapStateStarted {"length":1}`, `4 3 MapIterationStarted {"name":"Each","index":0}`,
		`5 4 TaskStateEntered {"name":`+q+`,"input":`+string(in)+`}`, `6 5 TaskScheduled {"parameters":`+string(in)+`}`,
		`7 6 TaskFailed {"error":`+q+`,"cause":`+q+`}`, `8 7 MapIterationFailed {"name":"Each","index":0}`, `9 7 ExecutionFailed {"error":`+q+`}`)
	at := "/runs/" + url.PathEscape(name)
	state := url.QueryEscape(name)
	values := regexp.MustCompile(`="[^"]*"`) // where a text may say what it wants
	inline := regexp.MustCompile(`(?i)<script(>| [^>]*>[^<])|<[a-z][^>]*\s(on\w+|style)=|javascript:`)
	for _, path := range []string{
		"/runs", at, at + "?state=" + state, at + "?view=table&state=" + state, at + "?view=table&at=Each.0&state=" + state, at + "?state=Each",
		at + "?view=events", at + "/event/5", at + "/event/6", at + "/event/7", at + "?at=" + state, at + "?state=Each&at=" + state,
	} {
		w := b.ask(http.MethodGet, path, nil, nil)
		page := w.Body.String()
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %.300s", path, w.Code, page)
		}
		if found := inline.FindString(values.ReplaceAllString(strings.ReplaceAll(page, `<script type="module" src="`, ""), `=""`)); found != "" || strings.ContainsAny(page, "\u202e\x00") {
			t.Errorf("%s obeys or hides something: %q", path, found)
		}
		if len(page) > 200<<10 {
			t.Errorf("%s: %d bytes", path, len(page))
		}
	}
}

// Payloads beyond what a page shows are for download, and tokens are in neither.
func TestLargePayload(t *testing.T) {
	b := newRunBench(t, nil)
	long := strings.Repeat("x", 300<<10)
	b.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`)}, `1 0 ExecutionStarted`, `2 0 PassStateEntered {"name":"P","input":"{\"taskToken\":\"secret\",\"nested\":\"{\\\"Token\\\":\\\"secret\\\"}\",\"long\":\"`+long+`\"}"}`)
	page := b.get("/runs/r/event/2")
	if len(page) > 400<<10 || !strings.Contains(page, "the download has all of it") || strings.Contains(page, "secret") {
		t.Errorf("a page of %d bytes: %.600s", len(page), page)
	}
	if page := b.get("/runs/r?state=P"); len(page) > 40<<10 || !strings.Contains(page, "its event has all of it") {
		t.Errorf("a page of %d bytes", len(page))
	}
	w := b.ask(http.MethodGet, "/runs/r/event/2?download=1", nil, nil)
	if body := w.Body.String(); !strings.Contains(body, long) || strings.Contains(body, "secret") || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("the download has %d bytes", len(body))
	}
}

func TestKnownRunsAreBounded(t *testing.T) {
	var k known
	for i := range 20 {
		run := k.find(fmt.Sprint(i))
		run.events = make([]history.Event, maxKnown/eventBytes/10)
		k.trim()
	}
	if len(k.runs) < 9 || len(k.runs) > 11 || k.runs[0].name != "19" {
		t.Errorf("%d runs are kept, the first is %s", len(k.runs), k.runs[0].name)
	}
	if k.find("15"); k.runs[0].name != "15" || len(k.runs) > 11 {
		t.Error("a run that is shown is not the first")
	}
}

func BenchmarkRun(b *testing.B) {
	r := newRunBench(b, nil)
	lines := []string{`1 0 ExecutionStarted`, `2 0 MapStateEntered {"name":"Each","input":"{}"}`, `3 2 MapStateStarted {"length":2500}`}
	for id := 3; id < 20_000; {
		lines = append(lines, fmt.Sprintf(`%d 3 MapIterationStarted {"name":"Each","index":%d}`, id+1, id/8))
		for i, kind := range []string{"TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"} {
			lines = append(lines, fmt.Sprintf(`%d %d %s {"name":"Do","input":"{\"key\":\"A#1\",\"days\":[1,2,3]}"}`, id+2+i, id+1+i, kind))
		}
		lines = append(lines, fmt.Sprintf(`%d %d MapIterationSucceeded {"name":"Each","index":%d}`, id+7, id+6, id/8))
		id += 7
	}
	r.start(store.Execution{Name: "r", Input: json.RawMessage(`{}`), Status: "SUCCEEDED", Definition: []byte(definition)}, append(lines, fmt.Sprintf("%d 3 ExecutionSucceeded", len(lines)+1))...)
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			r.known.runs = nil
			r.get("/runs/r?state=Each")
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			r.get("/runs/r?state=Each")
		}
	})
}

// A run that divided itself leads to its shards and they lead back; few of them are in its
// cost, and of many it says that they are not.
func TestShardsOfARun(t *testing.T) {
	for _, tt := range []struct {
		shards int
		cost   string
	}{{2, " USD in AWS (prices of us-east-1, 2026-11).</p>"}, {11, " What its 11 shards used is not in that, but on their pages."}} {
		b := newRunBench(t, func(o *Options) { o.Region = "us-east-1" })
		sel := message.Selection{Run: "r", AsOf: asOf}
		sum := message.Summary{Run: "r", Status: message.Incomplete, Total: &message.Total{Number: 1000}, Failures: []message.Failure{{Shard: "r-shard-002", Error: "States.TaskFailed"}}}
		sum.Total.Revised = 7
		lines := []string{
			`1 0 ExecutionStarted {"input":"{}"}`, `2 1 TaskStateExited SELECT`, `3 2 MapStateEntered {"name":"EachShard"}`, fmt.Sprintf(`4 3 MapStateStarted {"length":%d}`, tt.shards),
		}
		for i := range tt.shards {
			name := fmt.Sprintf("r-shard-%03d", i+1)
			sel.Shards = append(sel.Shards, message.Shard{Name: name})
			sum.Shards = append(sum.Shards, message.ShardResult{Run: name, Status: message.Complete})
			id := len(lines) + 1
			lines = append(lines,
				fmt.Sprintf(`%d 4 MapIterationStarted {"name":"EachShard","index":%d}`, id, i),
				fmt.Sprintf(`%d %d TaskStateEntered {"name":"Shard","input":"{\"machine\":\"m\",\"name\":\"%s\"}"}`, id+1, id, name),
				fmt.Sprintf(`%d %d TaskStateExited {"name":"Shard"}`, id+2, id+1),
				fmt.Sprintf(`%d %d MapIterationSucceeded {"name":"EachShard","index":%d}`, id+3, id+2, i))
			b.start(store.Execution{Name: name, Status: "SUCCEEDED", Input: json.RawMessage(`{"shard":{"name":"` + name + `","first":"A","last":"B","of":"r"}}`)},
				"1 0 ExecutionStarted", `2 1 PassStateEntered {"name":"P"}`, "3 2 ExecutionSucceeded")
		}
		sum.Shards[1].Status = message.Incomplete
		text := func(v any) string {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		lines[1] = `2 1 TaskStateExited ` + text(map[string]string{"name": "Select", "output": text(sel)})
		id := len(lines)
		lines = append(lines, fmt.Sprintf(`%d %d TaskStateExited %s`, id+1, id, text(map[string]string{"name": "Report", "output": text(sum)})), fmt.Sprintf(`%d %d ExecutionFailed`, id+2, id+1))
		b.start(store.Execution{Name: "r", Status: "FAILED", Input: json.RawMessage(`{}`)}, lines...)

		page := b.get("/runs/r?state=EachShard&view=table")
		for _, want := range []string{`<a href="/runs/r-shard-001">EachShard.0</a>`, `<td>r-shard-001</td>`, `<td>incomplete</td>`, "failed: r-shard-002: States.TaskFailed", "7 days revised", tt.cost} {
			if !strings.Contains(page, want) {
				t.Errorf("%d shards: no %q in %s", tt.shards, want, page)
			}
		}
		if n := strings.Count(page, "<td>incomplete</td>"); n != 1 {
			t.Errorf("%d of the shards are incomplete, want 1", n)
		}
		if page := b.get("/runs/r-shard-002"); !strings.Contains(page, `Started by <a href="/runs/r?state=EachShard">EachShard of r</a>`) {
			t.Errorf("no way back in %s", page)
		}
		for _, path := range []string{"/runs/r-shard-002", "/runs?limit=800"} { // a plan of it would be of all series
			page := b.get(path)
			if n := strings.Count(page, "plan again"); n != strings.Count(page, `<a href="/runs/r">r</a>`) {
				t.Errorf("%s: %d runs can be planned again: %s", path, n, page)
			}
		}
		var document struct {
			Shards []history.Shard
			Cost   *cost.Bill
		}
		if err := json.Unmarshal([]byte(b.get("/runs/r?format=json")), &document); err != nil || len(document.Shards) != tt.shards || document.Cost == nil {
			t.Errorf("%+v, %v", document, err)
		}
		own, ofShard := 3+tt.shards, 3 // EachShard, and Shard of each; P; and both begin and end
		if n := document.Cost.StepFunctions.Transitions; n != own+ofShard*tt.shards {
			t.Errorf("%d transitions, want those of the run and of %d shards: %d", n, tt.shards, own+ofShard*tt.shards)
		}
	}
}

// A run as a program reads it, its list and its events have no task token in any text, and
// what JSON escapes beside one stays JSON.
func TestNoTokenInAnyForm(t *testing.T) {
	b := newRunBench(t, nil)
	long := strings.Repeat(token64, 3)
	cause := `no answer to\n` + long + `\u003c{\"taskToken\":\"short\"}`
	b.start(store.Execution{
		Name: "r", Input: json.RawMessage(`{"token":"` + long + `","taskToken":"short"}`), Output: json.RawMessage(`{"nested":"{\"token\":\"short\"}"}`), Status: "FAILED",
		Error: "E", Cause: "see\n" + long, Definition: []byte(definition),
	},
		`1 0 ExecutionStarted {"input":"{\"token\":\"short\"}"}`, `2 0 TaskStateEntered {"name":"Report","input":"{}"}`, `3 2 TaskScheduled {"parameters":"{\"token\":\"`+long+`\"}"}`,
		`4 3 TaskFailed {"error":"E","cause":"`+cause+`"}`, `5 4 ExecutionFailed {"error":"E","cause":"`+cause+`"}`)
	for _, path := range []string{"/runs", "/runs/r", "/runs/r?view=table&state=Report", "/runs/r?view=events", "/runs/r/event/1", "/runs/r/event/3", "/runs/r/event/4", "/runs/r/event/4?download=1"} {
		for _, kind := range []string{"application/json", "text/html"} {
			w := b.ask(http.MethodGet, path, nil, map[string]string{"Accept": kind})
			text := w.Body.String()
			if w.Code != http.StatusOK || strings.Contains(text, token64) || strings.Contains(text, "short") {
				t.Errorf("%s as %s: %d %s", path, kind, w.Code, text)
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s as %s is no JSON: %s", path, kind, text)
			}
		}
	}
}

// A place that is not there is repeated in no link, however long it is, and one of many parts
// is refused.
func TestPlaceThatIsNotThere(t *testing.T) {
	b := newRunBench(t, nil)
	b.failing()
	for _, at := range []string{"Each.7", strings.Repeat("x", 10_000), strings.Repeat("/", maxPlaceParts-1)} {
		for _, view := range views {
			page := b.get("/runs/failing?" + url.Values{"view": {view}, "at": {at}, "state": {"Do"}}.Encode())
			if !strings.Contains(page, "There is no such place") || strings.Contains(page, "crumbs") || strings.Contains(page, "at="+url.QueryEscape(at)) || len(page) > 30_000 {
				t.Errorf("%.20q, %s: a page of %d bytes: %.5000s", at, view, len(page), page)
			}
		}
	}
	if w := b.ask(http.MethodGet, "/runs/failing?at="+strings.Repeat("/", 15_000), nil, nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "15001 parts, want at most 20") || w.Body.Len() > 10_000 {
		t.Errorf("%d: %.1000s", w.Code, w.Body)
	}
}
