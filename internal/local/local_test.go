package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/callback"
	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/exit"
	"lacuna/internal/fault"
	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
	"lacuna/internal/store/memory"
	"lacuna/internal/store/sqlite"
)

const declared = `version: 1
sources:
  ecb: {max_days: 3650, max_series: 1, request_cost_days: 30, concurrency: 1, rate_per_s: 5, timeout: 30s}
series:
- {key: A, title: t, unit: u, source: ecb, code: a, fields: [v], calendar: daily, since: 2026-06-01, ready: {at: "18:00", zone: UTC}}
`

var asOf = time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC) // ten days are due

func declaredCatalogue(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	return parsed(t, declared)
}

func parsed(t *testing.T, text string) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Parse("series.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// publisherFunc is a source made of a function.
type publisherFunc func(context.Context, source.Request) (source.Answer, error)

func (p publisherFunc) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	return p(ctx, r)
}

// every has a value for each day.
func every(_ context.Context, r source.Request) (source.Answer, error) {
	a := source.Answer{Requests: 1}
	for d := range span.Collect(r.Span).All() {
		a.Observations = append(a.Observations, source.Observation{Key: r.Series[0].Key, Day: d, Fields: row.Fields{{Name: "v", Value: "1"}}})
	}
	return a, nil
}

// run executes the state machine once over a new database.
func run(ctx context.Context, t *testing.T, p publisherFunc, onEvent func(string, engine.Event)) (history.Outcome, *sqlite.Store, error) {
	t.Helper()
	return execute(ctx, t, Options{Catalogue: declaredCatalogue(t), Sources: map[string]source.Source{"ecb": p}}, onEvent)
}

