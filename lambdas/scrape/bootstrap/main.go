// Command bootstrap is the Scrape function of one source. It only wires.
package main

import (
	"context"
	"fmt"

	"lacuna/internal/body"
	"lacuna/internal/boot"
	"lacuna/internal/bucket"
	callback "lacuna/internal/callback/sfn"
	"lacuna/internal/catalogue"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/store/dynamo"
	"lacuna/lambdas/scrape"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
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
	env, err := withSecret(ctx, p, cfg, of)
	if err != nil {
		return nil, err
	}
	set, err := registry.Configured(of, env)
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	if set.Warning != "" {
		p.Log.Warn(set.Warning)
	}
	// As many workers as the source's concurrency share its rate, and at least
	// two: fewer an event source mapping does not take.
	publisher, err := registry.Open(of, set.Base, of.Timeout, float64(of.RatePerS)/float64(max(2, of.Concurrency)), set.Options...)
	if err != nil {
		return nil, err
	}
	kept, err := keptBodies(p, cfg, of)
	if err != nil {
		return nil, err
	}
	h := &scrape.Handler{
		Catalogue: c,
		Sources:   map[string]source.Source{name: publisher},
		Store:     dynamo.New(dynamodb.NewFromConfig(cfg), table),
		Callback:  callback.New(sfn.NewFromConfig(cfg)),
		Log:       p.Log,
		Bodies:    kept,
	}
	return h.Serve, nil
}

// keptBodies is where what a source's publisher sends is kept; nil when it is not.
func keptBodies(p *boot.Process, cfg aws.Config, of *catalogue.Source) (scrape.Bodies, error) {
	if !of.KeepsBodies {
		return nil, nil
	}
	name, err := p.Env("LACUNA_BODIES")
	return body.InBucket(bucket.New(cfg), name), err
}

// withSecret returns the environment with the secret of a source, which is a
// parameter of Systems Manager that this function alone may read.
func withSecret(ctx context.Context, p *boot.Process, cfg aws.Config, of *catalogue.Source) (env func(string) string, err error) {
	variable := registry.SecretVariable(of)
	if variable == "" {
		return p.Optional, nil
	}
	name, err := p.Env("LACUNA_SECRET_PARAMETER")
	if err != nil {
		return nil, err
	}
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("the secret of %s, parameter %s: %w", of.Name, name, err)
	}
	return func(asked string) string {
		if asked == variable {
			return aws.ToString(out.Parameter.Value)
		}
		return p.Optional(asked)
	}, nil
}
