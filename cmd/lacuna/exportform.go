package main

import (
	"maps"
	"slices"
	"strings"

	"lacuna/internal/exit"
	"lacuna/internal/output"

	"github.com/spf13/pflag"
)

// csvForm is the flags that say which form CSV has.
type csvForm struct {
	wide                       bool
	locale, delimiter, decimal string
	dialect                    output.Dialect
}

func (c *csvForm) bind(f *pflag.FlagSet) {
	f.BoolVar(&c.wide, "wide", false, "a column a series and a line a day, in CSV")
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