// execute is run of a pipeline of other options.
func execute(ctx context.Context, t *testing.T, o Options, onEvent func(string, engine.Event)) (history.Outcome, *sqlite.Store, error) {
	t.Helper()
	rows, err := sqlite.Open(filepath.Join(t.TempDir(), "lacuna.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	o.Store, o.Log = rows, log
	pipeline := New(t.Context(), o)
	t.Cleanup(func() {
		if err := errors.Join(pipeline.Close(), rows.Close()); err != nil {
			t.Error(err)
		}
	})
	r, err := NewRunner(pipeline, &history.Keeper{Rows: rows, Machine: MachineName, Log: log}, 0, onEvent)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Execute(ctx, message.Input{Only: "due"}, asOf)
	return out, rows, err
}

// A run fills what is missing, tells each event and leaves its history and summary.
func TestARun(t *testing.T) {
	var kinds []string
	out, rows, err := run(t.Context(), t, every, func(_ string, e engine.Event) { kinds = append(kinds, e.Type) })
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Summary; out.Status != engine.Succeeded || s.Status != message.Complete || s.Requests != 1 || s.Series[0].Observed != 10 || s.Run != out.Name {
		t.Errorf("%s, summary %+v", out.Status, s)
	}
	stored, err := rows.Rows(t.Context(), "A", span.Span{From: span.Date(2026, 1, 1), To: span.Date(2026, 12, 31)})
	if err != nil || len(stored) != 10 {
		t.Errorf("%d rows, %v", len(stored), err)
	}
	events, err := rows.Events(t.Context(), out.Name, 0)
	if err != nil || len(events) != len(kinds) || kinds[0] != "ExecutionStarted" || !slices.Contains(kinds, "MapIterationStarted") {
		t.Errorf("%d events stored, %d told, %v", len(events), len(kinds), err)
	}
	if x, err := rows.Execution(t.Context(), out.Name); err != nil || x.Status != engine.Succeeded || string(x.Input) != `{"only":"due"}` {
		t.Errorf("%+v, %v", x, err)
	}
}

// What a publisher refuses fails the stream by its name, and the run with it.
func TestARunThatFails(t *testing.T) {
	out, _, err := run(t.Context(), t, func(context.Context, source.Request) (source.Answer, error) {
		return source.Answer{Requests: 1}, fault.New(fault.Rejected, "no such series")
	}, func(string, engine.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if s := out.Summary; out.Status != engine.Failed || s.Status != message.Incomplete || len(s.Failures) != 1 || s.Failures[0].Error != string(fault.Rejected) || s.Series[0].Failed != 10 {
		t.Errorf("%s, summary %+v", out.Status, s)
	}
}

// A person who ends the context ends the run, which is aborted.
func TestARunThatIsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	asked := make(chan struct{})
	go func() { <-asked; interrupt() }()
	_, rows, err := run(ctx, t, func(ctx context.Context, _ source.Request) (source.Answer, error) {
		close(asked)
		<-ctx.Done() // when the pipeline is closed
		return source.Answer{}, ctx.Err()
	}, func(string, engine.Event) {})
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	list, err := rows.Executions(t.Context(), 1)
	if err != nil || len(list) != 1 || list[0].Status != engine.Aborted || list[0].Error != "Lacuna.Interrupted" {
		t.Errorf("%+v, %v", list, err)
	}
}

// What a publisher has answered when the pipeline is closed is stored before that is done,
// and soon.
func TestTheAnswerInHandIsStored(t *testing.T) {
	rows, err := sqlite.Open(filepath.Join(t.TempDir(), "lacuna.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
	p := New(t.Context(), Options{
		Catalogue: declaredCatalogue(t), Store: rows, Log: slog.New(slog.DiscardHandler),
		Sources: map[string]source.Source{"ecb": publisherFunc(func(ctx context.Context, r source.Request) (source.Answer, error) {
			<-ctx.Done()
			a, err := every(ctx, r)
			a.Observations = a.Observations[:7]
			return a, err
		})},
	})
	ctx, interrupt := context.WithCancel(t.Context())
	r, err := NewRunner(p, &history.Keeper{Rows: rows, Machine: MachineName, Log: slog.New(slog.DiscardHandler)}, 0, func(_ string, e engine.Event) {
		if e.Type == "TaskSubmitted" { // the message is with the worker, or will be
			time.AfterFunc(50*time.Millisecond, interrupt)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Execute(ctx, message.Input{Only: "due"}, asOf); !errors.Is(err, ErrInterrupted) {
		t.Errorf("error %v", err)
	}
	began := time.Now()
	if err := p.Close(); err != nil || time.Since(began) > 2*time.Second {
		t.Errorf("closed after %s, error %v", time.Since(began), err)
	}
	stored, err := rows.Rows(t.Context(), "A", span.Span{From: span.Date(2026, 6, 1), To: span.Date(2026, 6, 10)})
	if err != nil || len(stored) != 10 || stored[6].Status != row.Observed || stored[7].Status != row.Absent {
		t.Errorf("%d rows, %v", len(stored), err)
	}
}

// A message that nobody can do is told when the pipeline is closed, by its queue.
func TestDeadLettersAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(t.Context(), Options{Catalogue: declaredCatalogue(t), Store: memory.New(), Log: slog.New(slog.DiscardHandler)})
		if _, err := p.Queues[queueURL("ecb")].Send(t.Context(), "no message"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := p.Close(); err == nil || !strings.Contains(err.Error(), "queue https://sqs.local/000000000000/lacuna-ecb: 1 dead letter after 5 tries each") {
			t.Errorf("error %v", err)
		}
	})
}

// mailbox is a queue that keeps the last message.
type mailbox struct{ body string }

func (m *mailbox) Send(_ context.Context, body string) (string, error) {
	m.body = body
	return "id", nil
}

// The services answer as AWS's do.
func TestIntegrations(t *testing.T) {
	box := &mailbox{}
	p := New(t.Context(), Options{
		Catalogue: declaredCatalogue(t), Store: memory.New(), Log: slog.New(slog.DiscardHandler),
		NewQueue: func(of *catalogue.Source, _ Worker) Sender { return box },
	})
	defer p.Close()
	const lambda, sqs = "arn:aws:states:::lambda:invoke", "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
	tests := []struct{ name, resource, parameters, want, wantErr, body string }{
		{"a function", lambda, `{"FunctionName":"` + functionARN("query") + `","Payload":{"series":[{"key":"A","from":"2026-06-01","to":"2026-06-02"}],"as_of":"2026-06-11T12:00:00Z","only":"due"}}`,
			`{"ExecutedVersion":"1","Payload":{"series":[{"key":"A","from":"2026-06-01","to":"2026-06-02","settled":[],"recheck":[],"waiting":[],"quarantined":[]}]},"StatusCode":200}`, "", ""},
		{"one that fails", lambda, `{"FunctionName":"` + functionARN("fanout") + `","Payload":{"source":"X"}}`, "", `Input.Invalid: {"errorMessage":"`, ""},
		{"an input that is none", lambda, `{"FunctionName":"` + functionARN("query") + `","Payload":[]}`, "", "Lacuna.Internal: ", ""},
		{"no such function", lambda, `{"FunctionName":"x"}`, "", "Lambda.ResourceNotFoundException: function not found: x", ""},
		{"no parameters", lambda, `[]`, "", "lambda:invoke: json: ", ""},
		{"a text", sqs, `{"QueueUrl":"` + queueURL("ecb") + `","MessageBody":"text"}`, `{"MessageId":"id"}`, "", "text"},
		{"an object", sqs, `{"QueueUrl":"` + queueURL("ecb") + `","MessageBody":{"a":1}}`, `{"MessageId":"id"}`, "", `{"a":1}`},
		{"no such queue", sqs, `{"QueueUrl":"x"}`, "", "SQS.QueueDoesNotExistException: no queue x", ""},
		{"no parameters of a message", sqs, `[]`, "", "sqs:sendMessage: json: ", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			box.body = ""
			got, err := p.Integration(tt.resource)(t.Context(), engine.Call{Parameters: json.RawMessage(tt.parameters)})
			text := fmt.Sprint(err)
			if e := (*engine.Error)(nil); errors.As(err, &e) {
				text = e.Name + ": " + e.Cause
			}
			if string(got) != tt.want || (err != nil) != (tt.wantErr != "") || err != nil && !strings.HasPrefix(text, tt.wantErr) || box.body != tt.body {
				t.Errorf("got %s, %s, sent %s", got, text, box.body)
			}
		})
	}
	if p.Integration("arn:aws:states:::sns:publish") != nil {
		t.Error("another service is bound")
	}
	text, err := Definition()
	if err != nil || strings.Contains(string(text), "${") || !strings.Contains(string(text), functionARN("select")) {
		t.Errorf("definition with places left, %v", err)
	}
	if m, err := Machine(); err != nil || m.State("Select") == nil {
		t.Errorf("machine %+v, %v", m, err)
	}
}

// Answers to a token that nobody waits for have one name; those that cannot be read do not.
func TestGone(t *testing.T) {
	for name, want := range map[string]bool{"TaskTimedOut": true, "TaskDoesNotExist": true, "InvalidToken": true, "InvalidOutput": false} {
		if err := gone(&engine.APIError{Name: name}); errors.Is(err, callback.ErrGone) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := gone(nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

func TestChoose(t *testing.T) {
	tasks := NewTasks(declaredCatalogue(t), memory.New())
	got, err := tasks.Choose(t.Context(), message.Input{From: "-3d"}, asOf)
	if err != nil || len(got.Sources) != 1 || got.Sources[0].QueueURL != queueURL("ecb") || got.Sources[0].Series()[0].From != span.Date(2026, 6, 8) {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = tasks.Choose(t.Context(), message.Input{From: "never"}, asOf)
	if coded := (*exit.Error)(nil); !errors.As(err, &coded) || coded.Code != exit.CodeUsage || strings.Contains(err.Error(), "Input.Invalid") {
		t.Errorf("an input that cannot be meant: %v", err)
	}
}

func TestOpenSources(t *testing.T) {
	env := map[string]string{}
	var notes []string
	open := func(offline bool, names ...string) (*Sources, error) {
		var list []*catalogue.Source
		for _, name := range names {
			list = append(list, &catalogue.Source{Name: name, RatePerS: 5, Timeout: time.Second})
		}
		return OpenSources(SourceOptions{
			Getenv: func(name string) string { return env[name] }, Offline: offline,
			Note: func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) },
		}, list)
	}
	s, err := open(true, "ecb", "fred")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.ByName) != 2 || s.publisher == nil {
		t.Errorf("offline: %+v", s)
	}
	day := span.Date(2026, 1, 5)
	a, err := s.ByName["ecb"].Fetch(t.Context(), source.Request{Series: []source.Series{{Key: "ECB#USD", Code: "USD", Fields: []string{"value"}}}, Span: span.Span{From: day, To: day}})
	if err != nil || len(a.Observations) != 1 {
		t.Errorf("the built-in publisher: %+v, %v", a, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s, err = open(false, "ecb"); err != nil || s.publisher != nil || s.Close() != nil {
		t.Errorf("live: %+v, %v", s, err)
	}
	env["LACUNA_ECB_URL"] = "http://127.0.0.1:1"
	if s, err = open(true, "ecb"); err != nil || s.publisher != nil {
		t.Errorf("offline, with an address: %+v, %v", s, err)
	}
	for url, want := range map[string]string{"ftp://x": "LACUNA_ECB_URL: ", "": `source "other": there is no`} {
		env["LACUNA_ECB_URL"] = url
		name := "ecb"
		if url == "" {
			name = "other"
		}
		if _, err := open(false, name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := open(true, "other"); err == nil || !strings.Contains(err.Error(), "there is no built-in data of it") {
		t.Errorf("offline, of another: %v", err)
	}
}
