package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/choice"
	"lacuna/internal/exit"
	"lacuna/internal/fault"
	"lacuna/internal/output"
	"lacuna/internal/store/sqlite"

	"github.com/spf13/cobra"
)

// finding is one thing that doctor looked at.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Mend  string `json:"mend,omitempty"` // what to do, when it is not good

	Skipped bool `json:"skipped,omitempty"` // could not be looked at: neither good nor bad, and OK
}

// diagnosis is what doctor found.
type diagnosis struct {
	SchemaVersion int       `json:"schema_version"`
	OK            bool      `json:"ok"`
	Findings      []finding `json:"findings"`

	settled     struct{ from, to int } // of Findings: a finding a series
	unreachable bool                   // somebody did not answer at all
	deploy      string                 // what puts the stack right
}

func (d *diagnosis) good(check, format string, args ...any) {
	d.Findings = append(d.Findings, finding{Check: check, OK: true, Says: says(format, args)})
}

func (d *diagnosis) bad(check, mend, format string, args ...any) {
	d.OK = false
	d.Findings = append(d.Findings, finding{Check: check, Says: says(format, args), Mend: mend})
}

func (d *diagnosis) skipped(check, mend, format string, args ...any) {
	d.Findings = append(d.Findings, finding{Check: check, OK: true, Skipped: true, Says: says(format, args), Mend: mend})
}

// says is one sentence, of several errors too.
func says(format string, args []any) string {
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = strings.Join(output.LinesOf(err), "; ")
		}
	}
	return fmt.Sprintf(format, args...)
}

func (a *app) doctorCommand() *cobra.Command {
	var credentials bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check what the pipeline needs: the stack in AWS, or database, catalogue and publishers",
		Args:  noArgs,
		RunE: a.verb(func(cmd *cobra.Command, _ []string, format string) error {
			d := &diagnosis{SchemaVersion: output.SchemaVersion, OK: true}
			switch {
			case a.target == targetAWS && credentials:
				a.examineCredentials(cmd.Context(), d)
			case a.target == targetAWS:
				a.examineAWS(cmd.Context(), d)
			case credentials:
				return exit.Usage("--credentials is for --target aws")
			default:
				a.examineLocal(cmd.Context(), d)
			}
			return d.tell(a, format)
		}, "table", "json"),
	}
	cmd.Flags().BoolVar(&credentials, "credentials", false, "with --target aws: check region and credentials alone, before there is a stack")
	return cmd
}

// tell writes d; its error has the exit code.
func (d *diagnosis) tell(a *app, format string) error {
	if format == "json" {
		if err := output.WriteJSON(a.stdout, d); err != nil {
			return err
		}
	} else if err := d.write(a); err != nil {
		return err
	}
	switch {
	case d.OK:
		return nil
	case d.unreachable:
		return &exit.Error{Code: exit.CodeUnreachable}
	}
	return &exit.Error{Code: exit.CodeError}
}

func (d *diagnosis) write(a *app) error {
	out := a.stdout.Lines()
	series := d.Findings[d.settled.from:d.settled.to]
	shown, rest := output.Part(a.listing(len(series)), series, "series", badFirst)
	writeFindings(out, d.Findings[:d.settled.from])
	writeFindings(out, shown)
	if rest != "" {
		out.Printf("%s\n", rest)
	}
	writeFindings(out, d.Findings[d.settled.to:])
	return out.Flush()
}

func badFirst(x, y finding) int {
	switch {
	case x.OK == y.OK:
		return 0
	case y.OK:
		return -1
	}
	return 1
}

func writeFindings(out *output.Lines, list []finding) {
	for _, f := range list {
		word := "ok"
		switch {
		case f.Skipped:
			word = "skipped"
		case !f.OK:
			word = "failed"
		}
		out.Printf("%-7s %s: %s\n", word, f.Check, f.Says)
		if f.Mend != "" {
			out.Printf("        mend: %s\n", f.Mend)
		}
	}
}

