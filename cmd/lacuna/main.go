// Command lacuna keeps time series complete: it finds the days a series lacks,
// downloads just those and stores them. Here are flags, words and exit codes, and
// what binds the rooms below internal together; what the pipeline does is not
// decided here.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/stack"
)

// verbMemory is from how much memory on Go collects garbage at any cost, in bytes;
// serve has a budget of its own. GOMEMLIMIT, which Go reads itself, stays as it is.
const verbMemory = 192 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(verbMemory)
	}
	if os.Getenv("GOGC") == "" {
		collectLater()
	}
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP) // a terminal that is closed
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop)                         // a second signal ends the process at once
	log.SetOutput(output.NewScreen(os.Stderr).Foreign()) // net/http logs there by itself
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// collectLater has garbage collected for the first time when there are 16 MB, and from then on
// as ever: most verbs end before, and a sixth of their time was the collector's.
func collectLater() {
	debug.SetGCPercent(400) // of the 4 MB with which a heap begins
	runtime.AddCleanup(new([64]byte), func(int) { debug.SetGCPercent(100) }, 0)
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	a := &app{stdin: stdin, stdout: output.NewScreen(stdout), stderr: output.NewScreen(stderr), env: map[string]string{}}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		a.env[name] = value
	}
	a.stdout.Fit(a.env)
	root, err := a.root()
	if err != nil {
		a.note("lacuna: %v", err)
		return exit.CodeError
	}
	root.SetArgs(shellWords(args))
	root.SetIn(stdin)
	root.SetOut(a.stdout.Foreign())
	root.SetErr(a.stderr.Foreign())
	strict(root)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	a.complain(ctx, err)
	code := a.code(ctx, err)
	if code == exit.CodeUsage {
		a.note("See '%s --help'.", cmd.CommandPath())
	}
	return code
}

// code is the exit code of a verb's error.
func (a *app) code(ctx context.Context, err error) int {
	code := exit.CodeError
	coded := (*exit.Error)(nil)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coded):
		code = coded.Code
	case !a.started: // cobra's own: flags, arguments, verbs
		return exit.CodeUsage
	}
	if code == exit.CodeError && ctx.Err() != nil {
		code = exit.CodeInterrupted
	}
	return code
}

// complain tells people an error, unless the output has said it all.
func (a *app) complain(ctx context.Context, err error) {
	if err.Error() == "" {
		return
	}
	of := "lacuna: "
	for _, line := range output.LinesOf(err) {
		a.note("%s%s", of, line)
		of = ""
	}
	if what := stack.Hint(err); what != "" && ctx.Err() == nil {
		a.note("Mend: %s.", what)
	}
}
