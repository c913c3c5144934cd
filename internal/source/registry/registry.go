// Package registry makes the client of a publisher from its source in the
// catalogue. It is the one list of the publishers that have a client of their own.
package registry

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/source"
	"lacuna/internal/source/anp"
	"lacuna/internal/source/declared"
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

// Names are those of the publishers that have a client of their own.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Open returns the client of a source of the catalogue at base, an http or https URL
// up to and including the path prefix; "" is its usual address. A request may last
// timeout, and at most perSecond are sent in a second.
func Open(of *catalogue.Source, base string, timeout time.Duration, perSecond float64, options ...source.Option) (source.Source, error) {
	usual, client := "", func(c *source.Client) source.Source { return declared.New(c, of) }
	if of.Declared != nil {
		usual = of.Declared.URL.Origin()
	} else if i := slices.IndexFunc(kinds(), func(k kind) bool { return k.name == of.Name }); i >= 0 {
		usual, client = kinds()[i].url, kinds()[i].client
	} else {
		return nil, fmt.Errorf("source %q: there is no client for it, only for %s: want a kind, and how it is asked and read", of.Name, strings.Join(Names(), ", "))
	}
	c, err := source.NewClient(cmp.Or(base, usual), timeout, perSecond, options...)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", of.Name, err)
	}
	return client(c), nil
}
