// Package choice is the catalogue that a person works with, and the series and days that
// they choose of it.
package choice

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lacuna"
	"lacuna/internal/bound"
	"lacuna/internal/catalogue"
	"lacuna/internal/exit"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/publisher"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/spf13/pflag"
)

// Catalogue is the catalogue of this call. Offline each series ends with what the
// built-in publisher has of it, and those without anything are left out.
type Catalogue struct {
	*catalogue.Catalogue
	full *catalogue.Catalogue             // with those left out
	note func(format string, args ...any) // on stderr

	file, name, own string // what was asked for, what was read, and its hash
	beside          files
}

// Read reads a catalogue, and returns what it is called too: file, or without one
// series.yaml of this folder, or the built-in one.
func Read(file string) (*catalogue.Catalogue, string, error) {
	name, text, err := Text(file)
	if err != nil {
		return nil, "", err
	}
	c, _, err := read(name, text)
	return c, name, err
}

// Hashes returns what Read reads by its hashes: of the file and of those beside it, by
// name. They are those of a catalogue without errors.
func Hashes(file string) (name, own string, beside map[string]string, err error) {
	name, text, err := Text(file)
	if err != nil {
		return name, "", nil, err
	}
	_, beside, err = read(name, text)
	return name, Hash(text), beside, err
}

// Beside returns what reads the files beside a catalogue, in which families may have
// their lists.
func Beside(catalogue string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		path := filepath.Join(filepath.Dir(catalogue), filepath.FromSlash(name))
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a pipe would be waited for
			return nil, fmt.Errorf("%s is no file", path)
		}
		return bound.ReadFile(path, maxCatalogue)
	}
}

// Open reads a catalogue, and tells note which one it is.
func Open(file string, offline bool, note func(format string, args ...any)) (*Catalogue, error) {
	name, text, err := Text(file)
	if err != nil {
		return nil, err
	}
	c, beside, err := read(name, text)
	if err != nil {
		return nil, err
	}
	note("catalogue: %s", name)
	s := &Catalogue{Catalogue: c, full: c, note: note, file: file, name: name, own: Hash(text), beside: beside}
	if offline {
		s.clamp(publisher.NewData(publisher.Today))
	}
	return s, nil
}

// Changed returns what has another text by now than when s was opened, of the catalogue and
// the files beside it; "": nothing.
func (s *Catalogue) Changed() string {
	name, text, err := Text(s.file)
	if err != nil || name != s.name || Hash(text) != s.own {
		return cmp.Or(name, s.name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.beside)) {
		if text, err := Beside(s.name)(name); err != nil || Hash(text) != s.beside[name] {
			return name
		}
	}
	return ""
}

// maxCatalogue is how much of a catalogue is read, in bytes, which is more than
// catalogue.Parse takes.
const maxCatalogue = 5 << 20

// BuiltIn is the name of the catalogue where there is no file.
const BuiltIn = "built-in series.yaml"

// Text returns the text of the catalogue that Read reads.
func Text(file string) (name string, text []byte, err error) {
	const usual = "series.yaml"
	explicit := file != ""
	if !explicit {
		file = usual
	}
	text, err = bound.ReadFile(file, maxCatalogue)
	switch {
	case err == nil:
		return file, text, nil
	case !explicit && errors.Is(err, fs.ErrNotExist):
		return BuiltIn, lacuna.Series, nil
	}
	return "", nil, fmt.Errorf("catalogue: %w", err)
}

func (s *Catalogue) clamp(data *publisher.Data) {
	s.Catalogue = s.full.Restrict(func(one catalogue.Series) (catalogue.Series, bool) {
		first, last, ok := data.Series(one.Source, one.Code)
		if !ok {
			return one, false
		}
		one.Since = max(one.Since, first)
		if one.Until == 0 || one.Until > last {
			one.Until = last
		}
		return one, true
	})
}

