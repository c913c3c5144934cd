// Package declared asks a publisher as its catalogue says: over HTTP, for CSV, JSON
// or a workbook. What it reads is in the catalogue, and nothing here knows any
// publisher.
package declared

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/notation"
	"lacuna/internal/source"
	"lacuna/internal/source/xlsx"
	"lacuna/internal/span"
)

// What a request of one range may lead to.
const (
	maxPages   = 1000
	maxHalving = 12 // a year into days, and then some
)

// Source is a source.Source. Use New.
type Source struct {
	client *source.Client
	of     *catalogue.Source
	spec   *catalogue.Declared
}

// New returns the source that asks through client as of says, which is declared.
func New(client *source.Client, of *catalogue.Source) *Source {
	return &Source{client, of, of.Declared}
}

// Fetch implements source.Source. It makes as many HTTP requests as the address and
// the pages of the publisher need.
func (s *Source) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	if len(r.Series) == 0 || len(r.Series) > 1 && (s.spec.URL.Uses(notation.Code) || !s.spec.TellsCodesApart()) {
		return source.Answer{}, fault.New(fault.Rejected, "%s: a request is for one series", s.of.Name)
	}
	release, err := s.client.Reserve(ctx, source.Room(r.Span, len(r.Series)))
	if err != nil {
		return source.Answer{}, fmt.Errorf("%s: %w", s.of.Name, err)
	}
	defer release()
	f := newFetch(s, r)
	answer, err := f.all(ctx)
	return s.client.Discreet(fmt.Sprintf("%s %s: status %d", s.of.Name, r.Span, f.status), answer, err)
}

// all asks for all windows.
func (f *fetch) all(ctx context.Context) (source.Answer, error) {
	for _, window := range f.spec.Windows(f.asked.Span, f.of.MaxDays) {
		if err := f.window(ctx, window, 0); err != nil {
			return source.Answer{Requests: f.requests}, fmt.Errorf("%s %s %s: %w", f.of.Name, strings.Join(f.codes, "+"), f.asked.Span, err)
		}
	}
	return f.answer()
}

// fetch is one Fetch at work.
type fetch struct {
	*Source
	asked    source.Request
	codes    []string                   // of the series
	byCode   map[string][]source.Series // the series asked for
	rows     *source.Collector
	requests int
	status   int                  // of the last answer
	failed   map[string]error     // by key: a body does not have the columns of the series
	shown    bool                 // some body has a row of what was asked for
	strange  []string             // codes of bodies without such a row, some of them
	seen     map[place]bool       // of answers in pages
	own      map[string]bool      // by key: the answer for the days that are asked for now has a row
	silent   map[string]span.Runs // the Silent of an answer
	windows  int                  // ranges that were asked for, each by a request of its own
}

// place is where a row belongs.
type place struct {
	key string
	day span.Day
}

func newFetch(s *Source, r source.Request) *fetch {
	f := &fetch{Source: s, asked: r, byCode: map[string][]source.Series{}, failed: map[string]error{}, seen: map[place]bool{}, own: map[string]bool{}}
	for _, one := range r.Series {
		if f.byCode[one.Code] == nil {
			f.codes = append(f.codes, one.Code)
		}
		f.byCode[one.Code] = append(f.byCode[one.Code], one)
	}
	f.rows = source.NewCollector(r.Span, min(source.MaxRows(r.Span, len(r.Series)), 4096))
	return f
}

// Read reads body as the whole answer to r, without asking. Its errors are named
// Malformed.
func Read(ctx context.Context, of *catalogue.Source, r source.Request, body []byte) (source.Answer, error) {
	f := newFetch(&Source{of: of, spec: of.Declared}, r)
	p := f.page(of.Declared.Windows(r.Span, of.MaxDays)[0])
	if err := p.read(ctx, body); err != nil {
		return source.Answer{}, err
	}
	p.conclude()
	return f.answer()
}

// window asks for one range of days; halved tells how often it is a half of what was
// too much.
func (f *fetch) window(ctx context.Context, window span.Span, halved int) error {
	clear(f.own)
	cut, empty, err := f.inPages(ctx, window)
	if err != nil {
		return err
	}
	if cut > 0 {
		return f.halve(ctx, window, cut, halved)
	}
	f.windows++
	if days, ok := window.Intersect(f.asked.Span); ok && !empty {
		for _, s := range f.asked.Series {
			if !f.own[s.Key] {
				if f.silent == nil {
					f.silent = map[string]span.Runs{}
				}
				f.silent[s.Key] = f.silent[s.Key].AppendSpan(days)
			}
		}
	}
	return nil
}

