//go:build integration

package boot_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source/anp/anptest"

	"github.com/google/go-cmp/cmp"
)

// Each function, as its zip has it, does an event and names its error.
func TestTasks(t *testing.T) {
	days := `{"Items":[{"date":{"S":"2026-06-29"},"status":{"S":"observed"},"fetched_at":{"S":"2026-06-30T00:00:00Z"}}],"Count":1}`
	missing := `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}`
	tests := []struct {
		task, name, event string
		aws               map[string]string
		want              string // the whole output, or the error's name
		wantText          string // part of the error's message
	}{
		{
			task: "select", name: "one series",
			event: `{"run":"r1","started_at":"2026-07-01T00:00:00Z","input":{"from":"2026-06-29","series":["ECB#USD"]}}`,
			want: `{"run":"r1","as_of":"2026-07-01T00:00:00Z","only":"due","dry_run":false,"input":{"from":"2026-06-29","series":["ECB#USD"]},"scope":{"from":"2026-06-29"},
				"shards":[],"sources":[{"source":"ecb","queue_url":"https://sqs/e","max_messages":250,"max_gaps":6250,
				"batches":[{"series":[{"key":"ECB#USD","from":"2026-06-29","to":"2026-07-01"}]}]}]}`,
		},
		{
			task: "select", name: "input that cannot be meant",
			event: `{"run":"r1","started_at":"2026-07-01T00:00:00Z","input":{"form":"2026-06-29"}}`,
			want:  "Input.Invalid", wantText: `"form"`,
		},
		{
			task: "query", name: "one day is there",
			event: `{"run":"r1","series":[{"key":"ECB#USD","from":"2026-06-29","to":"2026-07-01"}],"as_of":"2026-07-01T00:00:00Z","only":"due","attempt":0}`,
			aws:   map[string]string{"Query": days},
			want:  `{"series":[{"key":"ECB#USD","from":"2026-06-29","to":"2026-07-01","settled":["2026-06-29"],"recheck":[],"waiting":[],"quarantined":[],"latest":"2026-06-29"}]}`,
		},
		{
			task: "query", name: "no table",
			event: `{"run":"r1","series":[{"key":"ECB#USD","from":"2026-06-29","to":"2026-07-01"}],"as_of":"2026-07-01T00:00:00Z","only":"due","attempt":0}`,
			aws:   map[string]string{"Query": missing},
			want:  "Store.Unusable", wantText: "ECB#USD",
		},
		{
			task: "detect", name: "two days are missing",
			event: `{"run":"r1","series":[{"key":"ECB#USD","from":"2026-06-26","to":"2026-07-01","settled":["2026-06-26"],"latest":"2026-06-26"}],"as_of":"2026-07-01T00:00:00Z","only":"due","max_gaps":9}`,
			want: `{"series":[{"key":"ECB#USD","expected":4,"missing":2,"not_due":1,"oldest":"2026-06-29","newest":"2026-06-30",
				"due":"2026-06-30","latest":"2026-06-26","gaps":["2026-06-29/2026-06-30"]}]}`,
		},
		{
			task: "detect", name: "a series that is not there", event: `{"series":[{"key":"X#1"}]}`,
			want: `{"series":[{"key":"X#1","error":"Input.Invalid","expected":0,"missing":0}]}`,
		},
		{task: "detect", name: "an event of another shape", event: `{"series":5}`, want: "Input.Invalid", wantText: "series"},
		{
			task: "fanout", name: "one stream",
			event: `{"run":"r1","source":"ecb","max_messages":250,"batches":[{"series":[{"key":"ECB#USD","missing":2,"gaps":["2026-06-29/2026-06-30"]}]}]}`,
			want: `{"series":[{"key":"ECB#USD","expected":0,"missing":2,"requested":2}],
				"bundles":[{"streams":[{"id":"ecb-001","series":["ECB#USD"],"from":"2026-06-29","to":"2026-06-30","days":2}]}],"planned":1,"deferred":0}`,
		},
		{task: "fanout", name: "an event of another shape", event: `{"batches":5}`, want: "Input.Invalid", wantText: "batches"},
		{
			task: "report", name: "nothing missing",
			event: `{"run":"r1","as_of":"2026-07-01T00:00:00Z","dry_run":false,"input":{},"sources":[{"source":"ecb","work":{"series":[{"key":"ECB#USD"}],"bundles":[]}}]}`,
			want:  `{"run":"r1","status":"complete","streams":0,"requests":0,"retries":0,"deferred":0,"series":[{"key":"ECB#USD","missing":0,"requested":0,"observed":0,"absent":0,"incomplete":0,"quarantined":0,"failed":0,"waiting":0,"deferred":0,"revised":0,"contradicted":0,"withdrawn":0,"suspicious":0}]}`,
		},
		{task: "report", name: "no table", event: `{"run":"r1"}`, aws: map[string]string{"Query": missing}, want: "Store.Unusable", wantText: "r1"},
		{task: "scrape", name: "an event of another shape", event: `{"Records":{}}`, want: "Input.Invalid", wantText: "Records"},
	}
	for _, tt := range tests {
		t.Run(tt.task+": "+tt.name, func(t *testing.T) {
			p := start(t, tt.task, environment(tt.task, startAWS(t, tt.aws).url))
			for range 2 { // a process serves many events, after an error too
				a := p.invoke(t, tt.event)
				if a.Error != nil {
					if a.Error.Type != tt.want || !strings.Contains(a.Error.Message, tt.wantText) || tt.wantText == "" {
						t.Errorf("error %+v, want %s with %s", *a.Error, tt.want, tt.wantText)
					}
					continue
				}
				var got, want any
				if err := json.Unmarshal(a.Output, &got); err != nil {
					t.Fatalf("output %s: %v", a.Output, err)
				}
				if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
					t.Fatalf("output %s, want the error %s", a.Output, tt.want)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("output mismatch (-want +got):\n%s", diff)
				}
			}
			for line := range strings.Lines(p.said(t)) {
				if !json.Valid([]byte(line)) {
					t.Errorf("a line of the log is no JSON: %s", line)
				}
			}
		})
	}
}

