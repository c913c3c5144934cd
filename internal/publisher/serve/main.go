// Command serve runs the imitated publishers for people and benchmarks. It
// prints the environment variables that make lacuna ask them, and serves until
// it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"lacuna/internal/publisher"
	"lacuna/internal/span"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:0", "`host:port` to listen on; port 0 is a free one")
	latency := flags.Duration("latency", 0, "time before every answer")
	today := flags.String("today", publisher.Today.String(), "`day` of the publishers' clock; nothing of that day or later is served")
	var faults []publisher.Fault
	flags.Func("fault", "`kind[@range][:source[:times]]`, a number as kind is a status; may be repeated", func(text string) error {
		f, err := publisher.ParseFault(text)
		faults = append(faults, f)
		return err
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 64
	}
	day, err := span.Parse(*today)
	if err != nil {
		fmt.Fprintln(stderr, "serve:", err)
		return 64
	}
	o := publisher.Options{Addr: *addr, Data: publisher.NewData(day), Latency: *latency}
	if err := serve(ctx, stdout, o, faults); err != nil {
		fmt.Fprintln(stderr, "serve:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, stdout io.Writer, o publisher.Options, faults []publisher.Fault) error {
	p, err := publisher.Start(o)
	if err != nil {
		return err
	}
	for _, f := range faults {
		if err := p.Fail(f); err != nil {
			return errors.Join(err, p.Close())
		}
	}
	for _, source := range publisher.Sources() {
		name := strings.ToUpper(strings.ReplaceAll(source, "-", "_"))
		fmt.Fprintf(stdout, "export LACUNA_%s_URL=%s\n", name, p.URL(source))
	}
	<-ctx.Done()
	return p.Close()
}