// inPages asks for one range of days, page by page. cut is how many rows came when they are
// as many as there are at most in an answer without pages; nothing is whether the answer is
// what the catalogue says of one without anything, which shows it of its days.
func (f *fetch) inPages(ctx context.Context, window span.Span) (cut int, nothing bool, err error) {
	paging := f.spec.Paging
	asked := notation.Asked{Span: window, Codes: f.codes, Separator: f.spec.Separator, Page: paging.First, Limit: paging.Size}
	numbered := f.spec.URL.Uses(notation.Page) || f.spec.URL.Uses(notation.Offset)
	path := f.spec.URL.Expand(asked)
	pages := map[string]int{} // by address
	var before []byte
	whole := false // a page with as many rows as a page may have was there
	last := 0      // how many pages there are, where the publisher tells
	for page := 1; ; page++ {
		if page > maxPages {
			return 0, false, fault.New(fault.Malformed, "more than %d pages", maxPages)
		}
		if same := pages[path]; same > 0 {
			return 0, false, fault.New(fault.Malformed, "page %d is page %d again: they have the same address", page, same)
		}
		pages[path] = page
		response, empty, err := f.get(ctx, path, page > 1 && numbered)
		if err != nil {
			return 0, false, err
		}
		if page > 1 && bytes.Equal(before, response.Body) && !empty {
			return 0, false, fault.New(fault.Malformed, "page %d is page %d again: the publisher does not follow the address", page, page-1)
		}
		before = response.Body
		p := f.page(window)
		p.paged = numbered || paging.Next != nil || paging.NextHeader
		if empty, err = p.take(ctx, response, empty); err != nil {
			return 0, false, err
		}
		if numbered && paging.Pages != nil && !empty {
			told, err := f.pages(response.Body, p.records)
			if err != nil {
				return 0, false, malformed(err)
			}
			last = max(last, told)
		}
		if numbered && p.records == 0 && page <= last && last > 1 {
			return 0, false, fault.New(fault.Malformed, "page %d of %d has no rows", page, last)
		}
		if p.added > 0 && p.fresh == 0 && page > 1 {
			return 0, false, fault.New(fault.Malformed, "page %d has the rows of pages before it: the publisher does not follow the address", page)
		}
		switch {
		case empty:
			return 0, page == 1, nil
		case paging.NextHeader, paging.Next != nil:
			link, said, err := f.next(response)
			if err != nil {
				return 0, false, fmt.Errorf("the next page: %w", malformed(err))
			}
			if link == "" && !said && paging.Size > 0 && p.records >= paging.Size {
				return 0, false, fault.New(fault.Malformed, "a page of %d rows, as many as there are at most, and nothing says whether there are more", p.records)
			}
			if link == "" {
				if !said && paging.Next != nil { // most leave it out at the end, and a wrong path is never there
					source.Note(ctx, "no next page: nothing is at %s", paging.Next)
				}
				return 0, false, nil
			}
			if f.spec.URL.Uses(notation.Cursor) {
				asked.Cursor = link
				path = f.spec.URL.Expand(asked)
			} else if path, err = f.client.Follow(path, link); err != nil {
				return 0, false, fault.New(fault.Malformed, "the next page: %w", err)
			}
			continue
		case !numbered && paging.Size > 0 && p.records >= paging.Size:
			return p.records, false, nil
		case !numbered && paging.Size == 0 && f.more(response):
			return 0, false, fault.New(fault.Malformed, "the header Link tells of a next page, and the days on it are not absent: want paging: {next: header}")
		case !numbered, p.records == 0:
			return 0, false, nil
		case paging.Pages != nil:
			if page >= last {
				return 0, false, nil
			}
		case whole && p.records < paging.Size:
			return 0, false, nil
		}
		whole = paging.Size > 0 && p.records == paging.Size
		asked.Page++
		asked.Offset += p.records
		path = f.spec.URL.Expand(asked)
	}
}

// take reads the body of r. empty is whether r is what the catalogue says of one without
// anything, and whether it has nothing: a row that is there counts more than a text, which
// may be a note beside it.
func (p *pageReader) take(ctx context.Context, r source.Response, empty bool) (nothing bool, err error) {
	if empty && r.Status != http.StatusOK {
		return true, nil
	}
	err = p.read(ctx, r.Body)
	switch {
	case err != nil && ctx.Err() != nil:
		return false, err
	case empty && !p.taken:
		p.records = 0
		p.rows.Forget()
		return true, nil
	case p.records == 0 && p.spec.Kind == catalogue.HTTPJSON && r.Failure() != "":
		return false, fault.New(fault.Unavailable, "no rows, and the publisher says that it failed: %.100q; if that means that there is nothing, say so with empty", r.Failure())
	case err != nil:
		return false, err
	}
	p.conclude()
	return false, nil
}