// A scraper asks its publisher when it is told to, and calls nothing of AWS for it.
func TestScraperProbesItsPublisher(t *testing.T) {
	aws := startAWS(t, nil)
	p, env := openPublisher(t, aws, publisher.Fault{Source: publisher.ECB, Kind: publisher.Status, Status: 503, Times: 1})
	f := start(t, "scrape", env)
	const event = `{"probe":1,"as_of":"2026-07-01T00:00:00Z","source":"ecb","days":3}`
	for _, want := range []string{
		`"values":0,"requests":1,"status":503,`,
		`"values":3,"requests":1,"status":200,`,
	} {
		a := f.invoke(t, event)
		if a.Error != nil || !strings.Contains(string(a.Output), `{"source":"ecb","key":"CURRENCY#BRL","span":"2026-06-26/2026-06-30",`+want) {
			t.Errorf("answer %s, %+v; want %s", a.Output, a.Error, want)
		}
	}
	if got := len(p.Requests(publisher.ECB)); got != 2 || len(aws.calls) > 0 {
		t.Errorf("%d requests, want 2; calls of AWS: %v", got, aws.calls)
	}
	if a := f.invoke(t, `{"probe":1,"source":"fred"}`); a.Error == nil || a.Error.Type != "Input.Invalid" {
		t.Errorf("answer to a probe of another source: %s, %+v", a.Output, a.Error)
	}
}

func TestReportSendsMetrics(t *testing.T) {
	for level, calls := range map[string]int{"fleet": 1, "off": 0} {
		aws := startAWS(t, nil)
		env := environment("report", aws.url)
		env["LACUNA_METRICS"] = level
		if a := start(t, "report", env).invoke(t, `{"run":"r1","as_of":"2026-07-01T00:00:00Z","sources":[]}`); a.Error != nil {
			t.Errorf("%s: %+v", level, *a.Error)
		}
		if got := len(aws.of("PutMetricData")); got != calls {
			t.Errorf("%s: %d calls of PutMetricData, want %d; all: %v", level, got, calls, aws.calls)
		}
	}
}

// message is a batch of one scraper message of the ECB's dollar.
func message(from, to string) string { return messageOf(publisher.ECB, "ECB#USD", from, to) }

func messageOf(source, series, from, to string) string {
	body := fmt.Sprintf(`{"v":2,"run":"r1","as_of":"2026-07-01T00:00:00Z","only":"due","source":%q,"token":"token","attempt":0,
		"streams":[{"id":"%[1]s-001","series":[%q],"from":%q,"to":%q,"days":2}]}`, source, series, from, to)
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a text always marshals
	}
	return `{"Records":[{"messageId":"m1","body":` + string(text) + `}]}`
}

