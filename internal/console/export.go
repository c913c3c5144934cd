package console

import (
	"errors"
	"net/http"
	"time"

	"lacuna/internal/export"
	"lacuna/internal/output"
	"lacuna/internal/span"
)

// export writes stored rows, as the verb does: the same query gives the same bytes.
func (s *Server) export(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	patterns, today := words(q["series"]), span.DayOf(s.o.Now())
	if len(patterns) == 0 && s.o.Target.Kind == "aws" {
		return bad("say which series, as in /export?series=KEY; /export?series=* reads all %d", len(s.o.Catalogue.All()))
	}
	e := export.Exporter{Rows: s.o.Rows, Catalogue: s.o.Catalogue}
	var err error
	if e.Days, err = readDays(q, today); err != nil {
		return err
	}
	if text := q.Get("as_of"); text != "" {
		day, err := span.ParseAt(text, today)
		if err != nil {
			return bad("as_of: %v", err)
		}
		if day > today {
			return bad("as_of: %s is in the future", day)
		}
		e.At = export.EndOf(day)
	}
	to := &download{ResponseWriter: w}
	write := func(keys []string) error { return e.CSV(r.Context(), output.NewScreen(to).CSV(), keys) }
	switch format := q.Get("format"); format {
	case "", "csv":
		to.kind, to.name = "text/csv; charset=utf-8", "lacuna.csv"
	case "jsonl":
		to.kind, to.name = "application/jsonl", "lacuna.jsonl"
		write = func(keys []string) error { return e.JSONLines(r.Context(), output.NewScreen(to).JSONLines(), keys) }
	case "parquet":
		to.kind, to.name = "application/vnd.apache.parquet", "lacuna.parquet"
		write = func(keys []string) error { return e.Parquet(r.Context(), to, keys) }
	default:
		return bad("format %.100q: want csv, jsonl or parquet", format)
	}
	keys, err := export.Keys(r.Context(), s.o.Catalogue, s.o.Stored, patterns)
	if wrong := (*export.PatternError)(nil); errors.As(err, &wrong) {
		return bad("series: %v", err)
	}
	if err != nil {
		return err
	}
	switch err = write(keys); {
	case errors.Is(err, export.ErrTooWide):
		return bad("%v", err)
	case err == nil:
		to.begin() // nothing was written: there is none
	case to.begun:
		s.o.Log.WarnContext(r.Context(), "export", "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// download is a file that is written as an answer. Until its first byte the answer may
// become another one.
type download struct {
	http.ResponseWriter
	kind, name string
	begun      bool
}

func (d *download) begin() {
	if !d.begun {
		d.begun = true
		d.Header().Set("Content-Type", d.kind)
		d.Header().Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
}

// Write implements io.Writer. Who reads on is written to, however long it takes in all.
func (d *download) Write(p []byte) (int, error) {
	d.begin()
	http.NewResponseController(d.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTime)) //nolint:errcheck // where there is none, none passes
	return d.ResponseWriter.Write(p)
}
