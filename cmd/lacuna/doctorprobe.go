package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/stack"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
)

// probeWait is what a probe may last: the scraper gives its publisher 45 seconds,
// and a cold start comes first.
const probeWait = 90 * time.Second

// examinePublishers has each scraper's function ask its publisher, all at the same
// time: whether a publisher answers to this machine tells nothing of AWS's addresses.
func (d *diagnosis) examinePublishers(ctx context.Context, s *stack.Stack, a *app) {
	client := lambda.NewFromConfig(s.Config, func(o *lambda.Options) {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(probeWait)
	})
	names := slices.Sorted(maps.Keys(s.Queues))
	told, errs := make([]message.Probed, len(names)), make([]error, len(names))
	var asking sync.WaitGroup
	for i, name := range names {
		asking.Go(func() { told[i], errs[i] = probe(ctx, client, s, name, a.asOf) })
	}
	asking.Wait()
	for i, name := range names {
		check := "publisher " + name
		if errs[i] != nil {
			d.failedProbe(check, s.LogGroups["scrape-"+name], errs[i])
			continue
		}
		d.judgeProbe(check, a, told[i])
	}
}

// functionError is what a function failed with.
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *functionError) Error() string { return "its scraper failed: " + e.Type + ": " + e.Message }

var errOldFunction = errors.New("its scraper knows no probe: it is of an older version")

func probe(ctx context.Context, client *lambda.Client, s *stack.Stack, source string, asOf time.Time) (p message.Probed, err error) {
	arn, ok := s.Functions["scrape-"+source]
	if !ok {
		return p, errors.New("it has a queue, but no scraper")
	}
	event, err := json.Marshal(message.Probe{Probe: message.ProbeVersion, AsOf: asOf, Source: source, Days: tryDays})
	if err != nil {
		return p, err
	}
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &arn, Payload: event})
	if err != nil {
		return p, err
	}
	if out.FunctionError != nil {
		failed := &functionError{Type: aws.ToString(out.FunctionError)}
		if err := json.Unmarshal(out.Payload, failed); err != nil {
			return p, fmt.Errorf("its scraper failed with an answer that cannot be read: %w", err)
		}
		return p, failed
	}
	if err := json.Unmarshal(out.Payload, &p); err != nil {
		return p, fmt.Errorf("answer of its scraper: %w", err)
	}
	if p.Source != source { // a batch of no messages is done at once
		return p, errOldFunction
	}
	return p, nil
}

// failedProbe tells why a scraper could not be asked, or could not answer.
func (d *diagnosis) failedProbe(check, logs string, err error) {
	var api smithy.APIError
	failed := (*functionError)(nil)
	switch {
	case errors.As(err, &api) && (api.ErrorCode() == "AccessDeniedException" || api.ErrorCode() == "AccessDenied"):
		d.skipped(check, "lambda:InvokeFunction on its scraper, as terraform output -raw operator_policy has it", "not asked: %v", err)
	case errors.As(err, &failed):
		d.bad(check, "aws logs tail "+output.Quote(logs)+" --since 10m", "%v", err)
	case errors.Is(err, errOldFunction):
		d.bad(check, d.deploy, "%v", err)
	default:
		d.failed(check, err, d.deploy)
	}
}

// judgeProbe tells what a publisher answered to its scraper.
func (d *diagnosis) judgeProbe(check string, a *app, p message.Probed) {
	saw := fmt.Sprintf("status %d, %d bytes", p.Status, p.Bytes)
	if p.Status == 0 {
		saw = "no answer"
	}
	saw += " in " + (time.Duration(p.TookMS) * time.Millisecond).String()
	saw = fmt.Sprintf("%s, %s of %s", saw, output.Count(p.Values, "day"), p.Key)
	try := "`" + a.again("series try "+output.Quote(p.Key)) + "` asks it from this machine"
	switch name := fault.Name(p.Error); {
	case name == fault.Unavailable || name == fault.Throttled || p.Status == 403:
		d.unreachable = true
		d.bad(check, try+"; if it answers here, it refuses AWS: docs/aws.md, A publisher that refuses", "does not answer its scraper: %s (%s)", p.Message, saw)
	case name != "":
		d.bad(check, try, "answers its scraper with %s (%s)", p.Message, saw)
	case p.Damaged > 0:
		d.bad(check, try, "answers its scraper with %s that cannot be right: %s", output.Count(p.Damaged, "day"), saw)
	case p.Values == 0: // it answers; what it has is for series try
		d.Findings = append(d.Findings, finding{Check: check, OK: true, Says: fmt.Sprintf("answers its scraper, with no value of %s: %s", p.Span, saw), Mend: try})
	default:
		d.good(check, "answers its scraper: %s", saw)
	}
}