// openPublisher returns the environment of a scraper that asks p.
func openPublisher(t testing.TB, aws *fakeAWS, faults ...publisher.Fault) (*publisher.Publisher, map[string]string) {
	t.Helper()
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, f := range faults {
		if err := p.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	env := environment("scrape", aws.url)
	env["LACUNA_ECB_URL"] = p.URL(publisher.ECB)
	return p, env
}

func TestScrapeStoresAndAnswersTheToken(t *testing.T) {
	aws := startAWS(t, nil)
	_, env := openPublisher(t, aws)
	a := start(t, "scrape", env).invoke(t, message("2026-06-29", "2026-06-30"))
	if a.Error != nil || string(a.Output) != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s, %+v", a.Output, a.Error)
	}
	const want = `{"stream":"ecb-001","ok":true,"requests":1,"rows":2,"absent":0,"incomplete":0}`
	if got := aws.field(t, "SendTaskSuccess", "output"); got != want {
		t.Errorf("the token's output is %s, want %s", got, want)
	}
	if got := aws.of("BatchWriteItem"); len(got) != 1 || strings.Count(got[0].Body, `"PutRequest"`) != 2 {
		t.Errorf("rows are written by %v", got)
	}
}

func TestScrapeTellsAFailureByName(t *testing.T) {
	aws := startAWS(t, nil)
	_, env := openPublisher(t, aws, publisher.Fault{Source: publisher.ECB, Kind: publisher.Status, Status: 503})
	a := start(t, "scrape", env).invoke(t, message("2026-06-29", "2026-06-30"))
	if a.Error != nil || string(a.Output) != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s, %+v: a failure that is told leaves no message", a.Output, a.Error)
	}
	if got := aws.field(t, "SendTaskFailure", "error"); got != "Source.Unavailable" {
		t.Errorf("failure %s", got)
	}
}

// A publisher is told whom to complain to, and gets the user and the password of its
// address; the log, the table and the state machine do not.
func TestScrapeSaysWhoAsksAndTellsNoPassword(t *testing.T) {
	aws := startAWS(t, nil)
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked <- r.UserAgent() + " " + user + ":" + password
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	env := environment("scrape", aws.url)
	env["LACUNA_ECB_URL"], env["LACUNA_CONTACT"] = strings.Replace(server.URL, "//", "//alice:s3cr3t@", 1), "data@bank.example"
	env["LACUNA_LOG_LEVEL"] = "debug"
	p := start(t, "scrape", env)
	p.invoke(t, message("2026-06-29", "2026-06-30"))
	if got := <-asked; !strings.HasPrefix(got, "lacuna/") || !strings.HasSuffix(got, " (data@bank.example) alice:s3cr3t") {
		t.Errorf("asked as %s", got)
	}
	if got := aws.field(t, "SendTaskFailure", "error"); got != "Source.Unavailable" {
		t.Errorf("failure %s", got)
	}
	for _, call := range aws.calls {
		if strings.Contains(call.Body, "s3cr3t") || strings.Contains(call.Body, "alice") {
			t.Errorf("AWS is told %s", call.Body)
		}
	}
	if log := p.said(t); strings.Contains(log, "s3cr3t") || strings.Contains(log, "alice") || !strings.Contains(log, "Source.Unavailable") {
		t.Errorf("log %s", log)
	}
}

func TestScrapeDropsAMessageWhoseTokenIsGone(t *testing.T) {
	aws := startAWS(t, map[string]string{"SendTaskHeartbeat": `{"__type":"TaskTimedOut","message":"Task Timed Out: 'Provided task does not exist anymore'"}`})
	p, env := openPublisher(t, aws)
	a := start(t, "scrape", env).invoke(t, message("2026-06-29", "2026-06-30"))
	if a.Error != nil || string(a.Output) != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s, %+v", a.Output, a.Error)
	}
	if n := len(p.Requests("")); n != 0 || len(aws.calls) != 1 {
		t.Errorf("%d requests, calls %v: want a heartbeat alone", n, aws.calls)
	}
}

