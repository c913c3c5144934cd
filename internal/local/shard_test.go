package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/asl"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/source"
	"lacuna/internal/store/memory"
)

// starter returns a pipeline whose shards are executions of definition, and what starts one.
func starter(t *testing.T, definition string) (*Pipeline, engine.Integration) {
	t.Helper()
	m, err := asl.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	p := New(t.Context(), Options{Catalogue: declaredCatalogue(t), Store: memory.New(), Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	p.Answer(engine.New(engine.Options{AccountID: "000000000000", Region: "local"}))
	p.Nested.Machine = m
	return p, p.Integration(startExecution)
}

// call is one of a shard; what the service answers goes to submitted.
func call(submitted *string) engine.Call {
	return engine.Call{
		Parameters: json.RawMessage(`{"StateMachineArn":"arn:aws:states:local:000000000000:stateMachine:lacuna","Name":"r-shard-001","Input":{"shard":{"of":"r"}}}`),
		Submitted:  func(output json.RawMessage) { *submitted = string(output) },
	}
}

// A shard is begun, started and told, in this order, and its description is the result.
func TestShard(t *testing.T) {
	p, start := starter(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"status":"complete"},"End":true}}}`)
	var told []string
	p.Nested.Start = func(name string, input json.RawMessage, start func() (*engine.Execution, error)) (*engine.Execution, error) {
		told = append(told, "begin "+name+" "+string(input))
		x, err := start()
		if err == nil {
			told = append(told, "started "+x.Name())
		}
		return x, err
	}
	submitted := ""
	out, err := start(t.Context(), call(&submitted))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:states:local:000000000000:execution:lacuna:r-shard-001"
	var got struct {
		ExecutionArn, Name, Status string
		Input                      message.Input
		Output                     message.Summary
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.ExecutionArn != arn || got.Name != "r-shard-001" || got.Status != engine.Succeeded || got.Input.Shard.Of != "r" || got.Output.Status != message.Complete {
		t.Errorf("description %s", out)
	}
	if want := `[begin r-shard-001 {"shard":{"of":"r"}} started r-shard-001]`; fmt.Sprint(told) != want {
		t.Errorf("told %s, want %s", told, want)
	}
	if !strings.HasPrefix(submitted, `{"ExecutionArn":"`+arn+`","StartDate":`) {
		t.Errorf("submitted %s", submitted)
	}
}

// A name that is in use starts nothing.
func TestShardWhoseNameIsInUse(t *testing.T) {
	p, start := starter(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`)
	inUse := errors.New("the name is in use")
	p.Nested.Start = func(string, json.RawMessage, func() (*engine.Execution, error)) (*engine.Execution, error) {
		return nil, inUse
	}
	submitted := ""
	if out, err := start(t.Context(), call(&submitted)); !errors.Is(err, inUse) || out != nil || submitted != "" {
		t.Errorf("%s, %v, submitted %s", out, err, submitted)
	}
}

// A shard that does not succeed fails its task, with its description as the cause.
func TestShardThatFails(t *testing.T) {
	_, start := starter(t, `{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"Lacuna.Incomplete","Cause":"a stream failed"}}}`)
	submitted := ""
	_, err := start(t.Context(), call(&submitted))
	failed := (*engine.Error)(nil)
	if !errors.As(err, &failed) || failed.Name != asl.ErrorTaskFailed {
		t.Fatalf("error %v", err)
	}
	var d struct{ Name, Status, Error, Cause string }
	if err := json.Unmarshal([]byte(failed.Cause), &d); err != nil {
		t.Fatal(err)
	}
	if d.Name != "r-shard-001" || d.Status != engine.Failed || d.Error != "Lacuna.Incomplete" || d.Cause != "a stream failed" {
		t.Errorf("cause %s", failed.Cause)
	}
}

// When the run is stopped its shards are too, and have ended before their task has.
func TestShardOfARunThatIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := starter(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":3600,"End":true}}}`)
		ctx, stop := context.WithCancel(t.Context())
		var shard *engine.Execution
		p.Nested.Start = func(_ string, _ json.RawMessage, start func() (*engine.Execution, error)) (x *engine.Execution, err error) {
			shard, err = start()
			return shard, err
		}
		time.AfterFunc(time.Minute, stop)
		submitted := ""
		_, err := start(ctx, call(&submitted))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		select {
		case <-shard.Done():
		default:
			t.Fatal("the shard goes on")
		}
		if r := shard.Result(); r.Status != engine.Aborted || r.Error == nil || *r.Error != "Lacuna.Interrupted" {
			t.Errorf("the shard ended %+v", r)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Parameters that no service would take start nothing.
func TestShardThatCannotBeStarted(t *testing.T) {
	p, start := starter(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`)
	p.Nested.Start = func(_ string, _ json.RawMessage, start func() (*engine.Execution, error)) (*engine.Execution, error) {
		x, err := start()
		if err == nil {
			t.Errorf("%s started", x.Name())
		}
		return x, err
	}
	for _, text := range []string{`[]`, `{"Name":"r","Input":"` + strings.Repeat("x", asl.MaxPayload) + `"}`} {
		if _, err := start(t.Context(), engine.Call{Parameters: json.RawMessage(text)}); err == nil {
			t.Errorf("%.30s started", text)
		}
	}
}

// A divided run is one: of its shards one fails, the others are done and all are told.
func TestARunThatDividesItself(t *testing.T) {
	text, entry := declared, declared[strings.Index(declared, "- {key: A"):]
	for _, key := range []string{"B", "C"} {
		text += strings.Replace(entry, "key: A", "key: "+key, 1)
	}
	var mu sync.Mutex
	asked := 0
	publisher := publisherFunc(func(ctx context.Context, r source.Request) (source.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		if asked++; r.Series[0].Key == "B" {
			return source.Answer{Requests: 1}, fault.New(fault.Rejected, "no such series")
		}
		return every(ctx, r)
	})
	out, rows, err := execute(t.Context(), t, Options{Catalogue: parsed(t, text), Room: 300, Sources: map[string]source.Source{"ecb": publisher}}, func(string, engine.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if asked != 3 || out.Status != engine.Failed || out.Summary.Status != message.Incomplete || len(out.Summary.Shards) != 3 || out.Summary.Requests != 3 {
		t.Errorf("asked %d times: %s, summary %+v", asked, out.Status, out.Summary)
	}
	if f := out.Summary.Failures; len(f) != 1 || f[0].Series[0] != "B" || !strings.Contains(out.Summary.Cause, "Source.Rejected") {
		t.Errorf("failures %+v", f)
	}
	list, err := rows.Executions(t.Context(), 10)
	if err != nil || len(list) != 4 {
		t.Fatalf("%d executions, %v", len(list), err)
	}
	status := map[string]string{}
	for _, x := range list {
		_, shard, _ := strings.Cut(x.Name, "-shard-")
		status[shard] = x.Status
	}
	if want := "map[:FAILED 001:SUCCEEDED 002:FAILED 003:SUCCEEDED]"; fmt.Sprint(status) != want {
		t.Errorf("executions ended %v, want %s", status, want)
	}
	if used, ok := out.Used.Usage(); !ok || used.Messages != 9 || used.Transitions < 3*18 {
		t.Errorf("used %+v, %v", used, ok)
	}
}
