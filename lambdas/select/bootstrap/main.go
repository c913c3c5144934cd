// Command bootstrap is the Select function. It only wires.
package main

import (
	"context"
	"time"

	"lacuna/internal/boot"
	"lacuna/internal/message"
	selection "lacuna/lambdas/select"
)

func main() { boot.Start(open) }

func open(_ context.Context, p *boot.Process) (boot.Handle[message.Start, message.Selection], error) {
	c, err := p.Catalogue()
	if err != nil {
		return nil, err
	}
	var queues map[string]string // source to URL
	if err := p.EnvJSON("LACUNA_QUEUES", &queues); err != nil {
		return nil, err
	}
	return selection.New(c, queues, time.Time{}).Handle, nil
}
