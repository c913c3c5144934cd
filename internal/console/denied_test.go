package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lacuna/internal/row"
)

// disabled reports whether a page says at a button why it cannot be pressed.
func disabled(page, button, why string) bool {
	at := strings.Index(page, button)
	if at < 0 {
		return false
	}
	tag := page[strings.LastIndex(page[:at], "<button"):at]
	_, id, _ := strings.Cut(tag, `aria-describedby="`)
	id, _, _ = strings.Cut(id, `"`)
	_, said, found := strings.Cut(page, `id="`+id+`">`)
	said, _, _ = strings.Cut(said, "<")
	return found && strings.Contains(tag, " disabled ") && strings.Contains(said, why)
}

// Whether a person may do a thing is learnt when it is refused; from then on its button
// says what is missing, and nothing more is asked of AWS.
func TestDenied(t *testing.T) {
	w, b := newWorkshop(t, func(o *Options) { o.Runs = going{} })
	at := b.planned()
	w.going["r"] = true
	if page := b.get(at); disabled(page, ">Start: 1 request", "") {
		t.Errorf("before anything was refused: %s", page)
	}
	press := func(path, lacks string) {
		t.Helper()
		w.denied = &Denied{Action: lacks, Err: errors.New("User is not authorized")}
		for _, want := range []string{"User is not authorized", "these credentials lack " + lacks} { // the first time AWS says it
			if answer := b.ask(http.MethodPost, path, url.Values{}, nil); answer.Code != http.StatusForbidden || !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: %d, want %q in %s", path, answer.Code, want, answer.Body)
			}
		}
		w.denied = nil
	}
	press(at+"/start", "states:StartExecution")
	if page := b.get(at); !disabled(page, ">Start: 1 request", "states:StartExecution") || w.started.Load() != 0 {
		t.Errorf("%d runs, %s", w.started.Load(), page)
	}
	if page := b.get("/runs/r"); !strings.Contains(page, "<button>Stop this run") {
		t.Errorf("to stop is another action: %s", page)
	}
	press("/runs/r/stop", "states:StopExecution")
	if page := b.get("/runs/r"); !disabled(page, ">Stop this run", "states:StopExecution") || !w.going["r"] {
		t.Errorf("%s", page)
	}
}

// denier lets nobody change a row.
type denier struct{ times int }

func (d *denier) Change(context.Context, row.Row, row.Row) error {
	d.times++
	return &Denied{Action: "dynamodb:PutItem", Err: errors.New("User is not authorized")}
}

func TestDeniedDecision(t *testing.T) {
	var denier denier
	_, b := newHeldBench(t, func(o *Options) { o.Changer = &denier })
	at := b.look(decide(row.Accept, odd, far))
	other := b.look(decide(row.MarkAbsent, half))
	if page := b.do(at); strings.Count(page, "not authorized") != 1 || !strings.Contains(page, "not tried") {
		t.Errorf("%s", page)
	}
	for path, buttons := range map[string][]string{
		"/held": {">Accept:", ">Mark missing:"}, other: {">mark absent: 1 day"}, "/series/A%231?day=2024-01-08": {">Preview", ">quarantine accept<"},
	} {
		page := b.get(path)
		for _, button := range buttons {
			if !disabled(page, button, "dynamodb:PutItem") {
				t.Errorf("%s: %s can be pressed, or does not say why not: %s", path, button, page)
			}
		}
	}
	if answer := b.ask(http.MethodPost, other+"/do", url.Values{}, nil); answer.Code != http.StatusForbidden || denier.times != 1 {
		t.Errorf("%d, tried %d times", answer.Code, denier.times)
	}
}