func (a *app) examineLocal(ctx context.Context, d *diagnosis) {
	s, err := a.openSeries()
	if err == nil {
		err = askable(s.Catalogue)
	}
	if err != nil {
		d.bad("catalogue", a.again("series validate"), "%v", err)
	} else {
		d.good("catalogue", "%s of %s", output.Count(len(s.All()), "series"), output.Count(len(s.Sources), "source"))
	}
	a.examineFile(ctx, d, s)
	if err != nil {
		return
	}
	for i := range s.Sources {
		a.examineSource(ctx, d, s, &s.Sources[i])
	}
}

// examineFile looks at the database; s is nil where there is no catalogue.
func (a *app) examineFile(ctx context.Context, d *diagnosis, s *choice.Catalogue) {
	const otherFile = "another file by --db, or its folder and permissions"
	there, err := sqlite.Exists(a.db)
	if err == nil && there {
		err = canWrite(a.db)
	}
	if err != nil {
		d.bad("database", otherFile, "%v", fault.Bare(err))
		return
	}
	if err := room(a.db); err != nil {
		d.bad("database", "room on its disk, or "+otherFile, "database %s: a megabyte cannot be written beside it: %v", a.db, err)
		return
	}
	if !there {
		d.good("database", "%s is not there yet: backfill makes it", a.db)
		return
	}
	rows, err := a.openFile()
	var keys []string
	if err == nil {
		defer rows.Close()
		keys, err = rows.SeriesKeys(ctx, nil)
	}
	if err == nil {
		err = rows.Check(ctx)
	}
	switch {
	case sqlite.IsDamaged(err):
		d.bad("database", "a copy of before, in its place; without one, `"+a.again("export --full -o jsonl --out rows.jsonl")+
			"` writes what can still be read, a few series at a time if need be, and `lacuna import --db other.db rows.jsonl` makes a database of it", "%v", fault.Bare(err))
		return
	case err != nil:
		d.bad("database", otherFile, "%v", fault.Bare(err))
		return
	}
	d.good("database", "%s has rows of %s%s", a.db, output.Count(len(keys), "series"), unknown(s, keys))
	a.examineSettled(ctx, d, rows, keys)
}

// unknown tells of the keys that s does not have, as after a series got another name: no
// other verb but latest and export shows their rows.
func unknown(s *choice.Catalogue, keys []string) string {
	if s == nil {
		return ""
	}
	gone := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		_, ok := s.Lookup(key)
		return ok
	})
	if len(gone) == 0 {
		return ""
	}
	return fmt.Sprintf(", of which the catalogue does not have %d, such as %s", len(gone), gone[0])
}

// canWrite reports why a backfill could not write to a file that is there.
func canWrite(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("database %s: %w", name, err)
	}
	return f.Close()
}

// room reports why nothing can be written beside a database, where SQLite puts what is
// new: its folder may not be written, or the disk is full.
func room(name string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".lacuna-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Join(err, f.Sync(), f.Close())
}

// examineSource asks a publisher for the last due days of its first series.
func (a *app) examineSource(ctx context.Context, d *diagnosis, s *choice.Catalogue, of *catalogue.Source) {
	for _, one := range s.All() {
		if one.Source != of.Name {
			continue
		}
		t, err := a.try(ctx, s.Catalogue, one)
		mend := a.again("series try " + output.Quote(one.Key))
		switch code := (*exit.Error)(nil); {
		case errors.As(err, &code) && code.Code == exit.CodeUnreachable:
			d.unreachable = true
			d.bad("publisher "+of.Name, "try again later; the network, a proxy, or its address", "%v", err)
		case err != nil:
			d.bad("publisher "+of.Name, mend, "%v", err)
		case !t.Agrees:
			d.bad("publisher "+of.Name, mend, "answers, but not as the catalogue expects of %s", one.Key)
		default:
			d.good("publisher "+of.Name, "answers: %s of %s", output.Count(len(t.Days), "day"), one.Key)
		}
		return
	}
}
