// Package intake brings rows from files and tables into a store: what is new is stored,
// what is equal is left, and what differs is never overwritten unless a person says so. It
// never asks a publisher.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/export"
	"lacuna/internal/notation"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
)

// Store is where rows go.
type Store interface {
	Rows(ctx context.Context, series string, s span.Span) ([]row.Row, error)
	Revisions(ctx context.Context, series string, s span.Span) ([]row.Revision, error)
	Insert(ctx context.Context, rows []row.Row) error
	Change(ctx context.Context, old, next row.Row) error
	Restore(ctx context.Context, r row.Row, revisions []row.Revision) error
}

// Line is what one place of a file or a table says of a day.
type Line struct {
	File   string
	N      int    // line or row of File, from 1; 0: it has none
	Series string // key or alias
	Day    span.Day
	Status row.Status      // as it says; "" says nothing, and means observed
	Cells  row.Fields      // the texts of what is not empty, by column
	Whole  *export.Whole   // all that was stored elsewhere; then there are no Cells
	unread error           // why it cannot be told which day or value it has
	dates  *notation.Dates // how the day is written; nil: YYYY-MM-DD
	comma  bool            // Cells have a decimal comma, until they are known to be values
	size   int             // bytes
}

// Place names where a line stands.
func (l *Line) Place() string {
	if l.N == 0 {
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.N)
}

// Source is what rows say that were imported and not fetched.
const Source = "import"

const (
	batchLines = 4096
	batchBytes = 8 << 20 // of the texts of a batch; three batches are held at a time
	// maxAhead is how far in the future a day may be: some publishers know values before
	// their day, and nobody by years.
	maxAhead = 366
)

// Importer stores lines.
type Importer struct {
	Catalogue *catalogue.Catalogue
	Store     Store
	Now       time.Time
	DryRun    bool
	Revise    bool     // different values are replaced, in the name of Hand
	Hand      row.Hand // of Revise

	report Report
}

// Take stores lines as they come, in batches. After an error what the batches before had
// is stored: taking the same again finds it equal and goes on.
func (im *Importer) Take(ctx context.Context, lines iter.Seq2[Line, error]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches, ended := make(chan []Line, 1), make(chan error, 1)
	go func() { // the next batch is read while one is stored
		ended <- read(ctx, lines, batches)
		close(batches)
	}()
	for {
		select {
		case <-ctx.Done(): // the reader may wait for a pipe
			return ctx.Err()
		case batch, more := <-batches:
			if !more {
				return <-ended
			}
			if err := im.batch(ctx, batch); err != nil {
				return err
			}
		}
	}
}

// read sends lines in batches, those before an error too.
func read(ctx context.Context, lines iter.Seq2[Line, error], batches chan<- []Line) error {
	var batch []Line
	size := 0
	send := func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case batches <- batch:
			batch, size = nil, 0
			return nil
		}
	}
	for line, err := range lines {
		if err != nil {
			if len(batch) > 0 && send() != nil {
				return ctx.Err()
			}
			return err
		}
		batch, size = append(batch, line), size+line.size
		if len(batch) == batchLines || size > batchBytes {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(batch) > 0 {
		return send()
	}
	return nil
}

// batch stores lines, which it puts in order.
func (im *Importer) batch(ctx context.Context, lines []Line) error {
	lines, err := im.known(lines)
	if err != nil {
		return err
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Or(strings.Compare(a.Series, b.Series), cmp.Compare(a.Day, b.Day)) })
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n].Series == lines[0].Series {
			n++
		}
		if err := im.series(ctx, lines[:n]); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}

