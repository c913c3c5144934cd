package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"lacuna/internal/body"
	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/history"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
	"lacuna/internal/span"
	"lacuna/lambdas/scrape"

	"github.com/spf13/cobra"
)

const reparseHelp = `reparse reads again what publishers have sent, as it was kept, with the catalogue
and the program as they are now, and asks nobody. A value that is another one now is
a revision: the old one is kept.

What is sent is kept of sources that have "keep: bodies" in the catalogue, from then
on, in a folder beside the database (lacuna.db.bodies), in AWS in a bucket of the stack.
A row is read again from the answer that it came from, as long as that is there. Days that have no row are not filled: backfill is for them.`

func (a *app) reparseCommand() *cobra.Command {
	var r reparse
	cmd := &cobra.Command{
		Use:   "reparse",
		Short: "read again what publishers have sent, where it is kept, and revise what is another value now; asks nobody",
		Long:  reparseHelp,
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			return r.run(cmd.Context(), a, format)
		}, "table", "json"),
	}
	f := cmd.Flags()
	r.which.BindSeries(f)
	r.which.BindDays(f)
	f.BoolVar(&r.dryRun, "dry-run", false, "show what would change, and change nothing")
	a.bindAll(f)
	return cmd
}

// reparse is the verb: its flags.
type reparse struct {
	which  choice.Flags
	dryRun bool
}

// reparsed is what it did with one series.
type reparsed struct {
	Key     string    `json:"key"`
	Bodies  int       `json:"bodies"`
	Same    int       `json:"same"`
	Changed span.Runs `json:"changed"`
	Lost    span.Runs `json:"lost"`
}

