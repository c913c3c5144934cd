package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/export"
	"lacuna/internal/notation"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Formats of files.
var Formats = []string{"csv", "jsonl", "parquet"}

// Names are what a file or a table calls keys and columns, and what they are called here;
// a column without a name here is left out.
type Names map[string]string

// Reader reads files.
type Reader struct {
	Catalogue *catalogue.Catalogue
	Names     Names
	Series    string          // of lines that do not say; "": each must, or the folder does
	Format    string          // one of Formats; "": by the ends of their names
	Dialect   output.Dialect  // of CSV
	Dates     *notation.Dates // of CSV; nil: YYYY-MM-DD
	Stdin     io.Reader       // the file called -

	met map[string]bool // of Names
}

// of returns what is called name in a file or a table as it is called here.
func (r *Reader) of(name string) string {
	here, ok := r.Names[name]
	if !ok {
		return name
	}
	r.meet(name)
	return here
}

func (r *Reader) meet(name string) {
	if r.met == nil {
		r.met = map[string]bool{}
	}
	r.met[name] = true
}

// Unmet returns those of Names that nothing had in what was read, in order.
func (r *Reader) Unmet() []string {
	unmet := []string{}
	for name := range r.Names {
		if !r.met[name] {
			unmet = append(unmet, name)
		}
	}
	slices.Sort(unmet)
	return unmet
}

// maxFiles bounds the files of a folder: a series has one a year.
const maxFiles = 100_000

// Files returns the files that names mean: for a folder the Parquet files in it and below,
// in the order of their names, as `export -o parquet --out DIR/` writes them.
func (r *Reader) Files(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		if name == "-" {
			files = append(files, name)
			continue
		}
		at, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !at.IsDir() {
			files = append(files, name)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(name, func(path string, at fs.DirEntry, err error) error {
			if err != nil || !at.Type().IsRegular() || !strings.EqualFold(filepath.Ext(path), ".parquet") {
				return err
			}
			if files = append(files, path); len(files)-before > maxFiles {
				return fmt.Errorf("%s: more than %d Parquet files", name, maxFiles)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before || r.Format != "" && r.Format != "parquet" {
			return nil, fmt.Errorf("%s is a folder, of which Parquet files are read: name the files", name)
		}
	}
	return files, nil
}

// Bounds of what is read.
const (
	maxLine    = 8 << 20 // bytes
	maxColumns = 1 << 14 // of a file
	maxValues  = 200_000 // of the JSON of a line
	maxNested  = 10
)

// The columns that are no fields.
const (
	columnSeries = "info_type"
	columnDay    = "date"
	columnStatus = "status"
	columnWide   = "day" // the first column of `export --wide`
)

// Lines yields what a file says, and ends after an error, which names file and line.
func (r *Reader) Lines(name string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		if err := r.file(name, func(l Line) bool { l.File = name; return yield(l, nil) }); err != nil {
			yield(Line{}, err)
		}
	}
}

func (r *Reader) file(name string, yield func(Line) bool) error {
	format := r.Format
	if format == "" {
		format = strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
		if format == "ndjson" {
			format = "jsonl"
		}
	}
	if !slices.Contains(Formats, format) {
		return fmt.Errorf("%s: which format has it? --format %s", name, strings.Join(Formats, ", "))
	}
	from := r.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if format == "parquet" {
			return r.parquet(name, f, yield)
		}
		from = f
	} else if format == "parquet" {
		return errors.New("parquet on standard input cannot be read: its index is at its end; name a file")
	}
	if format == "csv" {
		return r.csv(name, from, yield)
	}
	return r.jsonl(name, from, yield)
}

// seriesOf returns the series of lines of a file that do not say: the one of all, or that
// of a folder such as info_type=ECB%23USD, as `export --out DIR/` makes them.
func (r *Reader) seriesOf(name string) string {
	if r.Series != "" {
		return r.Series
	}
	for part := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		if key, ok := strings.CutPrefix(part, columnSeries+"="); ok {
			return export.Unescape(key)
		}
	}
	return ""
}

// eachLine calls do with each line of from that is not empty, without its end, and stops
// when do returns false. The text is do's until it returns.
func eachLine(name string, from io.Reader, do func(n int, text []byte) (bool, error)) error {
	in := bufio.NewScanner(from)
	in.Buffer(make([]byte, 0, 64<<10), maxLine)
	n := 0
	for in.Scan() {
		n++
		text := in.Bytes()
		if n == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		more, err := do(n, text)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if !more {
			return nil
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%s:%d: a line of more than %d bytes", name, n+1, maxLine)
	}
	if in.Err() != nil {
		return fmt.Errorf("%s: %w", name, in.Err())
	}
	return nil
}

// put sets a column of l; a text that is empty says nothing.
func (l *Line) put(column, text string) (err error) {
	if text == "" {
		return nil
	}
	l.size += len(text)
	switch column {
	case "":
	case columnSeries:
		l.Series = text
	case columnDay:
		if l.dates == nil {
			l.Day, err = span.Parse(text)
			break
		}
		switch l.Day, err = l.dates.Parse(text); {
		case errors.Is(err, notation.ErrNoDate):
			err = fmt.Errorf("day %w", err)
		case err != nil:
			err = fmt.Errorf("day %w: another --dates?", err)
		}
	case columnStatus:
		l.Status, err = statusOf(text)
	default:
		if len(l.Cells) == row.MaxFields {
			return fmt.Errorf("more than %d values", row.MaxFields)
		}
		if _, twice := l.Cells.Get(column); twice {
			return fmt.Errorf("two columns are called %.80q", column)
		}
		l.Cells = append(l.Cells, row.Field{Name: column, Value: text})
	}
	return err
}

func statusOf(text string) (row.Status, error) {
	switch s := row.Status(text); s {
	case row.Observed, row.Absent, row.Incomplete, row.Quarantined, export.Missing:
		return s, nil
	}
	return "", fmt.Errorf("status %.80q: want observed, absent, incomplete, quarantined or missing", text)
}

// complete returns why a line says nothing of a day.
func (l *Line) complete(n int, hasDay bool) error {
	l.N = n
	switch {
	case l.Series == "":
		return errors.New("of which series? There is no " + columnSeries + ": --series KEY says it for all lines, or --map NAME=" + columnSeries + " names the column")
	case !hasDay:
		return errors.New("of which day? There is no " + columnDay + ": --map NAME=" + columnDay + " names the column")
	}
	return nil
}