// Patterns returns those that match a series which was not left out, and says
// which were. All of them must match something, left out or not.
func (s *Catalogue) Patterns(given []string) ([]string, error) {
	if given != nil && len(given) == 0 { // an empty variable of a script must not mean everything
		return nil, exit.Usage("--series is empty: leave it out for all series")
	}
	var with, skipped []string
	for _, pattern := range given {
		matched, err := s.full.Match(pattern)
		if err != nil {
			return nil, exit.Usage("%w", err)
		}
		left := s.leftOut(matched)
		if len(left) < len(matched) {
			with = append(with, pattern)
		}
		skipped = append(skipped, left...)
	}
	if given == nil {
		all, err := s.full.Match()
		if err != nil {
			return nil, err
		}
		skipped = s.leftOut(all)
	}
	switch {
	case len(given) == 0 && len(s.All()) == 0 || len(given) > 0 && len(with) == 0:
		return nil, fmt.Errorf("nothing to do: there is no built-in data of %s", some(skipped))
	case len(skipped) > 0:
		s.note("skipped, there is no built-in data: %s", some(skipped))
	}
	return with, nil
}

// some names keys, and of many the first and how many more there are.
func some(keys []string) string {
	if (output.Listing{Series: len(keys)}).Long() {
		return output.Names(keys).String()
	}
	return strings.Join(keys, " ")
}

// One returns the one series called key.
func (s *Catalogue) One(key string) (*catalogue.Series, error) {
	if _, err := s.Patterns([]string{key}); err != nil {
		return nil, err
	}
	one, ok := s.Lookup(key)
	if !ok {
		return nil, exit.Usage("%s is a pattern: want the key of one series", key)
	}
	return one, nil
}

// leftOut returns the keys of those that are not in the catalogue of this call.
func (s *Catalogue) leftOut(among []*catalogue.Series) []string {
	var keys []string
	for _, one := range among {
		if _, ok := s.Lookup(one.Key); !ok {
			keys = append(keys, one.Key)
		}
	}
	return keys
}

// Flags is the flags that choose series and days.
type Flags struct {
	Series         []string
	From, To, Only string
}

// BindSeries adds the flag that chooses series.
func (c *Flags) BindSeries(f *pflag.FlagSet) {
	f.StringSliceVar(&c.Series, "series", nil, "`key` of a series, or a pattern with * and ?; may be repeated (default all)")
}

// BindDays adds the flags that choose days.
func (c *Flags) BindDays(f *pflag.FlagSet) {
	f.StringVar(&c.From, "from", "", "first `day`: 2024-01-05, today or -30d (default: when the series begins)")
	f.StringVar(&c.To, "to", "", "last `day` (default: today)")
}

// BindOnly adds the flag that chooses days by their state.
func (c *Flags) BindOnly(f *pflag.FlagSet) {
	f.StringVar(&c.Only, "only", "due", "which `days`: due, missing, failed or all")
}

// Span returns the range of the flags, as wide as days go where one is not given.
func (c *Flags) Span(today span.Day) (span.Span, error) {
	s := span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)}
	var err error
	if c.From != "" {
		if s.From, err = span.ParseAt(c.From, today); err != nil {
			return s, exit.Usage("--from: %w", err)
		}
	}
	if c.To != "" {
		if s.To, err = span.ParseAt(c.To, today); err != nil {
			return s, exit.Usage("--to: %w", err)
		}
	}
	switch {
	case s.From > s.To:
		return s, exit.Usage("--from %s is after --to %s", s.From, s.To)
	case s.From > today:
		return s, exit.Usage("--from %s is in the future: today is %s", s.From, today)
	}
	return s, nil
}

// Input returns what a run gets as input. Days are fixed: the same input
// means the same days tomorrow.
func (c *Flags) Input(s *Catalogue, today span.Day) (message.Input, error) {
	in := message.Input{Only: c.Only}
	if _, err := row.ParseOnly(c.Only); err != nil {
		return in, exit.Usage("--%w", err)
	}
	days, err := c.Span(today)
	if err != nil {
		return in, err
	}
	if c.From != "" {
		in.From = days.From.String()
	}
	if c.To != "" {
		in.To = days.To.String()
	}
	in.Series, err = s.Patterns(c.Series)
	return in, err
}