// halve asks again for what may have been cut off: as many rows as the publisher
// gives at most prove nothing of the days that are not among them.
func (f *fetch) halve(ctx context.Context, window span.Span, rows, halved int) error {
	if window.Days() < 2 || halved == maxHalving {
		return fault.New(fault.Malformed, "%d rows of %s, as many as paging.size says that there are at most: some may be missing", rows, window)
	}
	middle := window.From + (window.To-window.From)/2
	if err := f.window(ctx, span.Span{From: window.From, To: middle}, halved+1); err != nil {
		return err
	}
	return f.window(ctx, span.Span{From: middle + 1, To: window.To}, halved+1)
}

// get asks for path; empty says that the publisher has nothing. Beyond the first of
// pages that are asked for by number, there being no such page is the end of them.
func (f *fetch) get(ctx context.Context, path string, beyond bool) (r source.Response, empty bool, err error) {
	r, err = f.client.Get(ctx, path)
	f.requests, f.status = f.requests+r.Requests, r.Status
	for _, e := range f.spec.Failed {
		if err == nil && f.says(e, r, err) {
			return r, false, fault.New(fault.Unavailable, "the publisher says that it failed: %.100q", bytes.TrimSpace(r.Body))
		}
	}
	for _, e := range f.spec.Empty {
		if r.Requests > 0 && f.says(e, r, err) {
			return r, true, nil
		}
	}
	if err == nil && beyond && r.Status == http.StatusNotFound {
		return r, true, nil
	}
	if err = r.Refused(err); err != nil {
		if hint := f.hint(r); hint != "" && ctx.Err() == nil {
			err = fault.New(fault.NameOf(err), "%w%s", fault.Bare(err), hint)
		}
		return r, false, err
	}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return r, false, fault.New(fault.Malformed, "an answer without a body: if that means that there is nothing, say so: empty: {body: none}")
	}
	return r, false, nil
}

// hint says what of the catalogue may be wrong when r is refused.
func (f *fetch) hint(r source.Response) string {
	switch {
	case f.spec.Secret != nil && (r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden):
		return " (is the secret right?)"
	case r.Status == http.StatusNoContent:
		return "; if that means that there is nothing, say so: empty: {status: 204}"
	case r.Status != 0 && slices.ContainsFunc(f.spec.Empty, func(e catalogue.Empty) bool { return e.Status == r.Status && e.Text == "" }):
		return fmt.Sprintf("; if this page means that there is nothing, name a text of it: empty: {status: %d, text: ...}", r.Status)
	}
	return ""
}

// says reports whether r is what e describes. A page is that only by its text, and a
// breakdown never.
func (f *fetch) says(e catalogue.Empty, r source.Response, err error) bool {
	switch {
	case e.Status != 0 && r.Status != e.Status,
		e.Status == 0 && r.Status != http.StatusOK,
		e.NoBody && len(bytes.TrimSpace(r.Body)) > 0,
		e.Text != "" && !bytes.Contains(r.Body, []byte(e.Text)) && !strings.Contains(f.text(r.Body), e.Text),
		e.Text == "" && bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("<")):
		return false
	}
	return err == nil || fault.NameOf(err) == fault.Unavailable
}

// text returns a body as text, as far as it is one.
func (f *fetch) text(body []byte) string {
	text, err := decode(body[:min(len(body), 64<<10)], f.spec.Encoding)
	if err != nil {
		return ""
	}
	return string(text)
}

// series are those that a row of code is of; "" is a row of all that were asked for.
func (f *fetch) series(code string) []source.Series {
	if code == "" {
		return f.asked.Series
	}
	return f.byCode[code]
}

// stranger notes a code that was not asked for. Where the address names codes it is
// an answer to something else.
func (p *pageReader) stranger(code string) error {
	if p.spec.URL.Uses(notation.Code) || p.spec.URL.Uses(notation.Codes) {
		return fmt.Errorf("a row of %.50q, which was not asked for", code)
	}
	if len(p.strange) < 5 {
		p.strange = append(p.strange, fmt.Sprintf("%.30q", code))
	}
	return nil
}

