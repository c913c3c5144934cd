// Command lacuna keeps time series complete: it finds the days a series lacks,
// downloads just those and stores them. Here are flags, output and exit codes,
// and in local.go the wiring of the pipeline on this machine; what the pipeline
// does is not decided here.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// verbMemory is from how much memory on Go collects garbage at any cost, in bytes;
// serve has a budget of its own. GOMEMLIMIT, which Go reads itself, stays as it is.
const verbMemory = 192 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(verbMemory)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)                  // a second signal ends the process at once
	log.SetOutput(newScreen(os.Stderr).foreign()) // net/http logs there by itself
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	a := &app{stdin: stdin, stdout: newScreen(stdout), stderr: newScreen(stderr), env: map[string]string{}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		a.env[name] = value
	}
	root, err := a.root()
	if err != nil {
		a.note("lacuna: %v", err)
		return exitError
	}
	root.SetArgs(shellWords(args))
	root.SetIn(stdin)
	root.SetOut(a.stdout.foreign())
	root.SetErr(a.stderr.foreign())
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	code := exitError
	if coded := (*exitCode)(nil); errors.As(err, &coded) {
		code = coded.code
	} else if !a.started { // cobra's own: flags, arguments, verbs
		code = exitUsage
	}
	if code == exitError && ctx.Err() != nil {
		code = exitInterrupted
	}
	if err.Error() != "" {
		of := "lacuna: "
		for _, line := range linesOf(err) {
			a.note("%s%s", of, line)
			of = ""
		}
		if what := hint(err); what != "" && ctx.Err() == nil {
			a.note("Mend: %s.", what)
		}
	}
	if code == exitUsage {
		a.note("See '%s --help'.", cmd.CommandPath())
	}
	return code
}
