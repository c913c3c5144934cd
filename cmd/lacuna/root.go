package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/publisher"
	"lacuna/internal/span"
	"lacuna/internal/stack"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is one call of the program.
type app struct {
	stdin          io.Reader
	stdout, stderr *output.Screen
	env            map[string]string
	started        bool // the verb has begun: errors are no longer cobra's
	flags          *pflag.FlagSet
	asOf           time.Time // the time it is taken to be

	target      string
	stackName   string
	yes         bool
	all         bool // of a list that is long
	db          string
	catalogue   string
	output      string
	now         string
	logLevel    string
	offline     bool
	waitScale   float64
	httpTimeout time.Duration

	level slog.Level // what logLevel says

	stack   *stack.Stack    // of the AWS target, once it was looked up
	telling sync.Mutex      // guards told
	told    map[string]bool // by noteOnce
}

const (
	targetLocal = "local"
	targetAWS   = "aws"
)

// localOnly are the flags that have no meaning in AWS.
var localOnly = [...]string{"db", "now", "offline"}

const rootHelp = `lacuna finds the days that a time series lacks, downloads just those from the
publisher and stores them.

Every flag has an environment variable, LACUNA_ and its name: LACUNA_DB for
--db, LACUNA_WAIT_TIME_SCALE for --wait-time-scale; a flag wins.
LACUNA_<SOURCE>_URL, such as LACUNA_BCB_PTAX_URL, replaces a publisher's
address, and LACUNA_<SOURCE>_INSECURE=true says that plain http, or a name with
private addresses, is meant. LACUNA_CONTACT, a mail address or a web address, is
told to publishers. Data goes to stdout, everything else to stderr.

With --target aws the pipeline runs in an AWS account. Region, credentials and
endpoints are those of AWS's own variables and files (AWS_PROFILE, AWS_REGION,
AWS_ENDPOINT_URL); the parts of the stack are found through the SSM parameter
/lacuna/<stack>, or without --stack by LACUNA_STATE_MACHINE_ARN and LACUNA_TABLE.

Exit codes: 0 good, 1 error, 2 gaps exist (plan and status --detailed-exitcode),
3 something new is wrong: failed, deferred, or days newly found without a good
value, 4 refused, 5 publisher or AWS unreachable, 6 nothing new is wrong, but days
wait for their next ask (backfill --detailed-exitcode), 64 usage, 130 interrupted.`

func (a *app) root() (*cobra.Command, error) {
	root := &cobra.Command{
		Use:           "lacuna",
		Short:         "keeps time series complete",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          verbBelow,
		RunE:          help,
	}
	root.Version = build().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	f := root.PersistentFlags()
	f.StringVar(&a.target, "target", targetLocal, "where the pipeline runs: local or aws")
	f.StringVar(&a.stackName, "stack", "lacuna", "`name` of the stack of the AWS target, as Terraform has it")
	f.StringVar(&a.db, "db", "lacuna.db", "database `file` of the local target")
	f.StringVar(&a.catalogue, "catalogue", "", "catalogue `file` (default ./series.yaml, else the built-in one)")
	f.StringVarP(&a.output, "output", "o", "", "`format` on stdout: table, json, jsonl, csv or parquet")
	f.StringVar(&a.now, "now", "", "the `time` it is taken to be: RFC 3339, or a day for its 00:00 UTC")
	f.StringVar(&a.logLevel, "log-level", "warn", "least `level` of messages on stderr: debug, info, warn or error")
	f.BoolVar(&a.offline, "offline", false, "ask the built-in publisher, which has real observations until 2026-06-30")
	f.Float64Var(&a.waitScale, "wait-time-scale", 1, "`factor` of the waits before retries; 0 does not wait")
	f.DurationVar(&a.httpTimeout, "http-timeout", 0, "`time` a request may last (default: what the catalogue says of its source)")
	root.AddCommand(a.planCommand(), a.backfillCommand(), a.statusCommand(), a.whyCommand(), a.runsCommand(), a.exportCommand(),
		a.markCommand(), a.quarantineCommand(), a.initCommand(), a.seriesCommand(), a.logsCommand(), a.dlqCommand(), a.doctorCommand(),
		a.importCommand(), a.reparseCommand(), a.serveCommand(), a.consoleCommand(), a.versionCommand(), a.latestCommand(), a.manCommand())
	return root, a.complete(root)
}

func help(*cobra.Command, []string) error { return pflag.ErrHelp }

// strict has cobra's own verbs refuse what they do not know, as ours do. They keep the
// output that root has when it is called.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				of, rest, err := root.Find(args)
				return cmp.Or(err, verbBelow(of, rest))
			}
		case "completion":
			c.Args, c.RunE = verbBelow, help
		}
	}
}

// verb returns what cobra runs for a verb. formats are those that it can write,
// its default first; do gets the one chosen.
func (a *app) verb(do func(cmd *cobra.Command, args []string, format string) error, formats ...string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.flags = cmd.Flags()
		if err := a.fromEnvironment(); err != nil {
			return err
		}
		if err := a.check(); err != nil {
			return err
		}
		if a.output == "" {
			a.output = formats[0]
		}
		if !slices.Contains(formats, a.output) {
			return exit.Usage("-o %s: %s writes %s", a.output, cmd.Name(), strings.Join(formats, ", "))
		}
		if err := a.checkStdout(); err != nil {
			return err
		}
		a.started = true
		return do(cmd, args, a.output)
	}
}

