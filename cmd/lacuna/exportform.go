package main

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/internal/exit"
	"lacuna/internal/intake"
	"lacuna/internal/output"

	"github.com/spf13/pflag"
)

// exportForm is the flags that say what is exported, and in which form.
type exportForm struct {
	csvForm
	full, missing, suspect bool
	asOf, out              string
}

func (e *exportForm) bind(f *pflag.FlagSet) {
	f.StringVar(&e.asOf, "as-of", "", "as known at the end of this `day` in UTC: values that came or were revised later do not count")
	f.BoolVar(&e.missing, "missing", false, "lines without a value for the days that are due and have no row, too")
	f.BoolVar(&e.suspect, "suspect", false, "the values of incomplete and quarantined days, too, which do not count")
	f.BoolVar(&e.full, "full", false, "all that is stored of each day, and what it was before, in JSON lines: for import")
	f.StringVar(&e.out, "out", "", "`where` to write: a file, whose ending says the format, or with -o parquet a folder (DIR/), by series and year; s3://BUCKET/... is either (default: standard output)")
	e.csvForm.bind(f)
}

// format returns the format of --out, which the ending of a file says, or else -o: without
// it nothing is taken for CSV that is called something else.
func (e *exportForm) format(f *pflag.FlagSet, format string) (string, error) {
	ends := ending(e.out)
	switch known := slices.Contains(intake.Formats, ends); {
	case known && f.Changed("output") && ends != format:
		return "", exit.Usage("-o %s: --out %s is for -o %s", format, e.out, ends)
	case known:
		return ends, nil
	case e.out == "" || f.Changed("output") || inBucket(e.out) || isFolder(e.out): // in a bucket it is a folder
		return format, nil
	}
	hint := ""
	if ends == "json" || ends == "ndjson" {
		hint = ": JSON lines are .jsonl"
	}
	return "", exit.Usage("--out %s: want a name that ends in .%s, or -o with the format%s", e.out, strings.Join(intake.Formats, ", ."), hint)
}

// ending is what a name has behind its last point, in small letters.
func ending(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(filepath.ToSlash(name)), "."))
}

// inBucket reports whether --out is in Amazon S3.
func inBucket(out string) bool { return strings.HasPrefix(out, "s3://") }

// isFolder reports whether --out is a folder on this machine, by its name or because it is
// there.
func isFolder(out string) bool {
	at, err := os.Stat(out)
	return strings.HasSuffix(out, "/") || strings.HasSuffix(out, string(filepath.Separator)) || err == nil && at.IsDir()
}

// check reads the flags.
func (e *exportForm) check(f *pflag.FlagSet, format string) error {
	if e.full && format != "jsonl" {
		return exit.Usage("--full is for -o jsonl")
	}
	for _, name := range []string{"as-of", "missing", "suspect"} {
		if e.full && f.Changed(name) {
			return exit.Usage("--full has all that is stored: leave --%s out", name)
		}
		if e.wide && name != "as-of" && f.Changed(name) {
			return exit.Usage("--wide has values that count: leave --%s out", name)
		}
	}
	return e.csvForm.check(f, format)
}

// csvForm is the flags that say which form CSV has.
type csvForm struct {
	wide                       bool
	locale, delimiter, decimal string
	dialect                    output.Dialect
}

func (c *csvForm) bind(f *pflag.FlagSet) {
	f.BoolVar(&c.wide, "wide", false, "a column a series and a line a day, in CSV")
	c.bindDialect(f)
}

func (c *csvForm) bindDialect(f *pflag.FlagSet) {
	f.StringVar(&c.locale, "locale", "", "CSV for spreadsheets in this `language`: en, or pt-BR with semicolons and decimal commas")
	f.StringVar(&c.delimiter, "delimiter", "", "`character` between the cells of CSV: a comma, a semicolon, a bar, or tab (default: the locale's)")
	f.StringVar(&c.decimal, "decimal", "", "`character` before the fraction of numbers in CSV: a point or a comma (default: the locale's)")
}

// check reads the flags.
func (c *csvForm) check(f *pflag.FlagSet, format string) error {
	for _, name := range []string{"wide", "locale", "delimiter", "decimal"} {
		if format != "csv" && f.Changed(name) {
			return exit.Usage("--%s is for -o csv", name)
		}
	}
	dialect, known := output.Locales[c.locale]
	if c.locale != "" && !known {
		return exit.Usage("--locale %s: want %s", c.locale, strings.Join(slices.Sorted(maps.Keys(output.Locales)), " or "))
	}
	c.dialect = dialect
	delimiter := c.delimiter
	if delimiter == "tab" || delimiter == `\t` {
		delimiter = "\t"
	}
	for _, one := range []struct {
		name, text string
		into       *byte
	}{{"delimiter", delimiter, &c.dialect.Delimiter}, {"decimal", c.decimal, &c.dialect.Decimal}} {
		switch {
		case len(one.text) > 1:
			return exit.Usage("--%s %q: want one character", one.name, output.Shorten(one.text, output.MaxQuoted))
		case one.text != "":
			*one.into = one.text[0]
		}
	}
	if err := c.dialect.Check(); err != nil {
		return exit.Usage("%w: see --locale, --delimiter and --decimal", err)
	}
	return nil
}
