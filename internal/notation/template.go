package notation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/span"
)

// Template is an address with places for what is asked. Use ParseTemplate.
type Template struct {
	text   string // as it was written
	dates  *Dates // of a place that names no form
	origin string // scheme://host:port
	parts  []place
}

// written is a Template in JSON.
type written struct {
	Text  string `json:"text"`
	Dates *Dates `json:"dates"`
}

// MarshalJSON returns the address as it was written, and the form of its days.
func (t *Template) MarshalJSON() ([]byte, error) { return json.Marshal(written{t.text, t.dates}) }

// UnmarshalJSON reads an address by ParseTemplate.
func (t *Template) UnmarshalJSON(text []byte) error {
	var w written
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	read, err := ParseTemplate(w.Text, w.Dates)
	if err == nil {
		*t = *read
	}
	return err
}

// place is a literal text, or a place for what is asked.
type place struct {
	literal string
	name    string // "": literal
	dates   *Dates // of a day
	query   bool   // after the ?
}

// The places that an address may have.
const (
	From   = "from" // the first day asked for
	To     = "to"
	Day    = "day"   // a request asks for one day alone
	Month  = "month" // for one month
	Year   = "year"  // for one year
	Code   = "code"  // of the one series asked for
	Codes  = "codes" // of all of them
	Page   = "page"  // the number of a page
	Offset = "offset"
	Limit  = "limit"  // rows of a page
	Cursor = "cursor" // what the answer before had for the next page; nothing in the first request
)

// Places are the names of all of them.
func Places() []string {
	return []string{From, To, Day, Month, Year, Code, Codes, Page, Offset, Limit, Cursor}
}

// maxTemplate bounds an address, in bytes.
const maxTemplate = 2000

// ParseTemplate reads an address such as
//
//	https://bank.example/rates/{code}.csv?from={from}&to={to:dd/MM/yyyy}
//
// Days have the form dates, but where a place names another one; a month is MM and
// a year yyyy.
func ParseTemplate(text string, dates *Dates) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("%d bytes: want at most %d", len(text), maxTemplate)
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return nil, errors.New("want https://host/path, with places such as {from}")
	}
	end := strings.IndexAny(rest, "/?#{")
	if end < 0 {
		end = len(rest)
	}
	t := &Template{text: text, dates: dates, origin: scheme + "://" + rest[:end]}
	if u, err := url.Parse(t.origin); err != nil || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("want https://host/path, without a user or a password: those are a secret's")
	}
	path := rest[end:]
	switch {
	case strings.HasPrefix(path, "{"):
		return nil, errors.New("the host has no places for what is asked")
	case strings.Contains(path, "#"):
		return nil, errors.New("want no fragment (#)")
	case !strings.HasPrefix(path, "/"):
		path = "/" + path
	}
	if err := t.compile(path, dates); err != nil {
		return nil, err
	}
	if _, err := url.Parse(t.origin + t.Expand(Asked{Codes: []string{"x"}})); err != nil {
		return nil, fmt.Errorf("%.100q cannot be read as an address", text)
	}
	return t, t.check()
}

func (t *Template) compile(path string, dates *Dates) error {
	query := false
	for path != "" {
		literal, rest, open := strings.Cut(path, "{")
		if i := strings.IndexAny(literal, "} \"<>\\"); i >= 0 {
			return fmt.Errorf("%q in an address: want %%%X", literal[i:i+1], literal[i])
		}
		if literal != "" {
			t.parts = append(t.parts, place{literal: literal})
			query = query || strings.Contains(literal, "?")
		}
		if !open {
			return nil
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return errors.New("a { without a }")
		}
		p, err := parsePlace(inside, dates)
		if err != nil {
			return err
		}
		p.query = query
		t.parts = append(t.parts, p)
		path = after
	}
	return nil
}

func parsePlace(inside string, dates *Dates) (place, error) {
	name, form, formed := strings.Cut(inside, ":")
	p := place{name: name}
	if !slices.Contains(Places(), name) {
		return p, &UnknownPlace{name}
	}
	switch name {
	case From, To, Day:
		p.dates = dates
	case Month:
		p.dates = &Dates{text: "MM", parts: []datePart{part('M', 2)}}
	case Year:
		p.dates = &Dates{text: "yyyy", parts: []datePart{part('y', 4)}}
	}
	if !formed {
		return p, nil
	}
	if p.dates == nil {
		return p, fmt.Errorf("{%s}: only a day has a form", inside)
	}
	var err error
	if p.dates, err = parseParts(form); err != nil { // a part of a day will do
		return p, fmt.Errorf("{%.60s}: %w", inside, err)
	}
	return p, nil
}

