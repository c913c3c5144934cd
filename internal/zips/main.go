// Command zips builds the Lambda functions and packs each with the compiled
// catalogue into a zip. The same commit, catalogue and Go version give the same bytes,
// wherever and whenever it runs. It uploads nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"lacuna"
	"lacuna/internal/catalogue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// tasks are the folders below lambdas.
var tasks = [...]string{"select", "query", "detect", "fanout", "scrape", "report"}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("zips", flag.ContinueOnError)
	flags.SetOutput(stderr)
	arch := flags.String("arch", "arm64", "`architecture` of the functions: arm64 or amd64")
	series := flags.String("catalogue", "series.yaml", "`file` that becomes the functions' catalogue")
	source := flags.String("source", ".", "`folder` of the module")
	out := flags.String("out", "dist", "`folder` of the zips")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 64
	}
	if !slices.Contains([]string{"arm64", "amd64"}, *arch) {
		fmt.Fprintf(stderr, "zips: -arch %q: want arm64 or amd64\n", *arch)
		return 64
	}
	if err := pack(ctx, stdout, *source, *arch, *series, *out); err != nil {
		fmt.Fprintln(stderr, "zips:", err)
		return 1
	}
	return 0
}

// pack makes all zips and prints the size of each.
func pack(ctx context.Context, stdout io.Writer, source, arch, series, out string) error {
	text, err := os.ReadFile(series)
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	c, err := catalogue.ParseBeside(series, text, lacuna.Series, func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(series), filepath.FromSlash(name)))
	})
	if err != nil { // or each function would refuse to start
		return err
	}
	compiled, err := c.Compile()
	if err != nil {
		return fmt.Errorf("%s: %w", series, err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "lacuna-zips-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, task := range tasks {
		program := filepath.Join(work, task)
		if err := build(ctx, source, arch, task, program); err != nil {
			return err
		}
		name := filepath.Join(out, task+".zip")
		size, err := write(name, program, compiled)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(stdout, "%s %d KB\n", name, size/1000)
	}
	return nil
}

// build compiles a task. Nothing of the machine, the folder or the state of the
// checkout is stamped into the program.
func build(ctx context.Context, source, arch, task, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-ldflags", "-s -w -buildid=", "-o", program, "./lambdas/"+task+"/bootstrap")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./lambdas/%s/bootstrap: %w\n%s", task, err, strings.TrimSpace(string(output)))
	}
	return nil
}
