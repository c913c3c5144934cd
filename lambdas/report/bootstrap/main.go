// Command bootstrap is the Report function. It only wires.
package main

import (
	"context"
	"fmt"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	"lacuna/internal/metric"
	"lacuna/internal/metric/cloudwatch"
	"lacuna/internal/store/dynamo"
	"lacuna/lambdas/report"

	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() { boot.Start(open) }

func open(ctx context.Context, p *boot.Process) (boot.Handle[message.Report, message.Summary], error) {
	table, cfg, err := p.Table(ctx)
	if err != nil {
		return nil, err
	}
	namespace, err := p.Env("LACUNA_METRICS_NAMESPACE")
	if err != nil {
		return nil, err
	}
	text, err := p.Env("LACUNA_METRICS")
	if err != nil {
		return nil, err
	}
	level, err := metric.ParseLevel(text)
	if err != nil {
		return nil, fmt.Errorf("environment: LACUNA_METRICS: %w", err)
	}
	// The table has the stack's name.
	metrics := cloudwatch.New(awscloudwatch.NewFromConfig(cfg), namespace, table, level)
	return report.New(dynamo.New(dynamodb.NewFromConfig(cfg), table), metrics, p.Log).Handle, nil
}
