package catalogue

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/lazy"
	"lacuna/internal/notation"
	"lacuna/internal/span"

	"github.com/goccy/go-yaml/ast"
)

// The kinds of declared sources, by what the publisher answers with.
const (
	HTTPCSV  = "http-csv"
	HTTPJSON = "http-json"
	HTTPXLSX = "http-xlsx"
)

// Declared is how a publisher without a client of its own is asked, and how its
// answers are read.
type Declared struct {
	Kind string

	// The request.
	URL       *notation.Template
	Separator string // between codes
	Whole     string // the periods of which only whole ones are asked for: notation.Month and longer ones; "": days
	Headers   []Header
	Secret    *Secret // nil: none
	Paging    Paging

	// The answer.
	Empty    []Empty // that there is nothing, said otherwise than by no rows
	Failed   []Empty // that something went wrong, said otherwise than by a status
	Encoding string  // of CSV: utf-8, latin-1 or windows-1252
	Dates    *notation.Dates
	Numbers  notation.Numbers
	Day      []Column          // its texts, with a space between, are the day of a row
	Period   string            // the day of a row is any day of this period; "": the day itself
	Code     []Column          // its texts, with a space between, are the code of a row that is of one series alone; none: no column says it
	Values   map[string]Column // by field

	// Of CSV and of sheets.
	Delimiter rune
	Headless  bool     // the first line has values
	Skip      int      // lines before the header
	Ignore    []string // how lines begin that are no rows
	OpenEnd   bool     // the last line ends without a line break
	Sheet     string   // "": the only one with the columns

	// Of JSON.
	Rows *notation.Path
	Days *notation.Path // the days of rows, by a row's place or name; nil: they are in the rows
}

// Header is a line of a request's header.
type Header struct{ Name, Value string }

// Secret is what a publisher knows its clients by. Its value is never in a
// catalogue.
type Secret struct {
	Header, Query string // where it is sent: one of them
	Prefix        string // before it, such as "Bearer "
	Variable      string // the environment variable that has it; "": the one of the source's name
	Parameter     string // in AWS, of Systems Manager; "": the one of the source's name
}

// Paging is how an answer is divided. The zero Paging is an answer in one piece.
type Paging struct {
	Next       *notation.Path // where an answer has the address of the next page, or what {cursor} stands for there
	NextHeader bool           // it is in the header Link
	First      int            // the number of the first page
	Size       int            // most rows of a page; 0: unknown
	Pages      *notation.Path // where an answer has the number of pages
}

// Empty is how a publisher says that it has nothing, or that it failed: all of what is
// set.
type Empty struct {
	Status int    // 0: any
	Text   string // in the body
	NoBody bool
}

// Column is where a row has a text.
type Column struct {
	Name   string         // in the header, or the path as it is written; {code} is the code of the series
	Number int            // from 1; 0: by name
	Path   *notation.Path // of JSON
}

// OfCode reports whether the column differs from series to series.
func (c Column) OfCode() bool { return strings.Contains(c.Name, "{code}") }

// TellsCodesApart reports whether an answer says which row is of which series.
func (d *Declared) TellsCodesApart() bool {
	if len(d.Code) > 0 || d.Rows != nil && d.Rows.Captures(notation.Code) {
		return true
	}
	for _, c := range d.Values {
		if !c.OfCode() {
			return false
		}
	}
	return true
}

// maxDeclared bounds the lists and mappings of a declared source.
const maxDeclared = 50

