package main

import (
	"bufio"
	"context"
	"io"
	"strings"

	"lacuna/internal/exit"
	"lacuna/internal/output"

	"github.com/spf13/pflag"
)

func (a *app) bindYes(f *pflag.FlagSet) {
	f.BoolVar(&a.yes, "yes", false, "ask no questions; there are some on a terminal with --target aws")
}

// asks reports whether there is somebody to be asked.
func (a *app) asks() bool {
	return a.target == targetAWS && !a.yes && output.IsTerminal(a.stdin, a.env) && output.IsTerminal(a.stderr, a.env)
}

// confirm asks, if there is somebody to be asked, and returns an error unless
// the answer is yes.
func (a *app) confirm(ctx context.Context, question string) error {
	if !a.asks() {
		return nil
	}
	a.stderr.Printf("%s [y/N] ", question) //nolint:errcheck // who does not see it does not say yes
	answer := make(chan bool, 1)
	go func() { answer <- saysYes(a.stdin) }()
	select {
	case yes := <-answer:
		if yes {
			return nil
		}
		return exit.New(exit.CodeRefused, "not confirmed: nothing was done")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// saysYes reads a line; a line that cannot be read is no.
func saysYes(r io.Reader) bool {
	line, err := bufio.NewReader(r).ReadString('\n')
	answer := strings.ToLower(strings.TrimSpace(line))
	return err == nil && (answer == "y" || answer == "yes")
}
