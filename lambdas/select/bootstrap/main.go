// Command bootstrap is the Select function. It only wires.
package main

import (
	"context"
	"errors"
	"time"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	selection "lacuna/lambdas/select"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

func main() { boot.Start(open) }

func open(ctx context.Context, p *boot.Process) (boot.Handle[message.Start, message.Selection], error) {
	c, err := p.Catalogue()
	if err != nil {
		return nil, err
	}
	var queues map[string]string // source to URL
	if err := p.EnvJSON("LACUNA_QUEUES", &queues); err != nil {
		return nil, err
	}
	cfg, err := p.AWS(ctx)
	if err != nil {
		return nil, err
	}
	h := &selection.Handler{Catalogue: c, Queues: queues, Version: versionOf(sfn.NewFromConfig(cfg))}
	return h.Handle, nil
}

// knownAfter is how long Step Functions may not know an execution that it has started:
// what it tells is eventually consistent.
const knownAfter = 10 * time.Second

// versionOf asks Step Functions which version of its machine an execution runs: the
// context object does not tell.
func versionOf(client *sfn.Client) func(context.Context, string) (string, error) {
	return func(ctx context.Context, execution string) (string, error) {
		ask, stop := context.WithTimeout(ctx, knownAfter)
		defer stop()
		again := time.NewTicker(time.Second)
		defer again.Stop()
		in := &sfn.DescribeExecutionInput{ExecutionArn: &execution, IncludedData: types.IncludedDataMetadataOnly}
		out, err := client.DescribeExecution(ask, in)
		for ask.Err() == nil && errors.As(err, new(*types.ExecutionDoesNotExist)) {
			select {
			case <-again.C:
				out, err = client.DescribeExecution(ask, in)
			case <-ask.Done():
			}
		}
		if err != nil {
			return "", err
		}
		if out.StateMachineVersionArn != nil {
			return *out.StateMachineVersionArn, nil
		}
		return aws.ToString(out.StateMachineArn), nil
	}
}
