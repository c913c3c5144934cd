package statemachine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/callback"
	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/fault"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sgs"
	"lacuna/internal/store/sqlite"
	"lacuna/lambdas/scrape"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldenRun = "../testdata/golden/run.json"

const golden = `
version: 1
sources:
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
  bcb-sgs: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: CURRENCY#USD, title: dollar, unit: BRL, source: bcb-ptax, code: USD, fields: [buy, sell], calendar: brazil-bank, cadence: daily, since: 2000-01-03}
- {key: SGS#1, title: dollar, unit: BRL, source: bcb-sgs, code: "1", fields: [value], calendar: brazil-bank, cadence: daily, since: 2000-01-03}
- {key: ECB#USD, title: dollar, unit: USD, source: ecb, code: USD, fields: [value], calendar: target, cadence: daily, since: 1999-01-04}
- {key: ECB#BRL, title: real, unit: BRL, source: ecb, code: BRL, fields: [value], calendar: target, cadence: daily, since: 2008-01-02}
`

// recorder notes what each task got and gave, attempt by attempt.
type recorder struct {
	mu    sync.Mutex
	tasks map[string][]exchange
}

type exchange struct {
	In    json.RawMessage `json:"in"`
	Out   json.RawMessage `json:"out,omitempty"`
	Error string          `json:"error,omitempty"`
}

func (r *recorder) note(task string, e exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks[task] = append(r.tasks[task], e)
}

// name tells the tasks of a kind apart by what they work on.
func name(state string, in json.RawMessage) string {
	var about struct {
		Source  string
		Series  []struct{ Key string }
		Streams []struct{ ID string }
	}
	if json.Unmarshal(in, &about) == nil {
		var first []string
		for _, s := range about.Streams[:min(1, len(about.Streams))] {
			first = append(first, s.ID)
		}
		for _, s := range about.Series[:min(1, len(about.Series))] {
			first = append(first, s.Key)
		}
		for _, id := range append(first, about.Source) {
			if id != "" {
				return state + " " + id
			}
		}
	}
	return state
}

// lambda is the lambda:invoke integration, noted.
func (r *recorder) lambda(l lambdas) engine.Integration {
	return func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
		out, err := l.call(ctx, call)
		var in, answer struct{ Payload json.RawMessage }
		if err := errors.Join(err, json.Unmarshal(call.Parameters, &in), json.Unmarshal(out, &answer)); err != nil {
			return nil, err
		}
		r.note(name(call.State, in.Payload), exchange{In: in.Payload, Out: answer.Payload})
		return out, nil
	}
}

// queue is the SQS integration, noted: a worker does each message at once.
func (r *recorder) queue(work *scrape.Handler) engine.Integration {
	return func(ctx context.Context, call engine.Call) (json.RawMessage, error) {
		var sent struct{ MessageBody json.RawMessage }
		if err := json.Unmarshal(call.Parameters, &sent); err != nil {
			return nil, err
		}
		body := bytes.ReplaceAll(sent.MessageBody, []byte(call.Token), []byte(call.Token+" "+name(call.State, sent.MessageBody)))
		// Noted before the work begins, or its answer would be taken for the attempt before.
		r.note(name(call.State, sent.MessageBody), exchange{In: bytes.ReplaceAll(sent.MessageBody, []byte(call.Token), []byte("(token)"))})
		go work.Handle(context.WithoutCancel(ctx), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: string(body)}}}) //nolint:errcheck // it never fails
		return json.RawMessage(`{"MessageId":"1","MD5OfMessageBody":"0"}`), nil
	}
}

// answering answers the engine's tokens and notes the answers. The token of a
// message carries the task's name behind it.
type answering struct {
	engine *engine.Engine
	*recorder
}

func (a answering) answer(token string, e exchange) string {
	token, task, _ := strings.Cut(token, " ")
	a.mu.Lock()
	defer a.mu.Unlock()
	last := &a.tasks[task][len(a.tasks[task])-1]
	last.Out, last.Error = e.Out, e.Error
	return token
}

func (a answering) Success(_ context.Context, token string, output []byte) error {
	return a.engine.SendTaskSuccess(a.answer(token, exchange{Out: output}), output)
}

func (a answering) Failure(_ context.Context, token string, name fault.Name, cause string) error {
	return a.engine.SendTaskFailure(a.answer(token, exchange{Error: string(name)}), string(name), cause)
}

func (a answering) Heartbeat(_ context.Context, token string) error {
	token, _, _ = strings.Cut(token, " ")
	return a.engine.SendTaskHeartbeat(token)
}

var _ callback.Callback = answering{}

// One whole run over real observations: a series with one row on its ladder, a
// publisher that fails once and one that fails for ever.
func TestGoldenRun(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", []byte(golden), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sqlite.Open(filepath.Join(t.TempDir(), "lacuna.db"), sqlite.Offline)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	asOf := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	ladder := row.Row{Series: "ECB#BRL", Day: 20613, Status: row.Absent, Source: "ecb", Run: "before", Attempts: 1, RetryAt: 20634, FetchedAt: asOf.AddDate(0, 0, -1)}
	if err := rows.Change(t.Context(), row.Row{Series: ladder.Series, Day: ladder.Day}, ladder); err != nil {
		t.Fatal(err)
	}
	p, err := publisher.Start(publisher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, f := range []publisher.Fault{{Source: publisher.PTAX, Kind: publisher.Status, Status: 503, Times: 1}, {Source: publisher.SGS, Kind: publisher.Status, Status: 503}} {
		if err := p.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	open := func(name string) *source.Client {
		client, err := source.NewClient(p.URL(name), time.Minute, 100)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	worker := &scrape.Handler{
		Catalogue: c,
		Sources: map[string]source.Source{
			publisher.PTAX: ptax.New(open(publisher.PTAX)), publisher.SGS: sgs.New(open(publisher.SGS)), publisher.ECB: ecb.New(open(publisher.ECB)),
		},
		Store: rows,
		Log:   slog.New(slog.DiscardHandler),
	}
	noted := &recorder{tasks: map[string][]exchange{}}
	none := 0.0
	e := engine.New(engine.Options{WaitScale: &none, Integrations: func(resource string) engine.Integration {
		if strings.HasSuffix(resource, ".waitForTaskToken") {
			return noted.queue(worker)
		}
		return noted.lambda(functions(c, asOf, 0, rows, rows))
	}})
	worker.Callback = answering{e, noted}
	x, err := e.Start(t.Context(), engine.StartInput{
		Name: "2026-07-01T000000Z-golden", Machine: machine(t), MachineName: "lacuna", StartTime: asOf,
		Input: json.RawMessage(`{"from":"2026-06-01","to":"2026-07-01"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := x.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(map[string]any{"tasks": noted.tasks, "status": result.Status, "error": result.Error, "cause": result.Cause}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(bytes.ReplaceAll(got, []byte(p.URL(publisher.SGS)), []byte("(sgs)")), '\n')
	if *update {
		if err := os.WriteFile(goldenRun, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenRun)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the run is not as in %s (go test ./statemachine -update writes it anew) (-want +got):\n%s", goldenRun, diff)
	}
}
