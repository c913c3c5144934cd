package main

import (
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/output"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) seriesCommand() *cobra.Command {
	return group("series", "list, check, try, add and search for the series of the catalogue",
		a.seriesListCommand(), a.seriesValidateCommand(), a.seriesTryCommand(), a.seriesAddCommand(), a.seriesSearchCommand())
}

// seriesLine is one series of the catalogue.
type seriesLine struct {
	Key      string   `json:"key"`
	Title    string   `json:"title"`
	Unit     string   `json:"unit"`
	Source   string   `json:"source"`
	Code     string   `json:"code"`
	Fields   []string `json:"fields"`
	Calendar string   `json:"calendar"`
	Cadence  string   `json:"cadence"`
	Since    span.Day `json:"since"`
	Until    span.Day `json:"until,omitzero"`
	Aliases  []string `json:"aliases,omitempty"`
}

func (a *app) seriesListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the series of the catalogue",
		Args:  noArgs,
		RunE: a.verb(func(_ *cobra.Command, _ []string, format string) error {
			c, name, err := choice.Read(a.catalogue)
			if err != nil {
				return err
			}
			a.note("catalogue: %s", name)
			t := output.NewTable("key", "title", "unit", "source", "code", "fields", "calendar", "cadence", "since", "until").
				Cut("title", "unit").GiveWay("fields", "code", "calendar", "until", "unit", "cadence")
			all := c.All()
			shown, rest := output.Part(a.listing(len(all)), all, "series", nil)
			for _, s := range shown {
				t.Add(s.Key, s.Title, s.Unit, s.Source, s.Code, strings.Join(s.Fields, " "), s.Calendar.Name(), s.Cadence, s.Since, dayCell(s.Until))
			}
			lines := []seriesLine{}
			for _, s := range all {
				lines = append(lines, seriesLine{s.Key, s.Title, s.Unit, s.Source, s.Code, s.Fields, s.Calendar.Name(), s.Cadence, s.Since, s.Until, s.Aliases})
			}
			return output.WriteList(a.stdout, format, t.Rest(rest), struct {
				SchemaVersion int          `json:"schema_version"`
				Series        []seriesLine `json:"series"`
			}{output.SchemaVersion, lines}, lines)
		}, "table", "json", "jsonl", "csv"),
	}
	a.bindAll(cmd.Flags())
	return cmd
}

func (a *app) seriesValidateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate [FILE]",
		Short: "check a catalogue, and name every error with its line",
		Args:  cobra.MaximumNArgs(1),
		RunE: a.verb(func(_ *cobra.Command, args []string, _ string) error {
			file := a.catalogue
			if len(args) == 1 {
				file = args[0]
			}
			c, name, err := choice.Read(file)
			if err == nil {
				err = askable(c)
			}
			if err != nil {
				return err
			}
			return a.stdout.Printf("%s: no errors in %s of %s.\n", name, output.Count(len(c.All()), "series"), output.Count(len(c.Sources), "source"))
		}, "table"),
	}
}

// askable reports the sources that this program has no client for.
func askable(c *catalogue.Catalogue) error {
	for _, s := range c.Sources {
		if _, err := registry.Open(&s, "", s.Timeout, float64(s.RatePerS)); err != nil {
			return err
		}
	}
	return nil
}
