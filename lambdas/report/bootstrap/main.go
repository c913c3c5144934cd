// Command bootstrap is the Report function. It only wires.
package main

import (
	"context"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	"lacuna/internal/store/dynamo"
	"lacuna/lambdas/report"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() { boot.Start(open) }

func open(ctx context.Context, p *boot.Process) (boot.Handle[message.Report, message.Summary], error) {
	table, err := p.Env("LACUNA_TABLE")
	if err != nil {
		return nil, err
	}
	cfg, err := boot.AWS(ctx)
	if err != nil {
		return nil, err
	}
	return report.New(dynamo.New(dynamodb.NewFromConfig(cfg), table)).Handle, nil
}
