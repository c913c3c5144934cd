package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/output"
	"lacuna/internal/plan"
	"lacuna/internal/store"
)

// Planner says what a run would do.
type Planner interface {
	// Input returns what a run gets as input; the error says what of w cannot be meant.
	Input(w Wish) (message.Input, error)
	Plan(ctx context.Context, in message.Input) (plan.Plan, error)
}

// Wish is what a person wants a run to be about.
type Wish struct {
	Series   []string // keys and patterns; nil: all
	From, To string   // days: 2024-01-05, today or -30d
	Only     string   // due, missing, failed or all
}

// Runner starts and stops runs.
type Runner interface {
	// Start starts a run and returns its name; it goes on after ctx.
	Start(ctx context.Context, in message.Input) (run string, err error)
	// Stop stops a run; what was fetched is stored.
	Stop(ctx context.Context, run string) error
	// Stops reports whether Stop can stop a run that is going on.
	Stops(run string) bool
}

// draft is a plan, and the run that was started of it.
type draft struct {
	Plan plan.Plan
	Wish Wish

	mu  sync.Mutex // held while it is started
	Run string
}

// Bounds of the plans that are kept: how many, and how many bytes of JSON together.
const (
	maxDrafts     = 50
	maxDraftBytes = 64 << 20
)

// keep keeps a plan and returns where it is.
func (s *Server) keep(p plan.Plan, w Wish) (path string, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	return "/plans/" + s.drafts.add(&draft{Plan: p, Wish: w}, len(text)), nil
}

var planAnew = Link{"/plans/new", "Plan again"}

// readWish reads what a form or a link says. Nothing at all is not everything.
func readWish(q url.Values) Wish {
	return Wish{Series: words(q["series"]), From: strings.TrimSpace(q.Get("from")), To: strings.TrimSpace(q.Get("to")), Only: q.Get("only")}
}

var onlyWords = []struct{ Value, Text string }{
	{"due", "what is due: missing days, and those that are asked for again"},
	{"missing", "days that have no row"},
	{"failed", "days without a good value, asked for again now"},
	{"all", "every day, observed ones too"},
}

// planForm is where a plan begins.
func (s *Server) planForm(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, s.formPage(readWish(r.URL.Query()), ""))
}

func (s *Server) formPage(w Wish, wrong string) page {
	return page{Name: "plan-new", Title: "Plan a run", Data: struct {
		Wish
		Patterns string
		Words    any
		Wrong    string
	}{w, strings.Join(w.Series, "\n"), onlyWords, wrong}}
}

// planMake makes a plan and shows it.
func (s *Server) planMake(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	wish := readWish(r.PostForm)
	everything := r.PostForm.Get("everything") != ""
	wrong := ""
	switch {
	case len(wish.Series) == 0 && !everything:
		wrong = "Say which series, or that all are meant."
	case len(wish.Series) > 0 && everything:
		wrong = "Say which series, or that all are meant: not both."
	case wish.From == "" || wish.To == "":
		wrong = "Say from which day to which."
	}
	var in message.Input
	var p plan.Plan
	if wrong == "" {
		var err error
		if in, err = s.o.Planner.Input(wish); err == nil {
			p, err = s.o.Planner.Plan(r.Context(), in)
		}
		switch name := fault.NameOf(err); {
		case name == fault.StoreThrottled || name == fault.StoreUnavailable || name == fault.StoreUnusable:
			return err
		case err != nil:
			wrong = err.Error()
		}
	}
	switch {
	case wrong != "" && wantsJSON(r):
		return &problem{Status: http.StatusUnprocessableEntity, Text: wrong}
	case wrong != "":
		return s.write(w, r, http.StatusUnprocessableEntity, s.formPage(wish, wrong))
	}
	at, err := s.keep(p, wish)
	if err != nil {
		return err
	}
	http.Redirect(w, r, at, http.StatusSeeOther)
	return nil
}

func badForm(err error) error {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return &problem{Status: http.StatusRequestEntityTooLarge, Text: fmt.Sprintf("The form has more than %d bytes.", large.Limit)}
	}
	return &problem{Status: http.StatusBadRequest, Text: "The form cannot be read: " + err.Error()}
}

// How much of a plan its page lists: the rest is counted, and as JSON it is whole.
const (
	maxStreamRows = 250
	maxSeriesRows = 300
	maxGapRows    = 5
)

