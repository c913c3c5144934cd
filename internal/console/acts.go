package console

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"lacuna/internal/act"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Changer changes rows, as store.Store does.
type Changer interface {
	// Change replaces the row old by next; the error wraps store.ErrConflict when the row
	// is another one by now.
	Change(ctx context.Context, old, next row.Row) error
}

// Bounds of acts: how many are kept, and how many days one has.
const (
	maxActs    = 32
	maxActDays = 1000
)

// deed is what a person is about to do, and what became of it.
type deed struct {
	Parts  []part
	Ranged bool // a range of one series was asked for

	mu   sync.Mutex // held while it is done
	done bool
}

// part is a deed's days of one series.
type part struct {
	act.Decision
	Steps   []act.Step
	Unfit   []act.Unfit
	Results []string // of steps, once it was done; "": done
}

var backToHeld = Link{"/held", "Held days"}

// readAct reads the form of a decision: `day` many times, or series, from and to.
func (s *Server) readAct(r *http.Request) (*deed, error) {
	if err := r.ParseForm(); err != nil {
		return nil, badForm(err)
	}
	q := r.PostForm
	does := row.Act(q.Get("act"))
	if !slices.Contains([]row.Act{row.Accept, row.Release, row.MarkAbsent, row.MarkMissing}, does) {
		return nil, bad("act %.100q: want %s, %s, %s or %s", does, row.Accept, row.Release, row.MarkAbsent, row.MarkMissing)
	}
	hand := row.Hand{At: s.o.Now(), By: s.o.By, Reason: strings.TrimSpace(q.Get("reason"))}
	if hand.Reason == "" {
		return nil, bad("Say the reason: it is kept with the days.")
	}
	for _, said := range []struct{ what, text string }{{"reason", hand.Reason}, {"the person", hand.By}} {
		if err := act.CheckWords(said.text); err != nil {
			return nil, bad("%s: %v", said.what, err)
		}
	}
	today := span.DayOf(hand.At)
	d := &deed{}
	find := func(key string) (*part, error) {
		for i := range d.Parts {
			if d.Parts[i].Of.Key == key {
				return &d.Parts[i], nil
			}
		}
		of, ok := s.o.Catalogue.Lookup(key)
		if !ok {
			return nil, bad("no series is called %.100q", key)
		}
		d.Parts = append(d.Parts, part{Decision: act.Decision{Act: does, Of: of, Hand: hand, Shown: true}})
		return &d.Parts[len(d.Parts)-1], nil
	}
	for _, box := range q["day"] {
		key, text, _ := strings.Cut(box, "|")
		day, err := span.Parse(text)
		if err == nil && day > today {
			err = bad("%s is in the future", day)
		}
		if err != nil {
			return nil, bad("day %.100q: %v", box, err)
		}
		p, err := find(key)
		if err != nil {
			return nil, err
		}
		if p.Days == nil {
			p.Days, p.Within = map[span.Day]bool{}, span.Span{From: day, To: day}
		}
		p.Days[day], p.Within = true, span.Span{From: min(p.Within.From, day), To: max(p.Within.To, day)}
	}
	if len(d.Parts) > 0 {
		return d, nil
	}
	if q.Get("series") == "" {
		return nil, bad("No day was chosen.")
	}
	days, err := readDays(q, today)
	switch {
	case err != nil:
		return nil, err
	case q.Get("from") == "" || q.Get("to") == "":
		return nil, bad("Say from which day to which.")
	case days.To > today:
		return nil, bad("to: %s is in the future", days.To)
	}
	p, err := find(q.Get("series"))
	if err != nil {
		return nil, err
	}
	p.Within, d.Ranged = days, true
	return d, nil
}

// readDays reads from and to, as wide as days go where one is not given.
func readDays(q map[string][]string, today span.Day) (days span.Span, err error) {
	days = anyDay
	for name, into := range map[string]*span.Day{"from": &days.From, "to": &days.To} {
		if text := q[name]; len(text) > 0 && text[0] != "" {
			if *into, err = span.ParseAt(strings.TrimSpace(text[0]), today); err != nil {
				return days, bad("%s: %v", name, err)
			}
		}
	}
	if days.From > days.To {
		return days, bad("from %s is after to %s", days.From, days.To)
	}
	return days, nil
}

// actMake says what a decision would do. Nothing is changed.
func (s *Server) actMake(w http.ResponseWriter, r *http.Request) error {
	d, err := s.readAct(r)
	if err != nil {
		return err
	}
	days := 0
	var unfit error // the first of a series none of whose days fits
	for i := range d.Parts {
		p := &d.Parts[i]
		p.Steps, p.Unfit, err = p.Choose(r.Context(), s.o.Rows)
		if err != nil {
			if !errors.As(err, new(*act.RefusedError)) {
				return err // of the store
			}
			unfit = cmp.Or(unfit, err)
		}
		p.miss()
		days += len(p.Steps)
	}
	next := []Link{backToHeld}
	switch {
	case unfit != nil:
		return &problem{Status: http.StatusUnprocessableEntity, Text: unfit.Error(), Next: next}
	case days > maxActDays:
		return &problem{Status: http.StatusUnprocessableEntity, Text: "These are " + output.Count(days, "day") + ", more than the console changes at once. In a terminal: " + s.o.Command(d.command()), Next: next}
	}
	http.Redirect(w, r, "/acts/"+s.acts.add(d, 0), http.StatusSeeOther)
	return nil
}

