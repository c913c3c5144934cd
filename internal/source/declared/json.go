package declared

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/bound"
	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/lazy"
	"lacuna/internal/notation"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// What a JSON body may have: rows are read one after the other, so its length costs
// time, and one row memory.
const (
	maxValues    = 20_000_000
	maxRowValues = 20_000
	maxDepth     = 64
)

func (p *pageReader) json(ctx context.Context, body []byte) error {
	if !isJSON(body) {
		text, err := decode(body[:min(len(body), 120)], "latin-1")
		if err != nil {
			return err
		}
		return fmt.Errorf("no JSON: %.60q", text)
	}
	if err := bound.JSON(body, maxValues, maxDepth); err != nil {
		return err
	}
	w := &walk{pageReader: p, ctx: ctx, most: source.MaxRows(p.window, len(p.asked.Series))}
	if p.spec.Days != nil {
		take := func(*at) error {
			if len(w.days) == w.most {
				return fmt.Errorf("more than %d days", w.most)
			}
			text, err := w.scalar()
			w.days = append(w.days, text)
			return err
		}
		if err := w.read(body, "days", p.spec.Days, take); err != nil {
			return err
		}
	}
	w.inRows = true
	if err := w.read(body, "rows", p.spec.Rows, w.row); err != nil {
		if p.records == 0 { // what the publisher says instead may be the reason
			return fmt.Errorf("%w; the body begins with %.120q", err, bytes.TrimSpace(body)[:min(len(bytes.TrimSpace(body)), 120)])
		}
		return err
	}
	return nil
}

func isJSON(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && bytes.IndexByte([]byte(`{["-0123456789tfn`), body[0]) >= 0
}

// walk goes along a path through a body, without keeping it.
type walk struct {
	*pageReader
	ctx   context.Context
	j     *source.JSON
	take  func(*at) error
	most  int      // rows
	days  []string // of the rows, where they have none themselves
	group *string  // of the rows so far; nil: none

	inRows bool // and not on the way to the days
}

// at is where a walk is.
type at struct {
	path  string
	code  string // the name of the member that is one; "": none
	day   *span.Day
	index string // the place in a list, or the name of a member, of the last [*]
	group string // the same of each [*] before the last one
}

// read calls take at each end of path, which is what of the catalogue.
func (w *walk) read(body []byte, what string, path *notation.Path, take func(*at) error) error {
	w.take = take
	return source.ReadJSON(body, func(j *source.JSON) error {
		w.j = j
		err := w.walk(path.Steps, at{path: "$"})
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		return fault.New(fault.Malformed, "%s: %w", what, err)
	})
}

func (w *walk) walk(steps []notation.Step, here at) error {
	if len(steps) == 0 {
		return w.take(&here)
	}
	step, rest := steps[0], steps[1:]
	t, err := w.j.Token()
	if err != nil {
		return err
	}
	switch open, _ := t.(json.Delim); {
	case open == '[' && step.Name == "" && step.Capture == "":
		return w.list(step, rest, here)
	case open == '{' && (step.Name != "" || step.All):
		return w.object(step, rest, here)
	case t == nil && !step.All:
		return missing("%s is null, and has no %q", here.path, cmpName(step, step.Name))
	case step.All && step.Capture == "":
		return fmt.Errorf("%s is %s, not a list or an object", here.path, kindOf(t))
	case step.Name != "" || step.All:
		return fmt.Errorf("%s is %s, not an object", here.path, kindOf(t))
	default:
		return fmt.Errorf("%s is %s, not a list", here.path, kindOf(t))
	}
}

// missing is an error about what is not there.
func missing(format string, args ...any) error { return &absence{fmt.Sprintf(format, args...)} }

type absence struct{ text string }

func (a *absence) Error() string { return a.text }

func kindOf(t any) string {
	switch t := t.(type) {
	case nil:
		return "null"
	case json.Delim:
		if t == '[' {
			return "a list"
		}
		return "an object"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	}
	return fmt.Sprintf("%.40q", fmt.Sprint(t))
}