// UnknownPlace is a name that no place has.
type UnknownPlace struct{ Name string }

func (u *UnknownPlace) Error() string {
	return fmt.Sprintf("{%.50s} is no place for what is asked: there are {%s}", u.Name, strings.Join(Places(), "}, {"))
}

func (t *Template) check() error {
	switch {
	case t.Uses(Code) && t.Uses(Codes):
		return errors.New("want {code} or {codes}, not both")
	case t.Uses(To) && !t.Uses(From):
		return errors.New("{to} without {from}")
	case t.Uses(Page) && t.Uses(Offset), t.Uses(Cursor) && (t.Uses(Page) || t.Uses(Offset)):
		return errors.New("want one of {page}, {offset} and {cursor}")
	case t.unit() != "" && t.Uses(From):
		return fmt.Errorf("want {%s} or {from} and {to}, not both", t.unit())
	}
	return nil
}

// Uses reports whether the address has the place called name.
func (t *Template) Uses(name string) bool {
	return slices.ContainsFunc(t.parts, func(p place) bool { return p.name == name })
}

// Origin is where the publisher is: scheme, host and port.
func (t *Template) Origin() string { return t.origin }

// Asked is what one request asks for.
type Asked struct {
	Span                span.Span // its first and last day
	Codes               []string
	Separator           string // between codes
	Page, Offset, Limit int
	Cursor              string
}

// Expand returns the path and the query that ask for a.
func (t *Template) Expand(a Asked) string {
	var b strings.Builder
	for _, p := range t.parts {
		escape := url.PathEscape
		if p.query {
			escape = url.QueryEscape
		}
		switch p.name {
		case "":
			b.WriteString(p.literal)
		case Code, Codes:
			for i, code := range a.Codes {
				if i > 0 {
					b.WriteString(a.Separator)
				}
				b.WriteString(escape(code))
			}
		case Page:
			b.WriteString(strconv.Itoa(a.Page))
		case Offset:
			b.WriteString(strconv.Itoa(a.Offset))
		case Limit:
			b.WriteString(strconv.Itoa(a.Limit))
		case Cursor:
			b.WriteString(escape(a.Cursor))
		case To:
			b.WriteString(escape(p.dates.FormatEnd(a.Span.To)))
		default:
			b.WriteString(escape(p.dates.Format(a.Span.From)))
		}
	}
	return b.String()
}

// unit is the shortest of the periods that a request is for, "" for a range.
func (t *Template) unit() string {
	for _, name := range []string{Day, Month, Year} {
		if t.Uses(name) {
			return name
		}
	}
	return ""
}

// Windows returns the ranges of days that the publisher is asked for, in turn, to
// learn of s: one each day, month or year where the address has a place for that
// alone; else one, without a beginning or an end where the address has no place for
// it. When whole is a Month, Quarter or Year, windows are of whole ones, as many as
// have at most longest days, and at least one.
func (t *Template) Windows(s span.Span, whole string, longest int) []span.Span {
	unit := t.unit()
	switch {
	case unit != "":
		longest = 0 // one each
	case !t.Uses(From):
		return []span.Span{Always}
	case !t.Uses(To):
		return []span.Span{{From: PeriodOf(s.From, whole).From, To: Always.To}}
	case whole == "":
		return []span.Span{s}
	default:
		unit = whole
	}
	var list []span.Span
	for d := s.From; d <= s.To; {
		window := PeriodOf(d, unit)
		d = window.To + 1
		if last := len(list) - 1; last >= 0 && window.To-list[last].From < span.Day(longest) {
			list[last].To = window.To
		} else {
			list = append(list, window)
		}
	}
	return list
}

// Quarter is a period that no address has a place for.
const Quarter = "quarter"

// Always is all days.
var Always = span.Span{From: span.Date(1, 1, 1), To: span.Date(9999, 12, 31)}

// PeriodOf returns the Month, Quarter or Year that d is in; d alone for another
// unit.
func PeriodOf(d span.Day, unit string) span.Span {
	year, month, _ := d.Date()
	switch unit {
	case Month:
		return span.Span{From: span.Date(year, month, 1), To: span.Date(year, month+1, 1) - 1}
	case Quarter:
		month -= (month - 1) % 3
		return span.Span{From: span.Date(year, month, 1), To: span.Date(year, month+3, 1) - 1}
	case Year:
		return span.Span{From: span.Date(year, 1, 1), To: span.Date(year, 12, 31)}
	}
	return span.Span{From: d, To: d}
}