// known returns those of lines that can be stored, with the keys of their series.
func (im *Importer) known(lines []Line) ([]Line, error) {
	kept := lines[:0]
	for _, l := range lines {
		of, err := im.Catalogue.Find(l.Series)
		if err != nil {
			im.report.unknown(&l, im.Catalogue)
			continue
		}
		l.Series = of.Key
		if l.unread != nil {
			im.report.of(l.Series).unread(&l)
			continue
		}
		if l.Whole == nil {
			if l.Status != "" && l.Status != row.Observed || len(l.Cells) == 0 {
				im.report.of(l.Series).Empty++
				continue
			}
			if l.Day > span.DayOf(im.Now)+maxAhead {
				return nil, fmt.Errorf("%s: %s %s is more than a year in the future", l.Place(), l.Series, l.Day)
			}
			if err := checkCells(&l, of); err != nil {
				return nil, fmt.Errorf("%s: %w", l.Place(), err)
			}
		} else {
			l.Whole.Series = l.Series
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// checkCells refuses what is no value of a series, and makes points of decimal commas.
func checkCells(l *Line, of *catalogue.Series) error {
	for i, c := range l.Cells {
		if !slices.Contains(of.Fields, c.Name) {
			return fmt.Errorf("column %.80q is no field of %s, which has %s: --map %s=%s takes it for one, --map %s= leaves it out",
				c.Name, of.Key, strings.Join(of.Fields, " and "), clip(c.Name), of.Fields[0], clip(c.Name))
		}
		value := c.Value
		if l.comma {
			value = strings.Replace(value, ",", ".", 1)
			if strings.Contains(c.Value, ".") || row.CheckPlain(value) != nil {
				return fmt.Errorf("%s %s: %.50q is not a decimal number with a comma", of.Key, c.Name, c.Value)
			}
		}
		if err := row.CheckPlain(value); err != nil {
			return fmt.Errorf("%s %s: %w", of.Key, c.Name, err)
		}
		l.Cells[i].Value = value
	}
	return nil
}

// clip shortens a text of a file for a message.
func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "..."
	}
	return text
}

// day is a day of a series: what is stored, and what lines make of it.
type day struct {
	now  row.Row
	past []row.Revision
}

// series stores lines of one series, in order of their days.
func (im *Importer) series(ctx context.Context, lines []Line) error {
	of, _ := im.Catalogue.Lookup(lines[0].Series)
	days := span.Span{From: lines[0].Day, To: lines[len(lines)-1].Day}
	rows, err := im.Store.Rows(ctx, lines[0].Series, days)
	if err != nil {
		return err
	}
	var revisions []row.Revision
	if slices.ContainsFunc(lines, func(l Line) bool { return l.Whole != nil }) {
		if revisions, err = im.Store.Revisions(ctx, lines[0].Series, days); err != nil {
			return err
		}
	}
	expected := of.Expected(span.Span{From: days.From, To: min(days.To, span.DayOf(im.Now)+maxAhead)})
	count := im.report.of(lines[0].Series)
	var inserts []row.Row
	d := day{}
	var later []func() error // what comes after the inserts, of which it may need one
	for i := range lines {
		l := &lines[i]
		if i == 0 || lines[i-1].Day != l.Day {
			d, rows, revisions = dayOf(l, rows, revisions)
		}
		if (l.Whole == nil || l.Whole.Status == row.Observed) && !expected.Contains(l.Day) {
			count.outside(of, l.Day)
		}
		s := im.decide(&d, l, of)
		count.add(&s, &d.now, l)
		switch old := d.now; {
		case s.kind == equal || s.kind == different || im.DryRun:
		case s.kind == fresh && s.next.Status == row.Observed && len(s.past) == 0 && old.Status == "":
			inserts = append(inserts, s.next)
		case s.restores:
			later = append(later, func() error { return im.restore(ctx, s.next, s.past) })
		default:
			later = append(later, func() error { return im.change(ctx, old, s.next, l, of) })
		}
		d.now, d.past = s.next, append(d.past, s.past...)
	}
	if err := im.Store.Insert(ctx, inserts); err != nil {
		return err
	}
	for _, do := range later {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// dayOf returns what is stored of the day of l, and what is left of rows and revisions
// behind it.
func dayOf(l *Line, rows []row.Row, revisions []row.Revision) (day, []row.Row, []row.Revision) {
	d := day{now: row.Row{Series: l.Series, Day: l.Day}}
	for len(rows) > 0 && rows[0].Day <= l.Day {
		if rows[0].Day == l.Day {
			d.now = rows[0]
		}
		rows = rows[1:]
	}
	for len(revisions) > 0 && revisions[0].Day <= l.Day {
		if revisions[0].Day == l.Day {
			d.past = append(d.past, revisions[0])
		}
		revisions = revisions[1:]
	}
	return d, rows, revisions
}

// kind is what a line comes to.
type kind int

const (
	equal     kind = iota
	fresh          // nothing, or no value, is stored
	different      // another value or a person's word is stored, and stays
	revised        // that gives way
)

// step is what is to be done for a line.
type step struct {
	kind     kind
	next     row.Row
	restores bool           // next and past are stored as they are
	past     []row.Revision // to be stored behind those that are
	reason   string         // of different and revised: what a person has said of the day
}

// decide says what a line comes to. It changes nothing.
func (im *Importer) decide(d *day, l *Line, of *catalogue.Series) step {
	answer := row.Answer{Fields: l.Cells, Source: Source}
	var words []row.Step // of people, that are not known here
	if w := l.Whole; w == nil {
		answer.Reason = of.Check(answer.Fields)
	} else {
		s, done := whole(d, w)
		if done {
			return s
		}
		words = wordsOf(w, &d.now)
		if w.Status != row.Observed { // it takes no value away: that is for mark
			return step{kind: different, next: d.now, reason: said(words)}
		}
		answer.Fields, answer.Source, answer.Raw = w.Fields, w.Source, w.Raw
	}
	old := &d.now
	same := len(old.Fields) > 0 && row.Equal(old.Fields, answer.Fields)
	mark, marked := old.Marked()
	switch {
	case same && len(words) == 0 && (old.Status == row.Observed || answer.Reason != ""):
		return step{kind: equal, next: d.now}
	case len(old.Fields) > 0 || marked:
		s := step{kind: different, next: d.now, reason: said(words)}
		if marked {
			s.reason = mark.String()
		}
		if im.Revise {
			s.kind, s.next = revised, withWords(row.Enter(d.now, answer, im.Hand), words)
		}
		return s
	}
	next, change := row.Next(d.now, answer, row.Asking{At: im.Now, Wanted: true})
	if change == row.Unchanged {
		return step{kind: equal, next: d.now}
	}
	return step{kind: fresh, next: withWords(next, words)}
}

// wordsOf returns what people have decided about a day elsewhere, as far as now does not
// know it.
func wordsOf(w *export.Whole, now *row.Row) (words []row.Step) {
	for _, word := range w.Trail {
		known := func(s row.Step) bool {
			return s.At.Equal(word.At) && s.Answer == word.Answer && s.By == word.By && s.Reason == word.Reason
		}
		if word.By != "" && !slices.ContainsFunc(now.Trail, known) {
			word.At = word.At.UTC()
			words = append(words, word)
		}
	}
	return words
}

// said is the last word of a person.
func said(words []row.Step) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1].String()
}

// withWords returns next with words in its trail, before what made it.
func withWords(next row.Row, words []row.Step) row.Row {
	if len(words) == 0 {
		return next
	}
	before := max(0, len(next.Trail)-1)
	trail := slices.Concat(next.Trail[:before], words)
	slices.SortStableFunc(trail, func(a, b row.Step) int { return a.At.Compare(b.At) })
	next.Trail = append(trail, next.Trail[before:]...)
	return next
}

// whole decides about a day that was stored elsewhere, as far as that needs no rule of
// values: nothing is stored here, or the same.
func whole(d *day, w *export.Whole) (s step, done bool) {
	r, past := w.Row(), w.Past()
	slices.SortFunc(r.Fields, byName)
	here := len(d.past) // an import that was interrupted may have stored the first ones
	begins := here <= len(past) && slices.EqualFunc(d.past, past[:min(here, len(past))], sameRevision)
	switch {
	case d.now.Status == "" && begins && (r.Status != "" || here < len(past)):
		return step{kind: fresh, next: r, restores: true, past: past[here:]}, true
	case d.now.Status == r.Status && row.Equal(d.now.Fields, r.Fields) && len(wordsOf(w, &d.now)) == 0:
		return step{kind: equal, next: d.now}, true
	}
	return step{}, false
}

func byName(a, b row.Field) int { return strings.Compare(a.Name, b.Name) }

func sameRevision(a, b row.Revision) bool {
	return a.Status == b.Status && row.Equal(a.Fields, b.Fields) && a.ReplacedAt.Equal(b.ReplacedAt) && a.ReplacedBy == b.ReplacedBy
}

func (im *Importer) restore(ctx context.Context, r row.Row, past []row.Revision) error {
	err := im.Store.Restore(ctx, r, past)
	if errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("%w: somebody else writes to it; run the same again", err)
	}
	return err
}

// change puts next in the place of old. When somebody else was quicker it is decided
// anew, and a value that came meanwhile stays unless it is to be revised.
func (im *Importer) change(ctx context.Context, old, next row.Row, l *Line, of *catalogue.Series) error {
	return store.Replace(ctx, im.Store, old, next, func(now row.Row) (row.Row, bool, error) {
		s := im.decide(&day{now: now}, l, of)
		return s.next, s.kind == fresh || s.kind == revised, nil
	})
}
