package main

import (
	"errors"
	"fmt"

	"lacuna/internal/catalogue"
	"lacuna/internal/output"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takeKeys has a verb take keys as arguments, as if each were a --series.
func (a *app) takeKeys(cmd *cobra.Command) *cobra.Command {
	cmd.Use += " [KEY]..."
	cmd.Args = cobra.ArbitraryArgs
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return a.completeKeys(nil, nil, "")
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

// flagError names the flag that is nearest to one that there is not.
func flagError(cmd *cobra.Command, err error) error {
	unknown := (*pflag.NotExistError)(nil)
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
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
