//go:build integration

package integration

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/dynamo"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

// The series that the imitated publishers have data of.
var filled = []string{"CURRENCY#USD", "CURRENCY#BRL", "ECB#USD", "SGS#1", "SGS#10813", "OIL#BRENT", fuel}

// stack is the whole pipeline in the emulator.
type stack struct {
	*terraform
	publisher *publisher.Publisher
	catalogue *catalogue.Catalogue
	machine   *sfn.Client
	arn       string
	alias     string // of the state machine, what runs are started by
	rows      *dynamo.Store
	queues    map[string]queueURLs
}

func newStack(t *testing.T) *stack {
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
	text, err := os.ReadFile("../series.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Parse("series.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := startEmulator(t)
	s := &stack{terraform: newTerraform(t, e), publisher: p, catalogue: c}
	urls := map[string]string{}
	for _, source := range publisher.Sources() {
		urls[source] = p.URL(source)
	}
	variables := newTeam(t, e)
	variables["insecure_publisher_urls"] = urls
	s.apply(t, variables)
	s.machine = sfn.NewFromConfig(e.config())
	s.arn = output[string](t, s.terraform, "state_machine_arn")
	s.alias = output[string](t, s.terraform, "state_machine_alias_arn")
	s.rows = dynamo.New(dynamodb.NewFromConfig(e.config()), output[string](t, s.terraform, "table"))
	s.holdKeys(t)
	return s
}

// execute runs an execution to its end and returns it.
func (s *stack) execute(t *testing.T, name, input string) *sfn.DescribeExecutionOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	return s.wait(ctx, t, s.start(ctx, t, name, input))
}

func (s *stack) start(ctx context.Context, t *testing.T, name, input string) (arn string) {
	t.Helper()
	name = time.Now().UTC().Format("2006-01-02T150405Z-") + name
	started, err := s.machine.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &s.alias, Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return *started.ExecutionArn
}

func (s *stack) wait(ctx context.Context, t *testing.T, arn string) *sfn.DescribeExecutionOutput {
	t.Helper()
	var x *sfn.DescribeExecutionOutput
	until(ctx, t, arn+" has ended", func() bool {
		var err error
		if x, err = s.machine.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn}); err != nil {
			t.Fatal(err)
		}
		return x.Status != types.ExecutionStatusRunning
	})
	return x
}

// succeeds fails the test unless x did.
func succeeds(t *testing.T, x *sfn.DescribeExecutionOutput) {
	t.Helper()
	if x.Status != types.ExecutionStatusSucceeded {
		t.Fatalf("%s: %s: %s: %s", *x.Name, x.Status, orDash(x.Error), orDash(x.Cause))
	}
}

func orDash(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// published returns what the publishers have of a series in days, as the store
// is to keep it.
func (s *stack) published(t *testing.T, key string, days span.Span) map[span.Day]row.Fields {
	t.Helper()
	series, ok := s.catalogue.Lookup(key)
	if !ok {
		t.Fatalf("no series %s", key)
	}
	all := map[span.Day]row.Fields{}
	for _, o := range s.publisher.Observations(series.Source, series.Code) {
		if o.Day < max(days.From, series.Since) || o.Day > days.To {
			continue
		}
		var fields row.Fields
		for i, name := range series.Fields {
			if o.Values[i] != "" {
				fields = append(fields, row.Field{Name: name, Value: o.Values[i]})
			}
		}
		if fields == nil {
			continue
		}
		slices.SortFunc(fields, func(a, b row.Field) int { return strings.Compare(a.Name, b.Name) })
		all[o.Day] = fields
	}
	return all
}

// stored returns the observed rows of a series in days, and counts the others.
func (s *stack) stored(t *testing.T, key string, days span.Span) (observed map[span.Day]row.Fields, absent int) {
	t.Helper()
	rows, err := s.rows.Rows(t.Context(), key, days)
	if err != nil {
		t.Fatal(err)
	}
	observed = map[span.Day]row.Fields{}
	for _, r := range rows {
		switch r.Status {
		case row.Observed:
			observed[r.Day] = r.Fields
		case row.Absent:
			absent++
		default:
			t.Errorf("%s %s is %s: %s", key, r.Day, r.Status, r.Reason)
		}
	}
	return observed, absent
}

// compare fails the test unless exactly the published days are observed.
func (s *stack) compare(t *testing.T, days span.Span) (rows int) {
	t.Helper()
	for _, key := range filled {
		want := s.published(t, key, days)
		got, absent := s.stored(t, key, days)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the table is not what was published (-published +table):\n%.4000s", key, diff)
		}
		if len(want) == 0 {
			t.Errorf("%s: nothing was published in %s", key, days)
		}
		fmt.Printf("%-13s %d published, %d observed, %d absent\n", key, len(want), len(got), absent)
		rows += len(got)
	}
	return rows
}
