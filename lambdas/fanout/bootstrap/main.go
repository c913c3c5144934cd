// Command bootstrap is the FanOut function. It only wires.
package main

import (
	"context"

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
	return fanout.New(c).Handle, nil
}
