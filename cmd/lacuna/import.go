package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/export"
	"lacuna/internal/intake"
	"lacuna/internal/notation"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/stack"

	"github.com/spf13/cobra"
)

// imports is the flags of import.
type imports struct {
	form             csvForm
	names            []string
	series, format   string
	dates            string
	dryRun, revise   bool
	reason, by       string
	table, partition string
}

func (a *app) importCommand() *cobra.Command {
	var in imports
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "store rows of files or of a DynamoDB table; what is stored already is never overwritten",
		Long: `import stores the rows of files that export wrote, or that look like them (CSV with
a header, JSON lines, Parquet; - is standard input; of a folder its Parquet files), or of
a DynamoDB table. New days are stored, equal values left; a different value, or what a
person has marked, stays and is named, unless --revise says that the file counts: then
the old value is kept as a revision. Lines without a value that counts are left out. Of export --full all of a day is stored that
was not there, its past too. After Ctrl-C run the same again: it goes on. The exit
code is 3 when days differ, items of a table have a day or a value that cannot be
read, lines are of series that the catalogue does not have, or --map has a name that
nothing has; with --dry-run too.`,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			return a.importFiles(cmd.Context(), &in, args, format)
		}, "table", "json"),
	}
	f := cmd.Flags()
	f.StringSliceVar(&in.names, "map", nil, "`OLD=NEW`: a series or a column is called OLD there and NEW here; without NEW a column is left out; may be repeated")
	f.StringVar(&in.series, "series", "", "`key` of the series of lines that do not say theirs")
	f.StringVar(&in.format, "format", "", "`format` of the files: csv, jsonl or parquet (default: by their names)")
	f.BoolVar(&in.dryRun, "dry-run", false, "only say what would be new, equal and different")
	f.BoolVar(&in.revise, "revise", false, "let the values of the file replace others, which are kept as revisions; needs --reason")
	f.StringVar(&in.reason, "reason", "", "`text` that says why; it is kept with the days")
	f.StringVar(&in.by, "by", "", "`name` of who decides (default $USER, else the operating system's name of you)")
	f.StringVar(&in.table, "from-table", "", "`name` of a DynamoDB table to read instead of files: an old one, or one restored from a backup")
	f.StringVar(&in.partition, "from-key", "", "`key` of the one partition of the table to read (default all)")
	in.form.bindDialect(f)
	f.StringVar(&in.dates, "dates", "yyyy-MM-dd", "`form` of the days of CSV, such as dd/MM/yyyy or MMM/yy")
	a.bindYes(f)
	a.bindAll(f)
	return cmd
}

// read checks the flags, and returns how the files are to be read.
func (in *imports) read(a *app, files []string) (*intake.Importer, *intake.Reader, error) {
	switch {
	case len(files) == 0 && in.table == "":
		return nil, nil, exit.Usage("import: want files, or --from-table")
	case len(files) > 0 && in.table != "":
		return nil, nil, exit.Usage("import: want files or --from-table, not both")
	case in.partition != "" && in.table == "":
		return nil, nil, exit.Usage("--from-key is for --from-table")
	}
	if err := in.form.check(a.flags, "csv"); err != nil {
		return nil, nil, err
	}
	names := intake.Names{}
	for _, pair := range in.names {
		old, here, ok := strings.Cut(pair, "=")
		if !ok || old == "" {
			return nil, nil, exit.Usage("--map %s: want OLD=NEW", pair)
		}
		if _, twice := names[old]; twice {
			return nil, nil, exit.Usage("--map: %s has two names", old)
		}
		names[old] = here
	}
	c, name, err := choice.Read(a.catalogue)
	if err != nil {
		return nil, nil, err
	}
	a.note("catalogue: %s", name)
	im := &intake.Importer{Catalogue: c, Now: a.asOf, DryRun: in.dryRun, Revise: in.revise}
	if in.revise {
		im.Hand = a.hand(in.by, in.reason)
		switch {
		case im.Hand.Reason == "":
			return nil, nil, exit.Usage("--revise: --reason is missing")
		case im.Hand.By == "":
			return nil, nil, exit.Usage("--revise: --by is missing")
		}
		if err := checkHand(im.Hand); err != nil {
			return nil, nil, err
		}
	} else if in.reason != "" || in.by != "" {
		return nil, nil, exit.Usage("--reason and --by are for --revise")
	}
	dates, err := notation.ParseDates(in.dates)
	if err != nil {
		return nil, nil, exit.Usage("--dates: %v", err)
	}
	r := &intake.Reader{Catalogue: im.Catalogue, Names: names, Series: in.series, Format: in.format, Dialect: in.form.dialect, Dates: dates, Stdin: a.stdin}
	return im, r, nil
}

