// Command bootstrap is the FanOut function. It only wires.
package main

import (
	"context"
	"time"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	"lacuna/lambdas/fanout"
)

func main() { boot.Start(open) }

func open(_ context.Context, p *boot.Process) (boot.Handle[message.FanOut, message.Streams], error) {
	c, err := p.Catalogue()
	if err != nil {
		return nil, err
	}
	var seconds map[string]int // source to the time of its scraper
	if err := p.EnvJSON("LACUNA_SCRAPERS", &seconds); err != nil {
		return nil, err
	}
	times := make(map[string]time.Duration, len(seconds))
	for source, n := range seconds {
		times[source] = time.Duration(n) * time.Second
	}
	return (&fanout.Handler{Catalogue: c, Times: times}).Handle, nil
}