// A missing or wrong variable stops the start, and the execution that waits for
// the function sees which.
func TestEnvironmentIsChecked(t *testing.T) {
	required := map[string][]string{
		"select": {"LACUNA_QUEUES", "LAMBDA_TASK_ROOT", "AWS_REGION"},
		"query":  {"LACUNA_TABLE", "LAMBDA_TASK_ROOT", "AWS_REGION"},
		"detect": {"LAMBDA_TASK_ROOT"},
		"fanout": {"LACUNA_SCRAPERS", "LAMBDA_TASK_ROOT"},
		"scrape": {"LACUNA_TABLE", "LACUNA_SOURCE", "LAMBDA_TASK_ROOT", "AWS_REGION"},
		"report": {"LACUNA_TABLE", "LACUNA_METRICS", "LACUNA_METRICS_NAMESPACE", "AWS_REGION"},
	}
	wrong := map[string]map[string]string{
		"select": {"LACUNA_QUEUES": "{", "LACUNA_LOG_LEVEL": "loud", "LAMBDA_TASK_ROOT": "/nowhere"},
		"fanout": {"LACUNA_SCRAPERS": `{"ecb":"long"}`},
		"scrape": {"LACUNA_SOURCE": "moon", "LACUNA_ECB_URL": "data.ecb.europa.eu", "LACUNA_CONTACT": "nobody", "LACUNA_ECB_INSECURE": "perhaps"},
		"report": {"LACUNA_METRICS": "all"},
	}
	for _, task := range tasks {
		for _, name := range required[task] {
			t.Run(task+" without "+name, func(t *testing.T) {
				env := environment(task, "http://127.0.0.1:1")
				delete(env, name)
				checkRefused(t, start(t, task, env), name+" is not set")
			})
		}
		for name, value := range wrong[task] {
			t.Run(task+" with "+name+" "+value, func(t *testing.T) {
				env := environment(task, "http://127.0.0.1:1")
				maps.Copy(env, map[string]string{name: value})
				want := name
				if strings.Contains(value, "nowhere") || strings.Contains(value, "europa") {
					want = value
				}
				checkRefused(t, start(t, task, env), want)
			})
		}
	}
}

func checkRefused(t *testing.T, p *process, want string) {
	t.Helper()
	got, err := p.Refused(soon(t))
	if err != nil || got.Type != "Lacuna.Internal" || !strings.Contains(got.Message, want) {
		t.Errorf("refused with %+v, %v; want Lacuna.Internal with %s", got, err, want)
	}
	if code := p.end(t); code != 1 || !strings.Contains(p.log.String(), want) {
		t.Errorf("exit code %d, log %s", code, p.log.String())
	}
}

func TestSIGTERMBetweenEvents(t *testing.T) {
	for _, task := range tasks {
		p := start(t, task, environment(task, "http://127.0.0.1:1"))
		if err := p.Ready(soon(t)); err != nil {
			t.Fatal(err)
		}
		p.terminate(t)
		if code := p.end(t); code != 0 {
			t.Errorf("%s ends with %d; log %s", task, code, p.log.String())
		}
	}
}

// In the middle of an event the message goes back to its queue, no token is
// answered, and the process ends once its answer is out.
func TestSIGTERMWhileScraping(t *testing.T) {
	aws := startAWS(t, nil)
	p, env := openPublisher(t, aws, publisher.Fault{Source: publisher.ECB, Kind: publisher.Hang})
	function := start(t, "scrape", env)
	answer, err := function.Begin(soon(t), []byte(message("2026-06-29", "2026-06-30")), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	waitForRequest(t, p)
	function.terminate(t)
	a, err := answer(soon(t))
	if err != nil || a.Error != nil || string(a.Output) != `{"batchItemFailures":[{"itemIdentifier":"m1"}]}` {
		t.Errorf("answer %s, %+v, %v", a.Output, a.Error, err)
	}
	if code := function.end(t); code != 0 {
		t.Errorf("the process ends with %d", code)
	}
	if n := len(aws.of("SendTaskFailure")) + len(aws.of("SendTaskSuccess")) + len(aws.of("BatchWriteItem")); n != 0 {
		t.Errorf("calls %v: the token belongs to the next worker", aws.calls)
	}
}

// waitForRequest waits until p has been asked.
func waitForRequest(t *testing.T, p *publisher.Publisher) {
	t.Helper()
	ctx := soon(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(p.Requests("")) == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the publisher is not asked")
		}
	}
}