// enter goes to one of all members, called name; rest are the steps after it.
func (a *at) enter(name string, rest []notation.Step) {
	if a.index = name; !isLast(rest) {
		a.group = strings.TrimPrefix(a.group+"."+name, ".")
	}
}

// isLast reports whether no step of rest goes to all members.
func isLast(rest []notation.Step) bool {
	return !slices.ContainsFunc(rest, func(s notation.Step) bool { return s.All })
}

// list goes on with the elements of a list that has begun.
func (w *walk) list(step notation.Step, rest []notation.Step, here at) error {
	n := 0
	for ; w.j.More(); n++ {
		if !step.All && n != step.Index {
			if err := w.j.Skip(); err != nil {
				return err
			}
			continue
		}
		inside := here
		if step.All {
			inside.enter(strconv.Itoa(n), rest)
		}
		inside.path += "[" + strconv.Itoa(n) + "]"
		if err := w.walk(rest, inside); err != nil {
			return err
		}
	}
	if !step.All && step.Index >= n {
		return missing("%s has %d elements, and no [%d]", here.path, n, step.Index)
	}
	if step.All && isLast(rest) && w.inRows && w.spec.Days != nil && n != len(w.days) {
		return fmt.Errorf("%s has %d rows, and there are %d days at %s: which is of which day is not known", here.path, n, len(w.days), w.spec.Days)
	}
	_, err := w.j.Token()
	return err
}

// object goes on with the members of an object that has begun.
func (w *walk) object(step notation.Step, rest []notation.Step, here at) error {
	found := false
	var names []string
	for w.j.More() {
		t, err := w.j.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if len(names) < 20 {
			names = append(names, strings.Clone(name))
		}
		inside, wanted, err := w.member(step, rest, name, here)
		if err != nil {
			return err
		}
		if !wanted {
			if err := w.j.Skip(); err != nil {
				return err
			}
			continue
		}
		found = true
		if err := w.walk(rest, inside); err != nil {
			return err
		}
	}
	if !found && !step.All {
		return missing("%s has %s, and no %q", here.path, orNothing(names), step.Name)
	}
	_, err := w.j.Token()
	return err
}

