package main

import (
	"strings"

	"lacuna/internal/calendar"
	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/output"

	"github.com/spf13/cobra"
)

// complete offers the values of flags to the shell, for each verb below cmd.
func (a *app) complete(cmd *cobra.Command) error {
	fixed := map[string]string{
		"output":    "table json jsonl csv parquet",
		"only":      "due missing failed all",
		"target":    "local aws",
		"log-level": "debug info warn error",
		"calendar":  strings.Join(calendar.Names(), " "),
		"cadence":   "daily weekly monthly quarterly",
	}
	for name, values := range fixed {
		if cmd.Flags().Lookup(name) == nil && cmd.PersistentFlags().Lookup(name) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(strings.Fields(values), cobra.ShellCompDirectiveNoFileComp)); err != nil {
			return err
		}
	}
	if cmd.Flags().Lookup("series") != nil {
		if err := cmd.RegisterFlagCompletionFunc("series", a.completeKeys); err != nil {
			return err
		}
	}
	for _, below := range cmd.Commands() {
		if err := a.complete(below); err != nil {
			return err
		}
	}
	return nil
}

// shellWords returns args as cobra takes them, but those that a shell wants completed
// without what a terminal obeys: cobra tells what is wrong with them on stderr by itself.
func shellWords(args []string) []string {
	if len(args) == 0 || args[0] != cobra.ShellCompRequestCmd && args[0] != cobra.ShellCompNoDescRequestCmd {
		return daysLast(args)
	}
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = output.Visible(arg)
	}
	return words
}

// completeKeys offers the keys of the catalogue that word begins, until an argument is there.
// Behind a comma word is another one.
func (a *app) completeKeys(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := a.completeFrom(cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var keys []string
	others := word[:strings.LastIndexByte(word, ',')+1]
	for _, s := range c.All() {
		if strings.HasPrefix(others+s.Key, word) {
			keys = append(keys, others+s.Key+"\t"+output.Visible(s.Title))
		}
	}
	return keys, cobra.ShellCompDirectiveNoFileComp
}

// completeFrom returns the catalogue that cmd would take: cobra completes without calling it.
func (a *app) completeFrom(cmd *cobra.Command) (*catalogue.Catalogue, error) {
	a.flags = cmd.Flags()
	if err := a.fromEnvironment(); err != nil {
		return nil, err
	}
	c, _, err := choice.Read(a.catalogue)
	return c, err
}