func (r *reparse) run(ctx context.Context, a *app, format string) (err error) {
	c, err := a.openSeries()
	if err != nil {
		return err
	}
	chosen, days, err := a.choose(r.which)
	if err != nil {
		return err
	}
	rows, bodies, err := a.openKept(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	h := &scrape.Handler{Catalogue: c.Catalogue, Store: rows, Log: slog.New(slog.DiscardHandler)}
	kept, err := keptOf(ctx, h, chosen, days)
	if err != nil {
		return err
	}
	run := history.NewRunName(a.asOf) + "-reparse"
	results, gone := map[string]*reparsed{}, 0
	var unread []error
	for _, one := range kept {
		all, err := r.read(ctx, a, h, bodies, one, row.Asking{At: a.asOf, Run: run}, chosen, days)
		if errors.Is(err, fs.ErrNotExist) {
			gone++
			continue
		}
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil { // the others can be read all the same
			unread = append(unread, err)
			continue
		}
		for _, one := range all {
			if results[one.Key] == nil {
				results[one.Key] = &reparsed{Key: one.Key}
			}
			results[one.Key].add(one)
		}
	}
	var list []reparsed
	for _, s := range chosen {
		if results[s.Key] != nil {
			list = append(list, *results[s.Key])
		}
	}
	const told = 10
	if more := len(unread) - told; more > 0 {
		unread = append(unread[:told], fmt.Errorf("and %d more kept answers that cannot be read", more))
	}
	return errors.Join(append([]error{r.tell(a, format, run, list, gone, len(unread))}, unread...)...)
}

// kept is an answer that rows came from: its source, and its hash.
type kept struct{ source, raw string }

// keptOf returns the answers that rows of the series came from, each once.
func keptOf(ctx context.Context, h *scrape.Handler, chosen []*catalogue.Series, days span.Span) (list []kept, err error) {
	seen := map[kept]bool{}
	for _, s := range chosen {
		rows, err := h.Store.Rows(ctx, s.Key, days)
		if err != nil {
			return nil, err
		}
		for _, one := range rows {
			if from := (kept{one.Source, one.Raw}); one.Raw != "" && !seen[from] {
				seen[from] = true
				list = append(list, from)
			}
		}
	}
	return list, nil
}

// read reads one kept answer again: the series and days of it that were chosen.
func (r *reparse) read(ctx context.Context, a *app, h *scrape.Handler, bodies body.Bodies, from kept, asking row.Asking, chosen []*catalogue.Series, days span.Span) ([]scrape.Reread, error) {
	hash := from.raw
	of, ok := h.Catalogue.Source(from.source)
	if !ok {
		return nil, fmt.Errorf("kept answer %.80q: the catalogue has no source %.80q", hash, from.source)
	}
	kept, tape, err := bodies.Load(ctx, of.Name, hash)
	if err != nil {
		return nil, fmt.Errorf("kept answer of %s: %w", of.Name, err)
	}
	request := source.Request{Span: kept.Span}
	for _, key := range kept.Series {
		if s, err := h.Catalogue.Find(key); err == nil { // else it is nobody's any more
			request.Series = append(request.Series, source.Series{Key: s.Key, Code: s.Code, Fields: s.Fields})
		}
	}
	// A tape that plays is asked without the secret, which may be known in AWS alone; but
	// a client wants one.
	publishers, err := a.openSourcesWith(func(name string) string {
		if name == registry.SecretVariable(of) {
			return cmp.Or(a.env[name], hash)
		}
		return a.env[name]
	}, of)
	if err != nil {
		return nil, err
	}
	answer, err := publishers.ByName[of.Name].Fetch(source.WithTape(ctx, tape), request)
	if err = errors.Join(err, publishers.Close()); err != nil {
		return nil, fmt.Errorf("kept answer of %s for %s, %s: %w", of.Name, kept.Span, hash, err)
	}
	for _, s := range request.Series {
		if err := answer.Failed[s.Key]; err != nil {
			return nil, fmt.Errorf("kept answer of %s for %s, %s: %s: %w", of.Name, kept.Span, hash, s.Key, err)
		}
	}
	request.Series = slices.DeleteFunc(request.Series, func(s source.Series) bool {
		return !slices.ContainsFunc(chosen, func(one *catalogue.Series) bool { return one.Key == s.Key })
	})
	return h.Reread(ctx, hash, of.Name, request, days, answer, asking, r.dryRun)
}

func (d *reparsed) add(one scrape.Reread) {
	d.Bodies++
	d.Same += one.Same
	d.Changed = d.Changed.Union(runsOf(one.Changed))
	d.Lost = d.Lost.Union(runsOf(one.Lost))
}

func runsOf(days []span.Day) (runs span.Runs) {
	for _, day := range days {
		runs = runs.Append(day)
	}
	return runs
}

// tell prints what was done; of so many kept answers gone are not there any more, and unread
// have errors of their own.
func (r *reparse) tell(a *app, format, run string, list []reparsed, gone, unread int) error {
	if format == "json" {
		for i := range list {
			one := &list[i] // never null
			one.Changed, one.Lost = append(span.Runs{}, one.Changed...), append(span.Runs{}, one.Lost...)
		}
		return output.WriteJSON(a.stdout, struct {
			SchemaVersion int        `json:"schema_version"`
			Run           string     `json:"run"`
			DryRun        bool       `json:"dry_run"`
			Series        []reparsed `json:"series"`
			Gone          int        `json:"gone"` // kept answers that are not there any more
		}{output.SchemaVersion, run, r.dryRun, append([]reparsed{}, list...), gone})
	}
	out := a.stdout.Lines()
	if gone > 0 {
		out.Printf("Not there any more: %s. The rows that came from there stay as they are.\n", output.Count(gone, "kept answer"))
	}
	if len(list) == 0 && gone+unread > 0 {
		return out.Flush()
	}
	if len(list) == 0 {
		out.Printf("Nothing of these days was kept: keep: bodies in the catalogue keeps what is sent from then on.\n")
		return out.Flush()
	}
	t := output.NewTable("key", "bodies", "same", "changed", "lost")
	changed, lost := 0, 0
	for _, one := range list {
		changed, lost = changed+one.Changed.Days(), lost+one.Lost.Days()
	}
	list, rest := output.Part(a.listing(len(list)), list, "series", func(x, y reparsed) int {
		return cmp.Or(cmp.Compare(y.Lost.Days(), x.Lost.Days()), cmp.Compare(y.Changed.Days(), x.Changed.Days()))
	})
	for _, one := range list {
		t.Add(one.Key, one.Bodies, one.Same, one.Changed.Days(), one.Lost.Days())
	}
	t.Rest(rest).Write(out)
	does := "changed"
	if r.dryRun {
		does = "would change"
	}
	out.Printf("\n%s %s.\n", output.Count(changed, "day"), does)
	for _, one := range list {
		if len(one.Lost) > 0 {
			days := span.Span{From: one.Lost[0].From, To: one.Lost[len(one.Lost)-1].To}
			out.Printf("%s of %s in %s: what was kept has no good value any more. They stay: `lacuna mark missing` withdraws a value.\n", output.Count(one.Lost.Days(), "day"), one.Key, days)
		}
	}
	return out.Flush()
}
