package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/exit"
	"lacuna/internal/fault"
	"lacuna/internal/output"
	"lacuna/internal/propose"
	"lacuna/internal/source"
	"lacuna/internal/source/declared"
	"lacuna/internal/source/registry"

	"github.com/spf13/cobra"
)

func (a *app) initCommand() *cobra.Command {
	var sample string
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "write a catalogue to begin with, series.yaml, or one proposed from a sample of CSV; overwrites nothing",
		Args:  cobra.MaximumNArgs(1),
		RunE: a.verb(func(cmd *cobra.Command, args []string, _ string) error {
			file := cmp.Or(a.catalogue, "series.yaml")
			if len(args) == 1 {
				file = args[0]
			}
			switch {
			case file == "":
				return exit.Usage("init: want the name of a file")
			case cmd.Flags().Changed("from-csv"):
				return a.initFrom(cmd.Context(), sample, file)
			}
			if err := a.writeNew(file, propose.Example); err != nil {
				return err
			}
			return a.stdout.Printf("%s has the shipped series, and says how others are added.\nNext: lacuna series list, lacuna series add SOURCE CODE\n", file)
		}, "table"),
	}
	cmd.Flags().StringVar(&sample, "from-csv", "", "`file` with a sample of what a publisher answers: a source and its series are proposed")
	return cmd
}

// writeNew writes a file that is not there.
func (a *app) writeNew(file string, text []byte) error {
	return a.writeFile(file, text, func(string) error { return errors.New("init writes a new file: name another one") })
}

func (a *app) initFrom(ctx context.Context, sample, file string) error {
	text, cut, err := head(sample, propose.MaxSample)
	if err != nil {
		return fmt.Errorf("--from-csv: %w", err)
	}
	shipped, err := catalogue.Parse("shipped", lacuna.Series, nil)
	if err != nil {
		return err
	}
	taken := registry.Names()
	for _, s := range shipped.Sources {
		taken = append(taken, s.Name)
	}
	p, err := propose.FromCSV(filepath.Base(sample), text, cut, taken)
	if err != nil {
		return fmt.Errorf("--from-csv %s: %w", sample, err)
	}
	c, err := catalogue.Parse(file, p.Text, lacuna.Series)
	if err != nil {
		return fmt.Errorf("what was proposed from %s is no catalogue: %w", sample, err)
	}
	rows, unread := readSample(ctx, c, p, text)
	if err := a.writeNew(file, p.Text); err != nil {
		return err
	}
	return a.tellProposal(c, p, sample, file, rows, unread)
}

// head returns the beginning of a file, most bytes of it; cut says that there is more.
func head(file string, most int) (text []byte, cut bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, int64(most)+1))
	if len(text) > most {
		text, cut = text[:most], true
	}
	return text, cut, err
}

// readSample reads a sample as the proposal says, and returns the rows of each series by
// its key; err is why what the publisher answers would not be read.
func readSample(ctx context.Context, c *catalogue.Catalogue, p *propose.Proposal, text []byte) (rows map[string]int, err error) {
	of, _ := c.Source(p.Source)
	asked := source.Request{Span: p.Span}
	rows = map[string]int{}
	read := func() error {
		answer, err := declared.Read(ctx, of, asked, p.Sample(text))
		if err != nil {
			return err
		}
		for _, o := range answer.Observations {
			rows[o.Key]++
		}
		for _, d := range answer.Damaged {
			return fmt.Errorf("%s: %s", d.Day, d.Reason)
		}
		for _, err := range answer.Failed {
			return err
		}
		return nil
	}
	for _, s := range c.All() {
		asked.Series = append(asked.Series, source.Series{Key: s.Key, Code: s.Code, Fields: s.Fields})
		if of.Declared.TellsCodesApart() {
			continue
		}
		if err := read(); err != nil {
			return rows, err
		}
		asked.Series = nil
	}
	if asked.Series == nil {
		return rows, nil
	}
	return rows, read()
}

func (a *app) tellProposal(c *catalogue.Catalogue, p *propose.Proposal, sample, file string, rows map[string]int, unread error) error {
	out := a.stdout.Lines()
	out.Printf("%s: the source %s and %s, proposed from %s.\n\n", file, p.Source, output.Count(len(c.All()), "series"), sample)
	t := output.NewTable("key", "code", "cadence", "calendar", "since", "read")
	for _, s := range c.All() {
		t.Add(s.Key, s.Code, s.Cadence, s.Calendar.Name(), s.Since, rows[s.Key])
	}
	t.Write(out)
	out.Printf("\n")
	for _, doubt := range p.Doubts {
		out.Printf("To be looked at: %s\n", doubt)
	}
	if unread != nil {
		out.Printf("The sample is not read to its end as it is proposed: %v\n", fault.Bare(unread))
	}
	next := "lacuna series try " + output.Quote(c.All()[0].Key)
	if file != "series.yaml" {
		next += " --catalogue " + output.Quote(file)
	}
	out.Printf("To be filled in: url, and title and unit of each series.\nNext: %s\n", next)
	return out.Flush()
}
