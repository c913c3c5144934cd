package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"lacuna/internal/choice"
	"lacuna/internal/console"
	"lacuna/internal/exit"

	"github.com/spf13/cobra"
)

const consoleHelp = `console shows in a browser which days lack of each series and why, and what runs
did, state by state; there a run is planned, looked at, started and watched, and
a person decides about days.

It prints an address of this machine with a token that is new at each start, and
lets in the browser that shows it. From another machine: ssh -L 8084:localhost:8084
HOST. An --addr that others reach needs --allow-host, the name by which they do;
whoever has the token can then do all that the page can, and it goes over the
network in clear.

With --target aws it works with your own credentials on a stack. With --read-only
nothing can be started or changed.`

func (a *app) consoleCommand() *cobra.Command {
	var c consoleVerb
	cmd := &cobra.Command{
		Use:   "console",
		Short: "series, days and runs in a browser, on this machine",
		Long:  consoleHelp,
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, _ string) error {
			return c.run(cmd.Context(), a)
		}, "table"),
	}
	f := cmd.Flags()
	f.StringVar(&c.addr, "addr", "127.0.0.1:8084", "`host:port` to listen on; port 0 takes a free one")
	f.StringSliceVar(&c.hosts, "allow-host", nil, "`name` beside localhost by which clients may reach it; again for another one")
	f.BoolVar(&c.readOnly, "read-only", false, "start and change nothing")
	f.BoolVar(&c.open, "open", false, "open it in the browser")
	f.StringVar(&c.by, "by", "", "`name` of who decides (default $USER, else the operating system's name of you)")
	return cmd
}

// consoleVerb is the verb: its flags.
type consoleVerb struct {
	addr, by       string
	hosts          []string
	readOnly, open bool
}

func (c *consoleVerb) run(ctx context.Context, a *app) (err error) {
	if c.by = cmp.Or(c.by, a.person()); c.by == "" && !c.readOnly {
		return exit.Usage("console: --by is missing: there is no $USER, and the operating system has no name for this user")
	}
	o := console.Options{Now: a.nowFunc(), Hosts: c.hosts, By: c.by, Log: a.logger()}
	of, err := a.openSeries()
	if err != nil {
		return err
	}
	o.Catalogue, o.Warning = of.Catalogue, catalogueChanged(of)
	done, err := c.bind(ctx, a, of, &o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	show, address, err := a.openConsole(o, c.addr)
	if err != nil {
		return err
	}
	if c.open {
		if err := openBrowser(ctx, address); err != nil {
			a.note("warning: --open: %v; open the address yourself", err)
		}
	}
	return show(ctx)
}

// openConsole listens, and says where the browser that shows a new token is let in. What
// it returns serves the pages until its context ends.
func (a *app) openConsole(o console.Options, addr string) (show func(context.Context) error, address string, err error) {
	o.Token, o.Command = rand.Text()+rand.Text(), a.again
	server, err := console.New(o)
	if err != nil {
		return nil, "", err
	}
	listener, err := listen(addr, o.Hosts, "the token goes there in clear")
	if err != nil {
		return nil, "", err
	}
	address = fmt.Sprintf("http://%s/login?token=%s", listener.Addr(), o.Token)
	if err := a.stdout.Printf("Console at %s\n", address); err != nil {
		return nil, "", errors.Join(err, listener.Close())
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		kept := make(chan struct{})
		go func() { defer close(kept); server.Run(ctx) }()
		err := serveUntil(ctx, listener, server)
		cancel()
		<-kept
		return errors.Join(err, ignoreClosed(listener.Close()))
	}, address, nil
}

// openBrowser has the system open an address.
func openBrowser(ctx context.Context, address string) error {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], address)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() //nolint:errcheck // what becomes of the browser is its own
	return nil
}

// nowFunc is the clock of a process that lasts: it stands still when the flags say so.
func (a *app) nowFunc() func() time.Time {
	if a.now == "" && !a.offline {
		return func() time.Time { return time.Now().UTC() }
	}
	return func() time.Time { return a.asOf }
}

// catalogueChanged says when a catalogue has been edited since it was opened; it looks once
// a second.
func catalogueChanged(of *choice.Catalogue) func() string {
	var mu sync.Mutex
	var looked time.Time
	var says string
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(looked) < time.Second {
			return says
		}
		says = ""
		if what := of.Changed(); what != "" {
			says = fmt.Sprintf("The catalogue has changed (%s). Pages, plans and runs go by what it was when the console was started: start it again.", what)
		}
		looked = time.Now()
		return says
	}
}
