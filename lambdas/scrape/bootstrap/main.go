// Command bootstrap is the Scrape function of one source. It only wires.
package main

import (
	"context"
	"fmt"

	"lacuna/internal/boot"
	callback "lacuna/internal/callback/sfn"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/store/dynamo"
	"lacuna/lambdas/scrape"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

func main() { boot.Start(open) }

func open(ctx context.Context, p *boot.Process) (boot.Handle[scrape.Event, any], error) {
	c, err := p.Catalogue()
	if err != nil {
		return nil, err
	}
	table, cfg, err := p.Table(ctx)
	if err != nil {
		return nil, err
	}
	name, err := p.Env("LACUNA_SOURCE")
	if err != nil {
		return nil, err
	}
	of, ok := c.Source(name)
	if !ok {
		return nil, fmt.Errorf("environment: LACUNA_SOURCE: %q is not in the catalogue", name)
	}
	set, err := registry.Configured(name, p.Optional)
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	if set.Warning != "" {
		p.Log.Warn(set.Warning)
	}
	// As many workers as the source's concurrency share its rate, and at least
	// two: fewer an event source mapping does not take.
	publisher, err := registry.Open(name, set.Base, of.Timeout, float64(of.RatePerS)/float64(max(2, of.Concurrency)), set.Options...)
	if err != nil {
		return nil, err
	}
	h := &scrape.Handler{
		Catalogue: c,
		Sources:   map[string]source.Source{name: publisher},
		Store:     dynamo.New(dynamodb.NewFromConfig(cfg), table),
		Callback:  callback.New(sfn.NewFromConfig(cfg)),
		Log:       p.Log,
	}
	return h.Serve, nil
}
