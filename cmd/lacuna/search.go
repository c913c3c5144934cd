package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/fault"
	"lacuna/internal/output"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/spf13/cobra"
)

func (a *app) seriesSearchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "search SOURCE [WORD]...",
		Short: "ask a publisher which series it has, where it tells; all words must be in what it says of one",
		Args:  cobra.MinimumNArgs(1),

		ValidArgsFunction: a.completeSources,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			c, name, err := choice.Read(a.catalogue)
			if err != nil {
				return err
			}
			a.note("catalogue: %s", name)
			if err := known(c, &catalogue.Catalogue{}, name, args[0]); err != nil {
				return err
			}
			of, _ := c.Source(args[0])
			offers, err := a.offers(cmd.Context(), of)
			if err != nil {
				return err
			}
			return a.tellOffers(c, of, matching(offers, args[1:]), format)
		}, "table", "json", "jsonl", "csv"),
	}
}

// lookUp are the pages where a person finds what a publisher tells no program.
var lookUp = map[string]string{
	"bcb-sgs": "its list is for browsers: see https://www3.bcb.gov.br/sgspub",
	"fred":    "it tells a program nothing without a key: see https://fred.stlouisfed.org",
}

// offers asks a publisher what it has.
func (a *app) offers(ctx context.Context, of *catalogue.Source) (offers []source.Offer, err error) {
	from, err := a.openSources(of)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	lister, ok := from.ByName[of.Name].(source.Lister)
	if !ok {
		page := lookUp[of.Name]
		if of.Declared != nil {
			page = "nothing in the catalogue says how a declared source is asked for a list"
		}
		return nil, fmt.Errorf("%s does not tell which series it has: %s; then `lacuna series add %s CODE`", of.Name, page, of.Name)
	}
	offers, err = lister.Offers(ctx)
	switch fault.NameOf(err) {
	case fault.Unavailable, fault.Throttled:
		return nil, exit.New(exit.CodeUnreachable, "%s cannot be reached: %w", of.Name, fault.Bare(err))
	}
	return offers, err
}

// matching returns the offers that have all words, whatever their case.
func matching(offers []source.Offer, words []string) []source.Offer {
	return slices.DeleteFunc(offers, func(o source.Offer) bool {
		text := strings.ToLower(o.Code + " " + o.Title + " " + o.Unit)
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, strings.ToLower(word)) })
	})
}

// offerLine is a series that a publisher has.
type offerLine struct {
	Source string   `json:"source"`
	Code   string   `json:"code"`
	Title  string   `json:"title,omitempty"`
	Unit   string   `json:"unit,omitempty"`
	Newest span.Day `json:"newest,omitzero"`
	Keys   []string `json:"keys,omitempty"` // of the catalogue
}

func (a *app) tellOffers(c *catalogue.Catalogue, of *catalogue.Source, offers []source.Offer, format string) error {
	keys := map[string][]string{} // by code
	for _, s := range c.All() {
		if s.Source == of.Name {
			keys[s.Code] = append(keys[s.Code], s.Key)
		}
	}
	lines := []offerLine{}
	next := ""
	for _, o := range offers {
		line := offerLine{of.Name, o.Code, o.Title, o.Unit, o.Newest, keys[o.Code]}
		if next == "" && line.Keys == nil {
			next = o.Code
		}
		lines = append(lines, line)
	}
	shown, rest := output.Part(a.listing(len(lines)), lines, "series", nil)
	t := output.NewTable("code", "title", "unit", "newest", "keys").Cut("title", "unit").Rest(rest)
	for _, line := range shown {
		t.Add(line.Code, line.Title, line.Unit, dayCell(line.Newest), strings.Join(line.Keys, " "))
	}
	err := output.WriteList(a.stdout, format, t, struct {
		SchemaVersion int         `json:"schema_version"`
		Series        []offerLine `json:"series"`
	}{output.SchemaVersion, lines}, lines)
	if err != nil || format != "table" {
		return err
	}
	if len(lines) == 0 {
		return a.stdout.Printf("%s has nothing with all of these words.\n", of.Name)
	}
	if next != "" {
		return a.stdout.Printf("\nTo have one: lacuna series add %s %s\n", of.Name, output.Quote(next))
	}
	return nil
}
