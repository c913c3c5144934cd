// Command bootstrap is the Detect function. It only wires.
package main

import (
	"context"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	"lacuna/lambdas/detect"
)

func main() { boot.Start(open) }

func open(_ context.Context, p *boot.Process) (boot.Handle[message.Detect, message.Found], error) {
	c, err := p.Catalogue()
	if err != nil {
		return nil, err
	}
	return detect.New(c).Handle, nil
}