// conclude notes what a body says of the series, whatever others say.
func (p *pageReader) conclude() {
	p.fetch.shown = p.fetch.shown || p.shown
	for key, err := range p.lacks {
		if p.failed[key] == nil && !p.had[key] {
			p.failed[key] = err
		}
	}
	if !p.shown && len(p.strange) > 0 && len(p.fetch.strange) == 0 {
		p.fetch.strange = p.strange
	}
}

// answer is what came of all requests.
func (f *fetch) answer() (source.Answer, error) {
	answer, err := f.rows.Answer()
	answer.Requests = f.requests
	if f.windows > 1 {
		answer.Silent = f.silent
	}
	if err != nil {
		return answer, fmt.Errorf("%s: %w", f.of.Name, err)
	}
	switch {
	case len(f.strange) == 0:
	case !f.shown:
		err := fault.New(fault.Malformed, "%s: rows of %s, and none of %s", f.of.Name, strings.Join(f.strange, ", "), strings.Join(f.codes, "+"))
		return source.Answer{Requests: f.requests}, err
	default:
		answer.Warn("%s: some answer has rows of %s, and none of %s", f.of.Name, strings.Join(f.strange, ", "), strings.Join(f.codes, "+"))
	}
	answer.Fail(f.failed)
	if len(answer.Failed) == len(f.asked.Series) {
		var errs []error
		for _, s := range f.asked.Series {
			errs = append(errs, answer.Failed[s.Key])
		}
		return source.Answer{Requests: f.requests}, fmt.Errorf("%s: %w", f.of.Name, source.Foremost(errs))
	}
	if len(f.spec.Code) > 0 || f.spec.Rows != nil && f.spec.Rows.Captures(notation.Code) {
		answer.WarnOfMissing(f.asked.Series, f.asked.Span)
	}
	return answer, nil
}

// pageReader reads one body.
type pageReader struct {
	*fetch
	window  span.Span        // what was asked for
	records int              // rows of all codes and days
	taken   bool             // one of them could be read
	shown   bool             // one of them is of what was asked for
	strange []string         // codes of the others, some of them
	had     map[string]bool  // by key: a row could be looked at for a value
	lacks   map[string]error // by key: the columns of the series are not there
	paged   bool             // it is one of several
	added   int              // rows of the days asked for, by series
	fresh   int              // of them, those that no page before it has
}

func (f *fetch) page(window span.Span) *pageReader {
	return &pageReader{fetch: f, window: window, had: map[string]bool{}, lacks: map[string]error{}}
}

func (p *pageReader) read(ctx context.Context, body []byte) error {
	var err error
	p.rows.Begin(p.window)
	switch p.spec.Kind {
	case catalogue.HTTPCSV:
		err = p.csv(ctx, body)
	case catalogue.HTTPJSON:
		err = p.json(ctx, body)
	case catalogue.HTTPXLSX:
		err = p.workbook(ctx, body)
	}
	if err == nil {
		err = p.rows.Full()
	}
	if err != nil && ctx.Err() == nil {
		return malformed(err)
	}
	return err
}

// malformed names an error that has no name yet.
func malformed(err error) error {
	if errors.As(err, new(*fault.Error)) {
		return err
	}
	return fault.New(fault.Malformed, "%w", err)
}

// cell is a text of a row; "" for none.
type cell struct {
	text   string
	number bool   // of JSON or a workbook: written with a point, whatever the marks of texts
	day    bool   // a number that a workbook shows as a day
	bad    string // why it is not known what the cell says
}

// record is a row before it is known of which series it is. Its errors name the
// column, not the row.
type record interface {
	// cell returns what the row has in c for the series of code.
	cell(c catalogue.Column, code string) (cell, error)
	at() string // where in the body it is, for a person
}

// add takes a row of code, "" where a column says it or the row is of all series.
// dayOf returns its day.
func (p *pageReader) add(ctx context.Context, r record, code string, dayOf func(record) (span.Day, error)) error {
	for i, column := range p.spec.Code {
		c, err := r.cell(column, "")
		switch {
		case err != nil:
			return err
		case c.bad != "":
			return fmt.Errorf("%s: %s", column.Name, c.bad)
		case c.text == "":
			return fmt.Errorf("%s: a row without a code", column.Name)
		case i == 0:
			code = c.text
		default:
			code += " " + c.text
		}
	}
	series := p.series(code)
	if len(series) == 0 {
		p.taken = true
		return p.stranger(code)
	}
	day, err := dayOf(r)
	if err != nil {
		return err
	}
	if p.spec.Period != "" {
		day = notation.PeriodOf(day, p.spec.Period).From
	}
	for _, one := range series {
		values, bad, err := p.values(ctx, r, one, day)
		if err != nil {
			return err
		}
		p.taken = p.taken || bad == nil
		if values == nil { // the row has nothing of this series
			continue
		}
		p.shown, p.had[one.Key] = true, true
		if p.window.Contains(day) {
			p.own[one.Key] = true
		}
		if bad != nil {
			p.rows.Unreadable(one.Key, day, fmt.Errorf("%s: %w", r.at(), bad))
		} else {
			p.rows.Add(one.Key, day, one.Fields, values, "")
		}
		if p.asked.Span.Contains(day) || !p.window.Contains(day) {
			p.note(place{one.Key, day})
		}
	}
	return nil
}

