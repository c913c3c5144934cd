package publisher

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/span"
)

// Kind is what goes wrong.
type Kind string

// The kinds of faults. Those of rows befall the first row asked for that is in
// the fault's Span, and nothing where there is none.
const (
	Status      Kind = "status"       // Fault.Status, an empty body
	HTML        Kind = "html"         // a page, with status 200
	Throttle    Kind = "throttle"     // 429; Wait is in Retry-After, in seconds
	ThrottleOn  Kind = "throttle-on"  // 429; Retry-After is a date, Wait from now
	Reset       Kind = "reset"        // the connection, inside the headers
	Hang        Kind = "hang"         // no answer at all
	Drip        Kind = "drip"         // one byte each Wait, 10 ms when zero
	Slow        Kind = "slow"         // Wait, then the right answer
	CutTransfer Kind = "cut-transfer" // fewer bytes than Content-Length says
	CutBody     Kind = "cut-body"     // the last three bytes are missing, Content-Length agrees
	Columns     Kind = "columns"      // a column has another name

	Twice      Kind = "twice"       // a row is there twice
	Conflict   Kind = "conflict"    // a row is there twice, with different values
	Outside    Kind = "outside"     // a row of the day before the range
	Swapped    Kind = "swapped"     // buy and sell exchanged; day and value where there is one value
	NoValue    Kind = "no-value"    // null, "" or NaN, as the publisher does it
	Negative   Kind = "negative"    // a minus before the values
	NotDecimal Kind = "not-decimal" // a comma for the dot
	Revised    Kind = "revised"     // another value: a digit more
	LeftOut    Kind = "left-out"    // not that row alone: none of the Span is there, as when values are withdrawn

	NoRows    Kind = "no-rows"    // none at all, as the publisher says it
	OtherDays Kind = "other-days" // the range is not followed: the rows of the month after it, or before it
	AllDays   Kind = "all-days"   // the range is not followed: all rows

	OldStyle Kind = "old-style" // FRED alone: the column DATE, and a dot for no value

	Unit        Kind = "unit"         // ANP alone: a row in another unit
	MovedHeader Kind = "moved-header" // ANP alone: more notes above the header
	Renamed     Kind = "renamed"      // ANP alone: the file has another name, which its folder's listing shows
	Product     Kind = "product"      // ANP alone: the product of the row has another name, in all rows of the Span
)

// kinds are those that every source has.
var kinds = []Kind{Status, HTML, Throttle, ThrottleOn, Reset, Hang, Drip, Slow, CutTransfer, CutBody, Columns,
	Twice, Conflict, Outside, Swapped, NoValue, Negative, NotDecimal, Revised, LeftOut,
	NoRows, OtherDays, AllDays}

// Fault is what goes wrong, and where: in requests of Source for any day of
// Span, after the first Skip of them, Times times.
type Fault struct {
	Kind   Kind
	Source string    // "": every source
	Span   span.Span // zero: any days
	Skip   int
	Times  int // 0: for ever

	Status int           // for Status: 503 when zero
	Wait   time.Duration // see the kinds
}

// ParseFault reads kind[@range][:source[:times]]; a number as kind is a status,
// and a range is a day or two with a slash between.
func ParseFault(text string) (Fault, error) {
	kind, rest, _ := strings.Cut(text, ":")
	source, times, limited := strings.Cut(rest, ":")
	kind, days, narrow := strings.Cut(kind, "@")
	f := Fault{Kind: Kind(kind), Source: source}
	if narrow {
		var err error
		if f.Span, err = span.ParseSpan(days); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	if status, err := strconv.ParseUint(kind, 10, 10); err == nil {
		f.Kind, f.Status = Status, int(status)
	}
	n, err := strconv.ParseUint(times, 10, 31)
	if limited && (err != nil || n == 0) {
		return Fault{}, fmt.Errorf("fault %q: want a number of times", text)
	}
	f.Times = int(n)
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

func (f Fault) check() error {
	s, served := services[f.Source]
	switch known := slices.Concat(kinds, s.kinds); {
	case !slices.Contains(known, f.Kind):
		return fmt.Errorf("fault %q: want one of %s", f.Kind, known)
	case f.Source != "" && !served:
		return fmt.Errorf("fault of source %q: want one of %s", f.Source, Sources())
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault with status %d: want 200 to 599", f.Status)
	}
	return nil
}

// Fail makes the publisher fail from now on. Of several faults that match a
// request the first that is left befalls it.
func (p *Publisher) Fail(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &f)
	return nil
}

// Heal ends all faults.
func (p *Publisher) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// nextFault returns what befalls this request; a Fault without a Kind does nothing.
func (p *Publisher) nextFault(asked Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.faults {
		_, overlaps := f.Span.Intersect(asked.Span)
		if f.Source != "" && f.Source != asked.Source || f.Span != (span.Span{}) && !overlaps {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				p.faults = append(p.faults[:i], p.faults[i+1:]...)
			}
		}
		return *f
	}
	return Fault{}
}

// days returns the days whose rows the answer has.
func (f Fault) days(d *Data, asked Request) span.Span {
	const month = 31
	s := asked.Span
	switch f.Kind {
	case AllDays:
		for _, code := range asked.Codes {
			if first, last, ok := d.Series(asked.Source, code); ok {
				s = span.Span{From: min(s.From, first), To: max(s.To, last)}
			}
		}
	case OtherDays:
		for _, other := range []span.Span{{From: s.To + 1, To: s.To + month}, {From: s.From - month, To: s.From - 1}} {
			for _, code := range asked.Codes {
				if len(d.between(asked.Source, code, other)) > 0 {
					return other
				}
			}
		}
	}
	return s
}

// onRows puts the fault into rows, which are this request's own.
func (f Fault) onRows(rows []line, asked span.Span) []line {
	at := 0
	for f.Span != (span.Span{}) && at < len(rows) && !f.Span.Contains(rows[at].Day) {
		at++
	}
	if at == len(rows) {
		return rows
	}
	change := func(edit func(value string) string) line {
		r := rows[at]
		r.Values = make([]string, len(rows[at].Values))
		for i, value := range rows[at].Values {
			r.Values[i] = edit(value)
		}
		return r
	}
	switch r := rows[at]; f.Kind {
	case Twice:
		return slices.Insert(rows, at, r)
	case Conflict:
		return slices.Insert(rows, at, change(func(value string) string { return "1" + value }))
	case Outside:
		r.Day = asked.From - 1
		return slices.Insert(rows, 0, r)
	case Swapped:
		rows[at].swapped = true
	case Unit:
		rows[at].unit = true
	case Product:
		for i := range rows {
			if rows[i].code == r.code && (f.Span == span.Span{} || f.Span.Contains(rows[i].Day)) {
				rows[i].renamed = true
			}
		}
	case NoRows:
		return nil
	case NoValue:
		rows[at] = change(func(string) string { return "" })
	case Negative:
		rows[at] = change(func(value string) string { return "-" + value })
	case Revised:
		rows[at] = change(oneDigitMore)
	case LeftOut:
		return slices.DeleteFunc(rows, func(r line) bool { return f.Span == (span.Span{}) || f.Span.Contains(r.Day) })
	case NotDecimal:
		rows[at] = change(func(value string) string { return strings.Replace(value, ".", ",", 1) })
	}
	return rows
}

// oneDigitMore is another number, near value.
func oneDigitMore(value string) string {
	if !strings.Contains(value, ".") {
		value += "."
	}
	return value + "1"
}