// errNoDay is why a day that was chosen is not among those that are decided about.
var errNoDay = errors.New("has no row, or is no day of the series that is due")

// miss names the days that were chosen and of which nothing came.
func (p *part) miss() {
	told := map[span.Day]bool{}
	for _, step := range p.Steps {
		told[step.Old.Day] = true
	}
	for _, u := range p.Unfit {
		told[u.Day] = true
	}
	for _, day := range slices.Sorted(maps.Keys(p.Days)) {
		if !told[day] {
			p.Unfit = append(p.Unfit, act.Unfit{Day: day, Err: errNoDay})
		}
	}
}

// command is the verb that does the same, "" for days that are no range of one series.
func (d *deed) command() string {
	p := d.Parts[0]
	if !d.Ranged {
		return string(p.Act)
	}
	return string(p.Act) + " --series " + output.Quote(p.Of.Key) + " --from " + p.Within.From.String() + " --to " + p.Within.To.String() + " --reason " + output.Quote(p.Hand.Reason) + " --by " + output.Quote(p.Hand.By)
}

// actDay is a day of a decision: what it was, what it becomes, and what came of it.
type actDay struct {
	Key string `json:"key"`
	act.Day
	Error string `json:"error,omitempty"` // why it was not changed
}

// maxUnfit is how many days are named that an act does not fit.
const maxUnfit = 20

// actShow shows a decision before it is carried out, and what came of it.
func (s *Server) actShow(w http.ResponseWriter, r *http.Request) error {
	d, err := s.acts.find(r.PathValue("id"), backToHeld)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	first := d.Parts[0].Decision
	answer := struct {
		SchemaVersion int      `json:"schema_version"`
		Act           row.Act  `json:"act"`
		By            string   `json:"by"`
		Reason        string   `json:"reason"`
		Done          bool     `json:"done"`
		Days          []actDay `json:"days"`
	}{output.SchemaVersion, first.Act, first.Hand.By, first.Hand.Reason, d.done, []actDay{}}
	data := struct {
		ID           string
		Act          row.Act
		Hand         row.Hand
		Done         bool
		Days         []actDay
		Changed      int
		Unfit        []actDay
		MoreUnfit    int
		Command      string
		Where        string
		CannotChange string
		Again        bool // the days are asked for again
	}{ID: r.PathValue("id"), Act: first.Act, Hand: first.Hand, Done: d.done, Where: s.where(), CannotChange: s.cannot(changing), Again: first.Act == row.Release || first.Act == row.MarkMissing}
	if d.Ranged {
		data.Command = s.o.Command(d.command())
	}
	for _, p := range d.Parts {
		for i, day := range p.Document(p.Steps).Days {
			one := actDay{Key: p.Of.Key, Day: day}
			if d.done {
				one.Error = p.Results[i]
			}
			if one.Error == "" {
				data.Changed++
			} else {
				one.Now = one.Was
			}
			answer.Days = append(answer.Days, one)
		}
		for _, u := range p.Unfit {
			if len(data.Unfit) == maxUnfit {
				data.MoreUnfit++
				continue
			}
			data.Unfit = append(data.Unfit, actDay{Key: p.Of.Key, Day: act.Day{Day: u.Day}, Error: u.Err.Error()})
		}
	}
	data.Days = answer.Days
	return s.show(w, r, page{Name: "act", Title: string(first.Act), Data: data, JSON: answer})
}

// actDo carries a decision out, once: whoever comes second meets what came of it. It does
// not end with the request, or a browser that goes away would leave half of it.
func (s *Server) actDo(w http.ResponseWriter, r *http.Request) error {
	d, err := s.acts.find(r.PathValue("id"), backToHeld)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.done {
		d.done = true
		s.denials.learn(changing, d.do(context.WithoutCancel(r.Context()), writer{s.o.Rows, s.o.Changer}, s.o.Now()))
		var keys []string
		for _, p := range d.Parts {
			keys = append(keys, p.Of.Key)
		}
		s.index.changed(keys)
		s.live.tell(news{Series: keys})
	}
	http.Redirect(w, r, "/acts/"+r.PathValue("id"), http.StatusSeeOther)
	return nil
}

// do does the steps. One whose row has changed is left as it is; after another error, of the
// store, which it returns, the rest are not tried.
func (d *deed) do(ctx context.Context, rows act.Writer, now time.Time) (broken error) {
	for i := range d.Parts {
		p := &d.Parts[i]
		p.Hand.At = now // when it is decided, which is not when it was looked at
		p.Results = make([]string, len(p.Steps))
		for j := range p.Steps {
			if broken != nil {
				p.Results[j] = "not tried"
				continue
			}
			step := &p.Steps[j]
			next, err := row.Decide(step.Old, p.Act, p.Hand, p.Of.Fields)
			if err == nil {
				step.Next = next
				err = p.Do(ctx, rows, step)
			}
			if err != nil {
				p.Results[j] = err.Error()
				if !errors.Is(err, act.ErrChanged) {
					broken = err
				}
			}
		}
	}
	return broken
}
