// Command bootstrap is the Query function. It only wires.
package main

import (
	"context"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	"lacuna/internal/store/dynamo"
	"lacuna/lambdas/query"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func main() { boot.Start(open) }

func open(ctx context.Context, p *boot.Process) (boot.Handle[message.Query, message.Covered], error) {
	c, err := p.Catalogue()
	if err != nil {
		return nil, err
	}
	table, cfg, err := p.Table(ctx)
	if err != nil {
		return nil, err
	}
	return query.New(c, dynamo.New(dynamodb.NewFromConfig(cfg), table)).Handle, nil
}