var (
	headerPattern    = lazy.Regexp(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
	variablePattern  = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
	parameterPattern = lazy.Regexp(`^/[A-Za-z0-9_./-]{1,500}$`)
	queryPattern     = lazy.Regexp(`^[A-Za-z0-9_.~-]{1,64}$`)
)

// declared reads what a source of a kind has beyond what every source has.
func (o *object) declared(kind string) *Declared {
	d := &Declared{Kind: kind, Separator: ",", Encoding: "utf-8", Delimiter: ',', Paging: Paging{First: 1}}
	d.Dates, _ = notation.ParseDates("yyyy-MM-dd")
	if v, ok := o.get("dates"); ok {
		if f := parsed(notation.ParseDates)(v); f != nil {
			d.Dates = f
		}
	}
	fill(o.need, "url", &d.URL, func(v value) *notation.Template { return v.template(d.Dates) })
	if v, ok := o.get("codes"); ok {
		if d.Separator = v.text(); strings.ContainsAny(d.Separator, "#?& {}") {
			v.fail("%q would end what is asked for: want a text such as a comma, or %%20", d.Separator)
		}
	}
	fill(o.get, "whole", &d.Whole, oneOf(notation.Month, notation.Quarter, notation.Year))
	fill(o.get, "headers", &d.Headers, value.headers)
	fill(o.get, "secret", &d.Secret, value.secret)
	fill(o.get, "paging", &d.Paging, func(v value) Paging { return v.paging(kind) })
	fill(o.get, "empty", &d.Empty, value.empties)
	fill(o.get, "failed", &d.Failed, value.empties)
	d.Numbers = o.numbers()
	switch kind {
	case HTTPJSON:
		o.json(d)
	case HTTPCSV:
		o.csv(d)
	case HTTPXLSX:
		fill(o.get, "sheet", &d.Sheet, value.text)
	}
	o.columns(d)
	o.coherent(d)
	return d
}

func (v value) template(dates *notation.Dates) *notation.Template {
	text := v.text()
	if text == "" {
		return nil
	}
	t, err := notation.ParseTemplate(text, dates)
	if unknown := (*notation.UnknownPlace)(nil); errors.As(err, &unknown) {
		v.fail("%v%s", err, DidYouMean(unknown.Name, notation.Places()))
	} else if err != nil {
		v.fail("%v", err)
	}
	if err != nil {
		return nil
	}
	return t
}

// secretHeaders are those whose values are no business of a catalogue.
var secretHeaders = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// ownHeaders are those that the client writes itself.
var ownHeaders = []string{"Accept-Encoding", "Connection", "Content-Length", "Host", "Transfer-Encoding", "User-Agent"}

func (v value) headers() (list []Header) {
	v.named(maxDeclared, func(name string, v value) {
		text := v.text()
		is := func(other string) bool { return strings.EqualFold(name, other) }
		switch {
		case !headerPattern().MatchString(name):
			v.fail("want the name of a header, such as Accept")
		case slices.ContainsFunc(secretHeaders, is):
			v.fail("a secret: write secret: {header: %s}, and its value into the environment", name)
		case slices.ContainsFunc(ownHeaders, is):
			v.fail("this header is not for a catalogue to set")
		case text != "":
			list = append(list, Header{name, text})
		}
	})
	return list
}

func (v value) secret() *Secret {
	o := v.object()
	defer o.done()
	s := &Secret{}
	fill(o.get, "header", &s.Header, matching(headerPattern, "the name of a header, such as X-Api-Key"))
	fill(o.get, "query", &s.Query, matching(queryPattern, "the name of a parameter, such as api_key"))
	fill(o.get, "prefix", &s.Prefix, value.text)
	fill(o.get, "env", &s.Variable, matching(variablePattern, "the name of an environment variable, and not the secret itself"))
	fill(o.get, "parameter", &s.Parameter, matching(parameterPattern, "the name of a parameter of Systems Manager, such as /lacuna/my-bank"))
	if !o.broken && (s.Header == "") == (s.Query == "") {
		o.fail("want header or query: where the secret is sent")
	}
	return s
}

func (v value) paging(kind string) (p Paging) {
	o := v.object()
	defer o.done()
	p.First = 1
	fill(o.get, "first", &p.First, integer(0, 1))
	fill(o.get, "size", &p.Size, integer(1, 1_000_000))
	if v, ok := o.get("next"); ok {
		if p.NextHeader = v.text() == "header"; !p.NextHeader {
			if kind != HTTPJSON {
				v.fail("want header: the header Link has the address of the next page")
			}
			p.Next = v.definite()
		}
	}
	if kind == HTTPJSON {
		fill(o.get, "pages", &p.Pages, value.definite)
	}
	return p
}

// definite reads the path to one value.
func (v value) definite() *notation.Path {
	p := parsed(notation.ParsePath)(v)
	if p == nil {
		return nil
	}
	if err := p.Definite(); err != nil {
		v.fail("%v", err)
	}
	return p
}

// refusals are the statuses of who may not ask, was too slow or asks too often.
var refusals = []int{401, 403, 408, 429}

// empties reads one way to say that there is nothing, or a list of them.
func (v value) empties() (list []Empty) {
	for _, item := range v.oneOrMany(maxDeclared) {
		o, e := item.object(), Empty{}
		if v, ok := o.get("status"); ok {
			if e.Status = integer(200, 499)(v); slices.Contains(refusals, e.Status) {
				v.fail("%d is a refusal, which proves nothing of any day", e.Status)
			}
		}
		fill(o.get, "text", &e.Text, value.text)
		if v, ok := o.get("body"); ok {
			e.NoBody = oneOf("none")(v) != ""
		}
		switch {
		case o.broken:
		case e == (Empty{}):
			o.fail("want status, text or body")
		case e == (Empty{Status: 200}):
			o.fail("each good answer has the status 200: want a text too")
		}
		o.done()
		list = append(list, e)
	}
	return list
}

// mark reads a text that stands between others, such as a delimiter.
func (v value) mark(words map[string]string) string {
	if n, ok := v.doc.resolve(v.node).(*ast.StringNode); ok && n.Value == "\t" {
		return n.Value
	}
	text := v.text()
	if mark, ok := words[text]; ok {
		return mark
	}
	if len([]rune(text)) > 1 {
		v.fail("%q: want one character", text)
		return ""
	}
	return text
}

func (o *object) numbers() notation.Numbers {
	n := notation.Numbers{Decimal: ".", NoValue: []string{".", "NaN", "null"}}
	fill(o.get, "decimal", &n.Decimal, oneOf(".", ","))
	if v, ok := o.get("thousands"); ok {
		if n.Thousands = v.mark(map[string]string{"space": " ", "none": ""}); n.Thousands == n.Decimal {
			v.fail("%q is the decimal mark", n.Thousands)
		}
	}
	if v, ok := o.get("no_value"); ok {
		n.NoValue = append(n.NoValue, v.texts()...)
	}
	fill(o.get, "around", &n.Around, value.texts)
	return n
}

// texts reads a text, or a list of them.
func (v value) texts() (list []string) {
	for _, item := range v.oneOrMany(maxDeclared) {
		list = append(list, item.text())
	}
	return list
}

func (o *object) csv(d *Declared) {
	fill(o.get, "encoding", &d.Encoding, oneOf("utf-8", "latin-1", "windows-1252"))
	if v, ok := o.get("delimiter"); ok {
		if mark := v.mark(map[string]string{"tab": "\t"}); mark != "" {
			if d.Delimiter = []rune(mark)[0]; d.Delimiter == '"' {
				v.fail("a quote cannot divide columns")
			}
		}
	}
	if v, ok := o.get("header"); ok {
		d.Headless = oneOf("first", "none")(v) == "none"
	}
	fill(o.get, "skip", &d.Skip, integer(0, 1000))
	fill(o.get, "ignore", &d.Ignore, value.texts)
	if v, ok := o.get("last_line"); ok {
		d.OpenEnd = oneOf("closed", "open")(v) == "open"
	}
}

func (o *object) json(d *Declared) {
	fill(o.need, "rows", &d.Rows, parsed(notation.ParsePath))
	fill(o.get, "days", &d.Days, parsed(notation.ParsePath))
}

// columns reads where a row has its day, its code and its values.
func (o *object) columns(d *Declared) {
	need := o.need
	if d.Days != nil || d.Rows != nil && d.Rows.Captures(notation.Day) {
		need = o.get
	}
	v, ok := need("day")
	switch {
	case !ok:
	case d.Rows != nil && d.Rows.Captures(notation.Day):
		v.fail("rows has {day}, which is the day of a row")
	case d.Days != nil:
		v.fail("days has the day of a row")
	default:
		d.Day = v.joined(d)
	}
	if v, ok := o.get("period"); ok {
		if d.Period = oneOf(notation.Month, notation.Quarter)(v); d.Whole == "" && d.URL != nil && d.URL.Uses(notation.From) {
			d.Whole = d.Period // its last day may be the one that is published
		}
	}
	if v, ok := o.get("code"); ok {
		d.Code = v.joined(d)
		if d.Rows != nil && d.Rows.Captures(notation.Code) {
			v.fail("rows has {code}, which is the code of a row")
		}
	}
	if v, ok := o.need("values"); ok {
		d.Values = map[string]Column{}
		v.named(maxDeclared, func(name string, v value) {
			if !fieldPattern().MatchString(name) {
				v.fail("want a field: %s", fieldForm)
			}
			d.Values[name] = v.column(d)
		})
		if len(d.Values) == 0 {
			v.fail("want a field and its column, such as {value: Rate}")
		}
	}
}

// joined reads the columns whose texts, with a space between, are one.
func (v value) joined(d *Declared) (list []Column) {
	for _, item := range v.oneOrMany(4) {
		list = append(list, item.column(d))
	}
	if len(list) == 0 {
		v.fail("want at least one column")
	}
	return list
}

// column reads the name or the number of a column, in JSON the path to it.
func (v value) column(d *Declared) Column {
	if n, ok := v.doc.resolve(v.node).(*ast.IntegerNode); ok {
		if d.Kind == HTTPJSON {
			v.fail("want a path: [0] for the first of a list, or the name of a member in quotes")
			return Column{}
		}
		return Column{Name: n.GetToken().Value, Number: integer(1, 1000)(v)}
	}
	c := Column{Name: v.text()}
	switch {
	case c.Name == "":
	case d.Kind == HTTPJSON:
		p := parsed(notation.ParsePath)(v)
		if p == nil {
			return c
		}
		var err error
		if c.Path, err = p.InRow(); err != nil {
			v.fail("%v", err)
		}
	case d.Headless:
		v.fail("%q: without a header want the number of a column, from 1", c.Name)
	}
	return c
}

// coherent reports what does not fit together.
func (o *object) coherent(d *Declared) {
	if d.URL == nil {
		return
	}
	url := value{o.doc, o.find("url").value, o.field.dot("url")}
	byPage := d.URL.Uses(notation.Page) || d.URL.Uses(notation.Offset)
	next := d.Paging.Next != nil || d.Paging.NextHeader
	switch {
	case d.URL.Uses(notation.Limit) && d.Paging.Size == 0:
		url.fail("{limit} is the size of a page: want paging: {size: 1000}")
	case d.URL.Uses(notation.Cursor) && d.Paging.Next == nil:
		url.fail("{cursor} is what an answer of JSON has for the next page: want paging: {next: $.next_cursor}, the path to it")
	case byPage && next:
		url.fail("a page is asked for by its address or by its number, not both")
	case d.Paging.Pages != nil && !byPage:
		url.fail("paging.pages tells how many pages there are: want {page} or {offset} to ask for them")
	case d.Paging.Size > 0 && !byPage && !next && !(d.URL.Uses(notation.From) && d.URL.Uses(notation.To)):
		url.fail("an answer of no more than paging.size rows needs {page}, {offset}, next, or {from} and {to} to have the rest")
	case d.Whole != "" && !d.URL.Uses(notation.From):
		url.fail("whole periods are asked for by {from} and {to}")
	}
}

// needs reports whether s can be asked for as its source says.
func (d *Declared) needs(s *declaredSeries) {
	for _, field := range s.Fields {
		if _, ok := d.Values[field]; !ok && len(d.Values) > 0 {
			names := slices.Sorted(maps.Keys(d.Values))
			s.sourceAt.fail("values of %s has no column for the field %s%s", s.Source, field, DidYouMean(field, names))
		}
	}
}

// windows returns how many series and days a request may be for, unless the
// catalogue says otherwise.
func (d *Declared) windows() (series, days int) {
	const several, aYear, aMonth = 40, 366, 31
	series, days = 1, 3650
	if d.URL == nil {
		return several, days // what is wrong is told
	}
	if !d.URL.Uses(notation.Code) && d.TellsCodesApart() {
		series = several
	}
	switch { // a request for each of them, all in one message
	case d.URL.Uses(notation.Day):
		days = aMonth
	case d.URL.Uses(notation.Month):
		days = aYear
	}
	return series, days
}

// Requests returns how many requests a range takes, at least: how many pages there are
// only the publisher knows.
func (s *Source) Requests(days span.Span) int {
	if s.Declared == nil {
		return 1
	}
	return len(s.Declared.Windows(days, s.MaxDays))
}

// Windows returns the ranges that the publisher is asked for, in turn, to learn of days.
func (d *Declared) Windows(days span.Span, longest int) []span.Span {
	return d.URL.Windows(days, d.Whole, longest)
}
