package console

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/drawing"
	"lacuna/internal/history"
	"lacuna/internal/output"
	"lacuna/internal/store"
)

// How many runs the list has at first, and at most: in AWS each takes a call.
const (
	someRuns = 50
	maxRuns  = 800
)

// maxSkipped is how much a page of a list may leave out at its beginning.
const maxSkipped = 1 << 20

// runWords are what becomes of a run: the class, the sign and the word of its mark.
var runWords = map[string][3]string{
	"complete":   {"done", "✓", "complete"},
	"succeeded":  {"done", "✓", "succeeded"},
	"pending":    {"caught", "◷", "pending"},
	"incomplete": {"failed", "✗", "incomplete"},
	"failed":     {"failed", "✗", "failed"},
	"timed out":  {"failed", "✗", "timed out"},
	"aborted":    {"stopped", "■", "aborted"},
	"running":    {"running", "▶", "running"},
}

// runStates are the words of runWords in their order.
var runStates = []string{"complete", "pending", "incomplete", "failed", "aborted", "running", "succeeded", "timed out"}

// status is a mark of runs or states: a sign and a word beside the colour.
func status(of any) template.HTML {
	words := [3]string{"unreached", "?", "unknown"}
	switch of := of.(type) {
	case string:
		if known, is := runWords[of]; is {
			words = known
		}
	case history.Status:
		words = [3]string{cmp.Or(string(of), "unreached"), drawing.Sign(of), drawing.Word(of)}
	}
	return template.HTML(fmt.Sprintf(`<span class="status %s"><span aria-hidden="true">%s</span> %s</span>`, words[0], words[1], words[2])) //nolint:gosec // nothing of it is foreign
}

// runLine is a run in the list.
type runLine struct {
	history.Line
	Link  string
	Again string // where a run with its input is planned; "": it says none
	Words []string
}

// runsOf describes executions, and what they are called for programs.
func (s *Server) runsOf(r *http.Request, list []store.Execution) (history.ListDocument, error) {
	summaries, err := s.o.Runs.Summaries(r.Context(), list)
	if err != nil {
		return history.ListDocument{}, err
	}
	d, err := history.NewListDocument(list, summaries)
	if err == nil && s.o.Target.Kind == "serve" { // whose executions report nothing
		for i := range d.Runs {
			d.Runs[i].Status = strings.ToLower(strings.ReplaceAll(d.Runs[i].Execution, "_", " "))
		}
	}
	return d, err
}

// runList shows the runs, the last started first.
func (s *Server) runList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := number(q, "limit", someRuns, 1, maxRuns)
	if err != nil {
		return err
	}
	chosen := q.Get("status")
	if _, is := runWords[chosen]; !is && chosen != "" {
		return &problem{Status: http.StatusBadRequest, Text: fmt.Sprintf("status %.100q: want one of %s", chosen, strings.Join(runStates, ", "))}
	}
	list, err := s.o.Runs.Executions(r.Context(), limit)
	if err != nil {
		return err
	}
	d, err := s.runsOf(r, list)
	if err != nil {
		return err
	}
	data := struct {
		Runs    []runLine
		All     int
		Status  string
		States  []string
		More    string
		HasRows bool
	}{All: len(list), Status: chosen, States: runStates, HasRows: s.o.Rows != nil}
	d.Runs = slices.DeleteFunc(d.Runs, func(l history.Line) bool { return chosen != "" && l.Status != chosen })
	for _, l := range d.Runs {
		line := runLine{Line: l, Link: "/runs/" + url.PathEscape(l.Run), Words: l.About()}
		if s.o.Rows != nil {
			line.Again = planAgain(l)
		}
		data.Runs = append(data.Runs, line)
	}
	if len(list) == limit && limit < maxRuns {
		data.More = "/runs?" + url.Values{"limit": {strconv.Itoa(min(2*limit, maxRuns))}, "status": {chosen}}.Encode()
	}
	return s.show(w, r, page{Name: "runs", Title: "Runs", Data: data, JSON: withoutTokens{d}, Live: "runs"})
}

// planAgain is where a run with the input of another is planned, "" where that is the run of
// a shard: which series it has stands in no form.
func planAgain(l history.Line) string {
	if l.Of.Shard != nil {
		return ""
	}
	return Wish{l.Of.Series, l.Of.From, l.Of.To, l.Of.Only}.form()
}

// number reads a whole number from least to most.
func number(q url.Values, name string, otherwise, least, most int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, bad("%s %.100q: want a number from %d to %d", name, text, least, most)
	}
	return n, nil
}

// noRun is the error of a run or an event that is not there.
func (s *Server) noRun(what string, err error) error {
	if !errors.Is(err, store.ErrUnknown) {
		return err
	}
	return &problem{Status: http.StatusNotFound, Text: output.Shorten(what, output.MaxQuoted) + " is not there.", Next: []Link{{"/runs", "All runs"}}}
}