// group is a verb that only has others below it.
func group(use, short string, below ...*cobra.Command) *cobra.Command {
	words := make([]string, len(below))
	for i, c := range below {
		words[i] = c.Name()
	}
	last := len(words) - 1
	want := strings.Join(words[:last], ", ") + " or " + words[last]
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  verbBelow,
		RunE:  func(*cobra.Command, []string) error { return exit.Usage("%s: want %s", use, want) },
	}
	cmd.AddCommand(below...)
	return cmd
}

// stepFunctionsLocal are the variables of Step Functions Local, by our flags.
var stepFunctionsLocal = map[string]string{"wait-time-scale": "WAIT_TIME_SCALE", "mock-config": "SFN_MOCK_CONFIG"}

// fromEnvironment sets the flags that were not given from their variables.
func (a *app) fromEnvironment() error {
	if target := a.env["LACUNA_TARGET"]; target != "" && !a.flags.Changed("target") {
		a.target = target // it decides about the others
	}
	var err error
	a.flags.VisitAll(func(f *pflag.Flag) {
		name := "LACUNA_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := a.env[name]
		if other, ok := stepFunctionsLocal[f.Name]; ok && value == "" {
			name = other
			value = a.env[name]
		}
		if f.Changed || f.Name == "help" || value == "" || err != nil {
			return
		}
		if a.target == targetAWS && slices.Contains(localOnly[:], f.Name) {
			return
		}
		if setErr := a.flags.Set(f.Name, value); setErr != nil {
			err = exit.Usage("%s=%s: %w", name, value, setErr)
		}
	})
	return err
}

func (a *app) check() error {
	switch a.target {
	case targetLocal:
	case targetAWS:
		for _, name := range localOnly {
			if a.flags.Changed(name) {
				return exit.Usage("--%s is for --target local", name)
			}
		}
	default:
		return exit.Usage("--target %s: want local or aws", a.target)
	}
	if !(a.waitScale >= 0) { // NaN too
		return exit.Usage("--wait-time-scale %g: want 0 or more", a.waitScale)
	}
	if a.httpTimeout < 0 {
		return exit.Usage("--http-timeout %s: want more than 0", a.httpTimeout)
	}
	if a.db == "" {
		return exit.Usage("--db: want a file")
	}
	if err := a.level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return exit.Usage("--log-level %s: want debug, info, warn or error", a.logLevel)
	}
	var err error
	a.asOf, err = a.clock()
	return err
}

// clock returns the time it is taken to be.
func (a *app) clock() (time.Time, error) {
	switch {
	case a.now == "" && a.offline:
		return publisher.Today.Time(), nil
	case a.now == "":
		return time.Now().UTC(), nil
	}
	if day, err := span.Parse(a.now); err == nil {
		return day.Time(), nil
	}
	t, err := time.Parse(time.RFC3339, a.now)
	if err != nil {
		return time.Time{}, exit.Usage("--now %s: want a time such as 2026-07-01T18:00:00Z, or a day", a.now)
	}
	return t.UTC(), nil
}

// logger logs on stderr what --log-level lets through.
func (a *app) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(a.stderr.Foreign(), &slog.HandlerOptions{Level: a.level}))
}

// note tells people something on stderr.
func (a *app) note(format string, args ...any) {
	a.stderr.Printf(format+"\n", args...) //nolint:errcheck // there is nobody else to tell
}

// noteOnce is note for what stays true: a process that runs again and again, or asks for
// the same twice, tells it once.
func (a *app) noteOnce(format string, args ...any) {
	a.telling.Lock()
	defer a.telling.Unlock()
	if text := fmt.Sprintf(format, args...); !a.told[text] {
		if a.told == nil {
			a.told = map[string]bool{}
		}
		a.told[text] = true
		a.note(format, args...)
	}
}

// again returns the text of a command that goes on from this one: the verb with
// the flags of this call that say where and when, and the more flags named.
func (a *app) again(verb string, more ...string) string {
	words := []string{"lacuna", verb}
	for _, name := range append([]string{"target", "stack", "catalogue", "db", "offline", "now"}, more...) {
		f := a.flags.Lookup(name)
		if f == nil || !f.Changed || name == "stack" && a.target != targetAWS {
			continue
		}
		if f.Value.Type() == "bool" {
			if name += "=" + f.Value.String(); f.Value.String() == "true" { // else the environment may say so
				name = f.Name
			}
			words = append(words, "--"+name)
		} else if list, ok := f.Value.(pflag.SliceValue); ok {
			values := list.GetSlice()
			if a.listing(len(values)).Long() { // what nobody reads: who copies it is told that the last one is no series
				values = append(values[:3:3], fmt.Sprintf("... and %d more", len(values)-3))
			}
			for _, value := range values {
				words = append(words, "--"+name, output.Quote(value))
			}
		} else {
			words = append(words, "--"+name, output.Quote(f.Value.String()))
		}
	}
	return strings.Join(words, " ")
}
