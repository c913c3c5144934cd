package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/lazy"
	"lacuna/internal/output"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takeKeys has a verb take keys as arguments, as if each were a --series.
func (a *app) takeKeys(cmd *cobra.Command) *cobra.Command {
	cmd.Use += " [KEY]..."
	cmd.Args = cobra.ArbitraryArgs
	cmd.ValidArgsFunction = func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeKeys(cmd, nil, word)
	}
	cmd.PreRunE = func(_ *cobra.Command, keys []string) error {
		f := cmd.Flags().Lookup("series")
		for _, key := range keys {
			// Not Set, to which a comma is the end of a key.
			if err := f.Value.(pflag.SliceValue).Append(key); err != nil {
				return err
			}
			f.Changed = true
		}
		return nil
	}
	return cmd
}

// noArgs refuses arguments, where a verb takes none.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if cmd.Flags().Lookup("series") != nil {
		hint = ": a series is --series " + output.Quote(output.Shorten(args[0], output.MaxQuoted))
	}
	return fmt.Errorf("%q: %s takes no arguments%s", output.Shorten(args[0], output.MaxQuoted), cmd.CommandPath(), hint)
}

// verbBelow refuses a word that is no verb below cmd, and names the nearest one.
func verbBelow(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	return fmt.Errorf("unknown command %q for %q%s", output.Shorten(args[0], output.MaxQuoted), cmd.CommandPath(), catalogue.DidYouMean(args[0], names))
}

// daysAgo are the days before today, which look like flags.
var daysAgo = lazy.Regexp(`^-[0-9]+d$`)

// daysLast puts days before today where they are no flags, behind a --. Behind a flag
// such a word is its value.
func daysLast(args []string) []string {
	var days, others []string
	for i, arg := range args {
		switch {
		case arg == "--":
			return args
		case daysAgo().MatchString(arg) && i > 0 && !strings.HasPrefix(args[i-1], "-"):
			days = append(days, arg)
		default:
			others = append(others, arg)
		}
	}
	if days == nil {
		return args
	}
	return slices.Concat(others, []string{"--"}, days)
}

// flagError names the flag that is nearest to one that there is not.
func flagError(cmd *cobra.Command, err error) error {
	unknown := (*pflag.NotExistError)(nil)
	if !errors.As(err, &unknown) {
		return err
	}
	if word := "-" + unknown.GetSpecifiedShortnames(); word != "-" {
		if daysAgo().MatchString(word) {
			err = fmt.Errorf("%w: a day is no flag behind `--`, as `-- %s`", err, word)
		}
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	return fmt.Errorf("%w%s", err, catalogue.DidYouMean("--"+unknown.GetSpecifiedName(), names))
}

// maxRuns is how many runs are offered to a shell.
const maxRuns = 20

// completeRuns offers the names of the newest runs, until an argument is there.
func (a *app) completeRuns(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	add := func() error {
		a.flags = cmd.Flags()
		if err := errors.Join(a.fromEnvironment(), a.check()); err != nil {
			return err
		}
		from, err := a.openRuns(cmd.Context())
		if a.target == targetLocal && err != nil { // who completes has not said --offline
			a.offline = !a.offline
			from, err = a.openRuns(cmd.Context())
		}
		if err != nil {
			return err
		}
		list, err := from.Executions(cmd.Context(), maxRuns)
		for _, x := range list {
			names = append(names, output.Visible(x.Name)+"\t"+output.Visible(x.Status)+" "+instant(x.Started))
		}
		return errors.Join(err, from.Close())
	}
	if add() != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
