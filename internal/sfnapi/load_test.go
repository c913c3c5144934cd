package sfnapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/sfnapi"
)

// startHTTP serves s over TCP, with a client of many connections.
func startHTTP(t testing.TB, s *sfnapi.Server) (c *plain, stop func()) {
	server := httptest.NewServer(s)
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	stop = func() {
		s.Close()
		transport.CloseIdleConnections()
		server.Close()
	}
	return &plain{t, &client{url: server.URL, http: &http.Client{Transport: transport}}}, stop
}

// plain is a client for tests and benchmarks.
type plain struct {
	testing.TB
	*client
}

func (p *plain) must(operation string, in, out any) {
	if err := p.call(operation, in, out); err != nil {
		p.Errorf("%s: %v", operation, err)
	}
}

func (p *plain) create(name, definition string) string {
	var out struct{ StateMachineArn string }
	p.must("CreateStateMachine", map[string]any{"name": name, "definition": definition, "roleArn": role}, &out)
	return out.StateMachineArn
}

func (p *plain) start(machine, input string) string {
	var out struct{ ExecutionArn string }
	p.must("StartExecution", map[string]any{"stateMachineArn": machine, "input": input}, &out)
	return out.ExecutionArn
}

// ended asks until an execution has ended, and returns how many events it has.
func (p *plain) ended(arn string) int64 {
	for {
		var out struct{ Events []engineEvent }
		if err := p.call("GetExecutionHistory", map[string]any{"executionArn": arn, "reverseOrder": true, "maxResults": 1}, &out); err != nil {
			p.Error(err)
			return 0
		}
		if len(out.Events) == 0 { // it has not begun
			continue
		}
		switch last := out.Events[0]; last.Type {
		case "ExecutionSucceeded":
			return last.ID
		case "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut":
			p.Errorf("%s: %s", arn, last.Type)
			return last.ID
		}
		runtime.Gosched()
	}
}

type engineEvent struct {
	ID   int64
	Type string
}

// inParallel calls do for 0 to n-1, 64 at a time.
func inParallel(n int, do func(i int)) {
	var workers sync.WaitGroup
	next := make(chan int)
	for range 64 {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

const (
	// pipelineLike is a run like one of the pipeline: a function, and a Map with a callback
	// in each iteration. Its mocks answer it.
	pipelineLike = `{"StartAt":"S","States":{
		"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","ResultSelector":{"items.$":"$.Payload"},"Next":"M"},
		"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":4,"End":true,"ItemProcessor":{"StartAt":"C","States":{
			"C":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":{"t.$":"$$.Task.Token"}},
				"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1}],"End":true}}}}}}`
	pipelineMocks = `{"S":{"0":{"Return":{"Payload":[1,2,3,4,5,6,7,8]}}},"C":{"0":{"Throw":{"Error":"E"}},"1-8":{"Return":{"ok":true}}}}`
	// long has 4 events an item.
	long = `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`
)

// TestLoad has 1,000 mocked executions open at once, and ten with nearly as many
// events as AWS allows. What they took is given back.
func TestLoad(t *testing.T) {
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	none := 0.0
	s := sfnapi.New(sfnapi.Options{Mocks: mocks(t, `{"C":{"S":"S","C":"C"}}`, pipelineMocks), Integrations: accepts, WaitScale: &none})
	c, stop := startHTTP(t, s)
	machine := c.create("m", pipelineLike)
	open := c.create("open", callback)
	const n = 1000
	started := time.Now()
	inParallel(n, func(int) { c.ended(c.start(machine+"#C", "{}")) })
	t.Logf("%d mocked executions in %v", n, time.Since(started))
	arns := make([]string, n)
	inParallel(n, func(i int) { arns[i] = c.start(open, "{}") })
	var list struct{ Executions []struct{ Status string } }
	c.must("ListExecutions", map[string]any{"stateMachineArn": open, "statusFilter": engine.Running, "maxResults": 1000}, &list)
	if len(list.Executions) != n {
		t.Errorf("%d executions run at once, want %d", len(list.Executions), n)
	}
	inParallel(n, func(i int) { c.answer(arns[i]) })
	input := "[" + strings.TrimSuffix(strings.Repeat("1,", 6240), ",") + "]"
	longMachine := c.create("long", long)
	started = time.Now()
	inParallel(10, func(int) {
		if events := c.ended(c.start(longMachine, input)); events < 24_900 || events > 25_000 {
			t.Errorf("%d events, want nearly 25,000", events)
		}
	})
	t.Logf("ten executions of nearly 25,000 events in %v, heap %d MB", time.Since(started), heapInUse()>>20)
	for _, arn := range []string{machine, open, longMachine} {
		c.must("DeleteStateMachine", map[string]any{"stateMachineArn": arn}, nil)
	}
	stop()
	if after := heapInUse(); after > heap+8<<20 {
		t.Errorf("heap %d bytes, %d before", after, heap)
	}
	runtime.KeepAlive(s)
	if after := settledGoroutines(goroutines); after > goroutines {
		t.Errorf("%d goroutines, %d before", after, goroutines)
	}
}

// answer answers the token of an execution of callback.
func (p *plain) answer(arn string) {
	if token := p.token(arn); token != "" {
		p.must("SendTaskSuccess", map[string]any{"taskToken": token, "output": "1"}, nil)
		p.ended(arn)
	}
}

// token waits for the token of an execution of callback.
func (p *plain) token(arn string) string {
	for {
		var out struct {
			Events []struct {
				Scheduled struct{ Parameters string } `json:"taskScheduledEventDetails"`
			}
		}
		if err := p.call("GetExecutionHistory", map[string]any{"executionArn": arn}, &out); err != nil {
			p.Error(err)
			return ""
		}
		for _, e := range out.Events {
			if e.Scheduled.Parameters == "" {
				continue
			}
			var parameters struct{ MessageBody struct{ Token string } }
			if err := json.Unmarshal([]byte(e.Scheduled.Parameters), &parameters); err != nil {
				p.Error(err)
				return ""
			}
			return parameters.MessageBody.Token
		}
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what had a finalizer
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// settledGoroutines is how many there are once those that are ending have ended.
func settledGoroutines(want int) int {
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > want && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}

func BenchmarkExecutions(b *testing.B) {
	none := 0.0
	f := mocks(b, `{"C":{"S":"S","C":"C"}}`, pipelineMocks)
	c, stop := startHTTP(b, sfnapi.New(sfnapi.Options{Mocks: f, WaitScale: &none}))
	defer stop()
	machine := c.create("m", pipelineLike)
	var events int64
	for b.Loop() {
		events += c.ended(c.start(machine+"#C", "{}"))
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}