// BenchmarkStart is the time from a process's start until it is ready, what it has had
// of a processor when it has ended then, and the memory that it takes: with the shipped
// catalogue, and with large ones.
func BenchmarkStart(b *testing.B) {
	roots := map[int]string{10_000: withCatalogue(b, 10_000), 100_000: withCatalogue(b, 100_000)}
	for _, task := range tasks {
		for _, n := range []int{0, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", task, n), func(b *testing.B) {
				var resident int
				var processor time.Duration
				for b.Loop() {
					p := started(b, task, roots[n])
					b.StopTimer()
					resident = max(resident, p.resident(b))
					processor += p.spent(b)
					b.StartTimer()
				}
				b.ReportMetric(float64(resident)/1024, "MB")
				b.ReportMetric(float64(processor.Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

// started starts task with the catalogue in root, "" for the shipped one, and waits
// until it is ready.
func started(tb testing.TB, task, root string) *process {
	tb.Helper()
	env := environment(task, "http://127.0.0.1:1")
	if root != "" {
		env["LAMBDA_TASK_ROOT"] = root
	}
	p := start(tb, task, env)
	if err := p.Ready(soon(tb)); err != nil {
		tb.Fatal(err)
	}
	return p
}

// spent ends p and returns what it has had of a processor.
func (p *process) spent(tb testing.TB) time.Duration {
	tb.Helper()
	p.terminate(tb)
	p.end(tb)
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// With ten thousand series a function starts as with the shipped ones.
func TestStartDoesNotGrowWithTheCatalogue(t *testing.T) {
	root := withCatalogue(t, 10_000)
	for _, task := range tasks {
		least := func(root string) time.Duration {
			least := time.Hour
			for range 7 {
				least = min(least, started(t, task, root).spent(t))
			}
			return least
		}
		few, many := least(""), least(root)
		if many > few*3/2 {
			t.Errorf("%s: %s of a processor with 10,000 series, %s with the shipped ones", task, many, few)
		}
	}
}

// withCatalogue returns a folder with a compiled catalogue of a family of n series of
// the ECB.
func withCatalogue(tb testing.TB, n int) string {
	tb.Helper()
	text := []byte("version: 1\nsources: {ecb: {}}\nseries:\n- each: {from: codes.csv}\n  key: ECB#{code}\n  title: Euro reference rate of {code}\n  unit: \"{code} per EUR\"\n" +
		"  source: ecb\n  code: \"{code}\"\n  calendar: target\n  since: 2008-01-02\n  ready: {at: \"16:00\", zone: Europe/Berlin}\n  checks: {value: {min: 0.0001, max_change: 15%}}\n")
	codes := []byte("code\n")
	for i := range n {
		codes = fmt.Appendf(codes, "C%05d\n", i)
	}
	c, err := catalogue.ParseBeside("series.yaml", text, nil, func(string) ([]byte, error) { return codes, nil })
	if err != nil {
		tb.Fatal(err)
	}
	compiled, err := c.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	if err := os.WriteFile(filepath.Join(dir, catalogue.CompiledName), compiled, 0o644); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// BenchmarkScrape is a stream of 27 years of days against services that answer
// at once, and the memory that it takes.
func BenchmarkScrape(b *testing.B) {
	aws := startAWS(b, nil)
	_, env := openPublisher(b, aws)
	benchmarkScrape(b, aws, env, message("1999-01-04", "2026-06-30"))
}

// BenchmarkScrapeStates is a stream of one state's weeks since 2012, out of a
// workbook of all states.
func BenchmarkScrapeStates(b *testing.B) {
	path := filepath.Join(b.TempDir(), "states.xlsx")
	if err := anptest.WriteStates(path, anptest.Weeks); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) }))
	defer server.Close()
	aws := startAWS(b, nil)
	env := environment("scrape", aws.url)
	env["LACUNA_SOURCE"], env["LACUNA_ANP_URL"] = publisher.ANP, server.URL
	last := anptest.First + 7*(anptest.Weeks-1)
	benchmarkScrape(b, aws, env, messageOf(publisher.ANP, "FUEL#DIESEL#UF#SP", anptest.First.String(), last.String()))
}

func benchmarkScrape(b *testing.B, aws *fakeAWS, env map[string]string, message string) {
	b.Helper()
	p := start(b, "scrape", env)
	for b.Loop() {
		if a := p.invoke(b, message); a.Error != nil || string(a.Output) != `{"batchItemFailures":[]}` {
			b.Fatalf("answer %s, %+v", a.Output, a.Error)
		}
	}
	if n := len(aws.of("SendTaskFailure")); n > 0 {
		b.Fatalf("%d failures: %v", n, aws.of("SendTaskFailure")[0])
	}
	b.ReportMetric(float64(p.resident(b))/1024, "MB")
	p.terminate(b)
	p.end(b)
	used := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	b.ReportMetric(used.Seconds()/float64(b.N), "CPU-s/op")
}
