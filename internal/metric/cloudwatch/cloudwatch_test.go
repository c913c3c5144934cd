package cloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/metric"
	"lacuna/internal/metric/cloudwatch"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
)

// sent is what the SDK was asked to send, before it is encoded.
type sent struct {
	calls []int // values of each
	lines []string
	err   error
}

// note is the middleware that notes a call instead of making it.
func (s *sent) note(_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	put, ok := in.Parameters.(*awscloudwatch.PutMetricDataInput)
	if !ok {
		return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("call of %T", in.Parameters)
	}
	s.calls = append(s.calls, len(put.MetricData))
	for _, d := range put.MetricData {
		line := *put.Namespace
		for _, dim := range d.Dimensions {
			line += fmt.Sprintf(" %s=%s", *dim.Name, *dim.Value)
		}
		s.lines = append(s.lines, fmt.Sprintf("%s %s %g %s", line, *d.MetricName, *d.Value, d.Unit))
	}
	return middleware.InitializeOutput{Result: &awscloudwatch.PutMetricDataOutput{}}, middleware.Metadata{}, s.err
}

func (s *sent) metrics(level metric.Level) *cloudwatch.Metrics {
	client := awscloudwatch.New(awscloudwatch.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), BaseEndpoint: aws.String("http://127.0.0.1:1"),
		APIOptions: []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("note", s.note), middleware.Before)
		}},
	})
	return cloudwatch.New(client, "Lacuna", "prod", level)
}

func TestPut(t *testing.T) {
	values := []metric.Value{
		{Name: metric.MissingDays, Number: 12},
		{Name: metric.MissingDays, Source: "ecb", Number: 7},
		{Name: metric.MissingDays, Source: "ecb", Series: "ECB#USD", Number: 0},
	}
	fleet := "Lacuna Stack=prod MissingDays 12 Count"
	source := "Lacuna Stack=prod Source=ecb MissingDays 7 Count"
	series := "Lacuna Stack=prod Series=ECB#USD MissingDays 0 Count"
	for _, tt := range []struct {
		name  string
		level metric.Level
		want  []string
	}{
		{"off: no call at all", metric.Off, nil},
		{"fleet", metric.Fleet, []string{fleet}},
		{"source", metric.Source, []string{fleet, source}},
		{"series", metric.Series, []string{fleet, source, series}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &sent{}
			if err := s.metrics(tt.level).Put(t.Context(), values); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.lines); diff != "" {
				t.Errorf("sent mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPutSendsAThousandAtOnce(t *testing.T) {
	s := &sent{}
	if err := s.metrics(metric.Series).Put(t.Context(), make([]metric.Value, 2001)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1000, 1000, 1}, s.calls); diff != "" {
		t.Errorf("calls mismatch (-want +got):\n%s", diff)
	}
}

func TestPutErrors(t *testing.T) {
	denied := errors.New("not authorized to perform: cloudwatch:PutMetricData")
	err := (&sent{err: denied}).metrics(metric.Fleet).Put(t.Context(), make([]metric.Value, 2))
	if !errors.Is(err, denied) || !strings.HasPrefix(err.Error(), "2 metrics of prod: ") {
		t.Errorf("Put = %v, want %v", err, denied)
	}
}