var plainName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_-]{0,39}$`)

func below(name string) string {
	if plainName().MatchString(name) {
		return "." + name
	}
	return fmt.Sprintf("['%.40s']", name)
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no members"
	}
	return shown(names)
}

// member tells whether a step goes to the member called name, and what its name says.
func (w *walk) member(step notation.Step, rest []notation.Step, name string, here at) (inside at, wanted bool, err error) {
	inside = here
	inside.path += below(name)
	switch {
	case step.Capture == notation.Code:
		inside.code = name
		if wanted = len(w.byCode[name]) > 0; !wanted {
			err = w.stranger(name)
		}
	case step.Capture == notation.Day:
		var day span.Day
		if day, err = w.spec.Dates.Parse(name); err != nil {
			err = fmt.Errorf("%s: %w", here.path, err)
		}
		inside.day, wanted = &day, true
	case step.All:
		inside.enter(name, rest)
		wanted = true
	default:
		wanted = name == step.Name
	}
	return inside, wanted, err
}

// scalar reads the value that comes next, as a text.
func (w *walk) scalar() (string, error) {
	var v any
	if err := w.decode(&v); err != nil {
		return "", err
	}
	c, err := cellOf(v)
	return c.text, err
}

// decode reads the value that comes next, which is small.
func (w *walk) decode(v *any) error {
	var raw json.RawMessage
	if err := w.j.Decode(&raw); err != nil {
		return err
	}
	if err := bound.JSON(raw, maxRowValues, maxDepth); err != nil {
		return fmt.Errorf("a row with %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber() // digit for digit
	return in.Decode(v)
}

// row reads the row that comes next.
func (w *walk) row(here *at) error {
	if w.records++; w.records > w.most {
		return fmt.Errorf("more than %d rows", w.most)
	}
	switch {
	case w.group == nil:
		w.group = &here.group
	case *w.group != here.group && !w.spec.TellsCodesApart(): // what lies apart may be of another series
		return fmt.Errorf("two series in the answer: %.60s, %.60s", *w.group, here.group)
	}
	var v any
	err := w.decode(&v)
	if err != nil {
		return fmt.Errorf("%s: %w", here.path, err)
	}
	dayOf := w.day
	switch {
	case here.day != nil:
		dayOf = func(record) (span.Day, error) { return *here.day, nil }
	case w.spec.Days != nil:
		dayOf = func(record) (span.Day, error) { return w.dayAt(here.index) }
	}
	if err := w.add(w.ctx, member{v, here.path}, here.code, dayOf); err != nil {
		return fmt.Errorf("%s: %w", here.path, err)
	}
	return w.rows.Full()
}

// dayAt returns the day of the row at a place.
func (w *walk) dayAt(index string) (span.Day, error) {
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(w.days) {
		return 0, fmt.Errorf("row %.20q, and there are %d days at %s", index, len(w.days), w.spec.Days)
	}
	return w.spec.Dates.Parse(w.days[i])
}

// member is a row of JSON.
type member struct {
	value any
	path  string
}

func (m member) at() string { return "rows: " + m.path }

func (m member) cell(c catalogue.Column, code string) (cell, error) {
	v := m.value
	for _, step := range c.Path.Steps {
		switch of := v.(type) {
		case map[string]any:
			name := notation.OfCode(step.Name, code)
			inner, ok := of[name]
			if step.Name == "" || !ok {
				return cell{}, fmt.Errorf("no %q in the row, which has %s", cmpName(step, name), orNothing(slices.Sorted(maps.Keys(of))))
			}
			v = inner
		case []any:
			if step.Name != "" || step.Index >= len(of) {
				return cell{}, fmt.Errorf("no %q in the row, which is a list of %d", cmpName(step, step.Name), len(of))
			}
			v = of[step.Index]
		default:
			return cell{}, fmt.Errorf("no %q in the row, which is %s there", cmpName(step, step.Name), kindOf(v))
		}
	}
	out, err := cellOf(v)
	if err != nil {
		return cell{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	return out, nil
}

func cmpName(step notation.Step, name string) string {
	if step.Name == "" {
		return fmt.Sprintf("[%d]", step.Index)
	}
	return name
}

func cellOf(v any) (cell, error) {
	switch v := v.(type) {
	case nil:
		return cell{}, nil
	case string:
		return cell{text: v}, nil
	case json.Number:
		return cell{text: v.String(), number: true}, nil
	case bool:
		return cell{text: strconv.FormatBool(v), bad: "a truth value"}, nil
	}
	return cell{}, fmt.Errorf("%s, not a value", kindOf(v))
}

// one returns the value at the end of path in a JSON body; said is false when there
// is none.
func (f *fetch) one(body []byte, path *notation.Path) (text string, said bool, err error) {
	if !isJSON(body) || bound.JSON(body, maxValues, maxDepth) != nil {
		return "", false, errors.New("no JSON")
	}
	w := &walk{pageReader: f.page(f.asked.Span)}
	found := errors.New("found")
	err = w.read(body, path.String(), path, func(*at) error {
		if text, err = w.scalar(); err != nil {
			return err
		}
		return found
	})
	switch {
	case errors.Is(err, found):
		return text, true, nil
	case errors.As(err, new(*absence)):
		return "", false, nil
	}
	return "", false, err
}

// pages returns how many pages there are; 0 when an answer without rows does not tell.
func (f *fetch) pages(body []byte, rows int) (int, error) {
	text, said, err := f.one(body, f.spec.Paging.Pages)
	if err != nil || !said && rows == 0 {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s: %.40q is not the number of pages", f.spec.Paging.Pages, text)
	}
	return n, nil
}

// more reports whether the header Link of an answer, which the catalogue does not look at,
// has a next page. One that cannot be read tells of none.
func (f *fetch) more(r source.Response) bool {
	address, err := nextOf(r.Link)
	return err == nil && address != ""
}

// next returns the address of the next page, "" where there is none; said is false
// when the answer has no place for it.
func (f *fetch) next(r source.Response) (address string, said bool, err error) {
	if f.spec.Paging.NextHeader {
		address, err = nextOf(r.Link)
		return address, r.Link != "", err
	}
	return f.one(r.Body, f.spec.Paging.Next)
}