func (a *app) importFiles(ctx context.Context, in *imports, files []string, format string) (err error) {
	im, reader, err := in.read(a, files)
	if err != nil {
		return err
	}
	if files, err = reader.Files(files); err != nil {
		return err
	}
	store, err := a.openToImport(ctx, in.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	im.Store = store
	what := output.Count(len(files), "file")
	var parts []iter.Seq2[intake.Line, error]
	if in.table != "" {
		table, err := stack.OpenTable(ctx, a.stackOptions(), in.table)
		if err != nil {
			return err
		}
		what = "table " + in.table
		parts = append(parts, reader.Table(ctx, in.table, table, in.partition))
	}
	for _, name := range files {
		parts = append(parts, reader.Lines(name))
	}
	if !in.dryRun {
		if err := a.confirm(ctx, fmt.Sprintf("Import %s into %s?", what, a.where())); err != nil {
			return err
		}
	}
	for _, part := range parts {
		if err = im.Take(ctx, part); err != nil {
			break
		}
	}
	report := im.Report()
	if err != nil {
		if report.Stored() > 0 && !in.dryRun {
			err = fmt.Errorf("%w; what was stored before stays: run the same again to go on", err)
		}
		return err
	}
	report.Unmet = reader.Unmet()
	if err := a.tellImport(&report, format); err != nil {
		return err
	}
	if report.Left() {
		return &exit.Error{Code: exit.CodeRemain}
	}
	return nil
}

// importStore is where an import stores rows.
type importStore interface {
	intake.Store
	Close() error
}

// openToImport opens the store of an import, which is made if there is none.
func (a *app) openToImport(ctx context.Context, dryRun bool) (importStore, error) {
	switch {
	case a.target == targetAWS:
		return a.openTable(ctx)
	case dryRun:
		return a.openFile()
	}
	return a.open()
}

func (a *app) tellImport(r *intake.Report, format string) error {
	if format == "json" {
		return output.WriteJSON(a.stdout, r)
	}
	t := output.NewTable("series", "new", "equal", "different", "revised", "suspect", "no value", "unread", "outside")
	shown, rest := output.Part(a.listing(len(r.Series)), r.Series, "series", fitsLess)
	for _, c := range shown {
		t.Add(c.Key, c.New, c.Equal, c.Different, c.Revised, c.Suspect, c.Empty, c.Unread, c.Outside)
	}
	out := a.stdout.Lines()
	t.Rest(rest).Write(out)
	for _, c := range shown {
		for _, v := range c.Values {
			out.Printf("%s %s: %s\n", c.Key, v.Day, differing(&v))
		}
		more(out, c.Different+c.Revised-len(c.Values), "different day")
		for _, d := range c.Doubts {
			out.Printf("%s %s: %s: %s: incomplete until a person accepts it or the publisher has another\n", c.Key, d.Day, d.Place, d.Reason)
		}
		more(out, c.Suspect-len(c.Doubts), "failing value")
		for _, u := range c.Places {
			out.Printf("%s: left out: %s\n", u.Place, u.Why)
		}
		more(out, c.Unread-len(c.Places), "unread item")
		for _, d := range c.Days {
			out.Printf("%s %s is not expected: %s\n", c.Key, d.Day, d.Why)
		}
		more(out, c.Outside-len(c.Days), "unexpected day")
	}
	for _, u := range r.Unknown {
		near := ""
		if len(u.Near) > 0 {
			near = ": did you mean " + u.Near[0] + "? --map " + output.Quote(u.Key+"="+u.Near[0])
		}
		out.Printf("%s: no series of the catalogue is called %s (%s)%s\n", u.Place, u.Key, output.Count(u.Lines, "line"), near)
	}
	if left := r.UnknownLines; left > 0 {
		out.Printf("%s of unknown series left out.\n", output.Count(left, "line"))
	}
	for _, name := range r.Unmet {
		out.Printf("--map: nothing is called %s.\n", output.Shorten(name, output.MaxQuoted))
	}
	stay := "stays"
	if n := output.Count(r.Stored(), "day"); r.DryRun {
		out.Printf("\n%s would be stored; nothing was.\n", n)
		stay = "would stay"
	} else {
		out.Printf("\n%s stored in %s.\n", n, a.where())
	}
	if r.Differs() {
		out.Printf("Where days differ, what is stored %s; --revise --reason TEXT lets the file count.\n", stay)
	}
	return out.Flush()
}

// fitsLess orders series by the days of which a person may have to think, the most first.
func fitsLess(x, y *intake.Count) int {
	return cmp.Or(cmp.Compare(y.Different+y.Revised, x.Different+x.Revised), cmp.Compare(y.Unread, x.Unread), cmp.Compare(y.Suspect, x.Suspect), cmp.Compare(y.Outside, x.Outside))
}

// differing says what is stored of a day, and what else a file says.
func differing(v *intake.Difference) string {
	value := func(f row.Fields) string { return cmp.Or(f.String(), "no value") }
	text := fmt.Sprintf("%s is stored as %s, %s has %s", value(v.Stored), cmp.Or(v.Status, export.Missing), v.Place, value(v.Here))
	if v.HereStatus != "" {
		text += " as " + string(v.HereStatus)
	}
	if v.Reason != "" {
		text += ": " + v.Reason
	}
	return text
}

// more says how many of a kind are not named.
func more(out *output.Lines, n int, what string) {
	if n > 0 {
		out.Printf("... and %s more\n", output.Count(n, what))
	}
}