// planShow shows a plan before it is started.
func (s *Server) planShow(w http.ResponseWriter, r *http.Request) error {
	d, err := s.drafts.find(r.PathValue("id"), planAnew)
	if err != nil {
		return err
	}
	d.mu.Lock()
	run := d.Run
	d.mu.Unlock()
	type seriesRow struct {
		plan.Series
		More int // gaps that are not listed
	}
	var list []seriesRow
	for _, one := range d.Plan.Series[:min(len(d.Plan.Series), maxSeriesRows)] {
		row := seriesRow{one, max(len(one.Gaps)-maxGapRows, 0)}
		row.Gaps = row.Gaps[:len(row.Gaps)-row.More]
		list = append(list, row)
	}
	command := "plan"
	for _, one := range d.Plan.Input.Series {
		command += " --series " + output.Quote(one)
	}
	for _, flag := range []struct{ name, value string }{{"from", d.Plan.Input.From}, {"to", d.Plan.Input.To}, {"only", d.Plan.Input.Only}} {
		if flag.value != "" && (flag.name != "only" || flag.value != "due") {
			command += " --" + flag.name + " " + output.Quote(flag.value)
		}
	}
	streams := d.Plan.Streams[:min(len(d.Plan.Streams), maxStreamRows)]
	return s.show(w, r, page{Name: "plan", Title: "Plan", JSON: d.Plan, Data: struct {
		ID, Run, Form string
		plan.Plan
		Days        int
		Rows        []seriesRow
		Shown       []plan.Stream
		MoreStreams int
		MoreSeries  int
		Command     string
		Where       string
		CannotStart string
		Costs       string
	}{r.PathValue("id"), run, d.Wish.form(), d.Plan, d.Plan.Days(), list, streams, len(d.Plan.Streams) - len(streams), len(d.Plan.Series) - len(list),
		s.o.Command(command), s.where(), s.cannot(starting), d.Plan.Cost.Text(s.o.Target.Kind == "aws")}})
}

// form is where w can be changed.
func (w Wish) form() string {
	q := url.Values{}
	if len(w.Series) > 0 {
		q["series"] = w.Series
	}
	for name, value := range map[string]string{"from": w.From, "to": w.To, "only": w.Only} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return planAnew.To
	}
	return planAnew.To + "?" + q.Encode()
}

// where names the target for a person who is about to start something there.
func (s *Server) where() string {
	t := s.o.Target
	if t.Kind == "aws" {
		return fmt.Sprintf("%s, account %s, %s", t.Name, t.Account, t.Region)
	}
	return t.Name
}

// planStart starts what a plan says, once: whoever comes second meets the same run. What
// has changed since the plan was made is planned again and not started.
func (s *Server) planStart(w http.ResponseWriter, r *http.Request) error {
	d, err := s.drafts.find(r.PathValue("id"), planAnew)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Run == "" {
		now, err := s.o.Planner.Plan(r.Context(), d.Plan.Input)
		if err != nil {
			return err
		}
		approved := plan.Approved{Input: d.Plan.Input, Streams: d.Plan.Streams}
		if changed := approved.Changed(now); changed != "" {
			next, err := s.keep(now, d.Wish)
			if err != nil {
				return err
			}
			return &problem{Status: http.StatusConflict, Text: "The plan is stale: " + changed + ". Nothing was started.", Next: []Link{{next, "Look at the new plan"}}}
		}
		if d.Run, err = s.o.Runner.Start(context.WithoutCancel(r.Context()), d.Plan.Input); err != nil {
			return s.undone(starting, err, Link{r.URL.Path[:strings.LastIndexByte(r.URL.Path, '/')], "Back to the plan"}, Link{"/runs", "All runs"})
		}
	}
	http.Redirect(w, r, "/runs/"+url.PathEscape(d.Run), http.StatusSeeOther)
	return nil
}

// undone is the page of a deed that failed.
func (s *Server) undone(kind deedKind, err error, next ...Link) error {
	p := &problem{Status: http.StatusConflict, Text: err.Error(), Next: next}
	if s.denials.learn(kind, err) {
		p.Status = http.StatusForbidden
	}
	return p
}

// stopTime is how long a person waits for a run to have stopped.
const stopTime = 10 * time.Second

// runStop stops a run.
func (s *Server) runStop(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("run")
	ctx, cancel := context.WithTimeout(r.Context(), stopTime)
	defer cancel()
	if err := s.o.Runner.Stop(ctx, name); err != nil {
		if errors.Is(err, store.ErrUnknown) {
			return s.noRun("Run "+output.Visible(name), err)
		}
		return s.undone(stopping, err, Link{"/runs/" + url.PathEscape(name), "Back to the run"})
	}
	http.Redirect(w, r, "/runs/"+url.PathEscape(name), http.StatusSeeOther)
	return nil
}
