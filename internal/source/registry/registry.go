// Package registry makes the client of a publisher from its name in the
// catalogue. It is the one list of the publishers that lacuna can ask.
package registry

import (
	"fmt"
	"strings"
	"time"

	"lacuna/internal/source"
	"lacuna/internal/source/anp"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/fred"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sgs"
)

// kind is a publisher's service: its usual address and its client.
type kind struct {
	name, url string
	client    func(*source.Client) source.Source
}

func kinds() []kind {
	return []kind{
		{"anp", anp.DefaultURL, func(c *source.Client) source.Source { return anp.New(c) }},
		{"bcb-ptax", ptax.DefaultURL, func(c *source.Client) source.Source { return ptax.New(c) }},
		{"bcb-sgs", sgs.DefaultURL, func(c *source.Client) source.Source { return sgs.New(c) }},
		{"ecb", ecb.DefaultURL, func(c *source.Client) source.Source { return ecb.New(c) }},
		{"fred", fred.DefaultURL, func(c *source.Client) source.Source { return fred.New(c) }},
	}
}

// Open returns the client of the publisher called name at base, an http or https
// URL up to and including the path prefix; "" is its usual address. A request
// may last timeout, and at most perSecond are sent in a second.
func Open(name, base string, timeout time.Duration, perSecond float64, options ...source.Option) (source.Source, error) {
	var names []string
	for _, k := range kinds() {
		if k.name != name {
			names = append(names, k.name)
			continue
		}
		if base == "" {
			base = k.url
		}
		c, err := source.NewClient(base, timeout, perSecond, options...)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", name, err)
		}
		return k.client(c), nil
	}
	return nil, fmt.Errorf("source %q: there is no client for it, only for %s", name, strings.Join(names, ", "))
}