// lack notes that the columns of a series are not there.
func (p *pageReader) lack(key string, err error) {
	if p.lacks[key] == nil {
		p.lacks[key] = fault.New(fault.Malformed, "%w", err)
	}
}

// note counts a row of an answer in pages.
func (p *pageReader) note(at place) {
	if !p.paged {
		return
	}
	if p.added++; !p.seen[at] {
		p.fresh++
		p.seen[at] = true
	}
}

// values returns those of a row for a series, in the order of its fields; nil where
// the columns of the series are not there, which is noted. bad is why the first of those
// that are there and cannot be read cannot.
func (p *pageReader) values(ctx context.Context, r record, one source.Series, day span.Day) (values []string, bad, err error) {
	values = make([]string, len(one.Fields))
	var seen []string
	for i, field := range one.Fields {
		column := p.spec.Values[field]
		c, err := r.cell(column, one.Code)
		if err != nil && column.OfCode() { // others may have theirs
			p.lack(one.Key, err)
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		name, is := notation.OfCode(column.Name, one.Code), "no value"
		if values[i], err = p.number(c); err != nil {
			is = "unreadable"
			bad = cmp.Or(bad, fmt.Errorf("%s: %w", name, err))
		}
		seen = append(seen, fmt.Sprintf("%s: %s %.40q is %s", field, name, c.text, cmp.Or(values[i], is)))
	}
	if p.records <= 3 {
		source.Note(ctx, "row %d, %s %s: %s", p.records, one.Key, day, strings.Join(seen, "; "))
	}
	return values, bad, nil
}

// number reads a value, "" for none.
func (p *pageReader) number(c cell) (string, error) {
	if slices.Contains(p.spec.Numbers.NoValue, c.text) { // -9999 may be a number of JSON or a sheet, too
		return "", nil
	}
	if c.bad != "" {
		return "", errors.New(c.bad)
	}
	if c.day {
		return "", fmt.Errorf("%.40q is shown as a day", c.text)
	}
	text := c.text
	if !c.number {
		var err error
		if text, err = p.spec.Numbers.Plain(text); err != nil {
			return "", err
		}
	}
	value, err := source.Decimal(text)
	if err != nil { // it may have an exponent
		value, err = source.Decimal(source.PlainNumber(text))
	}
	if err != nil || value == "" && text != "" {
		return "", fmt.Errorf("%.50q is not a number with the decimal mark %q", c.text, p.spec.Numbers.Decimal)
	}
	return value, nil
}

// day returns the day of a row.
func (p *pageReader) day(r record) (span.Day, error) {
	texts := make([]string, 0, 1)
	for _, column := range p.spec.Day {
		c, err := r.cell(column, "")
		switch {
		case err != nil:
			return 0, err
		case c.bad != "":
			return 0, fmt.Errorf("%s: %s", column.Name, c.bad)
		}
		if c.number && p.spec.Kind == catalogue.HTTPXLSX && len(p.spec.Day) == 1 {
			return p.serial(c)
		}
		texts = append(texts, strings.TrimSpace(c.text))
	}
	text := strings.Join(texts, " ")
	day, err := p.spec.Dates.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.spec.Day[0].Name, err)
	}
	return day, nil
}

// serial returns the day of a number of a workbook, whether it is shown as a day or not. A
// time of day beside it is a matter of dates, as in a text.
func (p *pageReader) serial(c cell) (span.Day, error) {
	name := p.spec.Day[0].Name
	if !c.day { // such as 20240301
		if day, ok := p.spec.Dates.Read(c.text); ok {
			return day, nil
		}
	}
	if day, ok := xlsx.Day(c.text); ok {
		return day, nil
	}
	text, ok := xlsx.DayAndTime(c.text)
	switch {
	case !ok && c.day:
		return 0, fmt.Errorf("%s: the number %.40s is shown as a day, and is none", name, c.text)
	case !ok:
		text = c.text
	}
	day, err := p.spec.Dates.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return day, nil
}
