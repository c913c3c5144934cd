package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lacuna/internal/lazy"
	"lacuna/internal/output"
	"lacuna/internal/store"
)

const (
	maxShown  = 256 << 10 // of a payload on its own page, in bytes; what is longer is for download
	maxBeside = 8 << 10   // of a payload beside a graph
)

// Task tokens answer for a task: whoever has one ends it. They are not shown.
var (
	namedToken = lazy.Regexp(`(?i)(\\*"[^"\\]*token\\*"\s*:\s*\\*")((?:[^"\\]|\\+[^"\\])+)`)
	// What JSON escapes is no part of a token, and goes on being escaped.
	looksToken = lazy.Regexp(`\\+(?:u[0-9A-Fa-f]{4}|[A-Za-z/])|[A-Za-z0-9+/]{64,}={0,2}`)
	hexAlone   = lazy.Regexp(`^[0-9a-f]+$|^[0-9A-F]+$|^[0-9]+$`)
)

// maxToken is how long a task token is at most, in bytes.
const maxToken = 2048

const maskedToken = "(a task token, not shown)"

// masked is text without the task tokens in it.
func masked(text string) string {
	text = namedToken().ReplaceAllString(text, "${1}"+maskedToken)
	return looksToken().ReplaceAllStringFunc(text, func(word string) string {
		if word[0] == '\\' || len(word) > maxToken || hexAlone().MatchString(word) {
			return word // no token, or a hash
		}
		return maskedToken
	})
}

// withoutTokens is a document for programs in which no task token is shown.
type withoutTokens struct{ of any }

// MarshalJSON implements json.Marshaler.
func (d withoutTokens) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(d.of)
	return []byte(masked(string(text))), err
}

// payload is a text of an event as a page shows it.
type payload struct {
	Name string
	Text string
	Cut  bool // there is more than is shown
}

// pretty returns JSON as it is read, in lines, and any other text as it is. Nothing in it is
// obeyed or hidden.
func pretty(text string, most int) payload {
	var b bytes.Buffer
	if len(text) <= maxShown && json.Indent(&b, []byte(text), "", "  ") == nil {
		text = b.String()
	}
	text = masked(text)
	cut := len(text) > most
	lines := strings.Split(output.Shorten(text, most), "\n")
	for i := range lines {
		lines[i] = output.Visible(strings.ReplaceAll(lines[i], "\t", "    "))
	}
	return payload{Text: strings.Join(lines, "\n"), Cut: cut}
}

// payloadsOf are the texts in the details of an event: JSON in a text is unfolded.
func payloadsOf(e store.Event, most int) []payload {
	var fields map[string]json.RawMessage
	if json.Unmarshal(e.Details, &fields) != nil {
		return []payload{named("details", pretty(string(e.Details), most))}
	}
	var list []payload
	for _, name := range []string{"input", "output", "parameters", "error", "cause"} {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && fields[name] != nil {
			list = append(list, named(name, pretty(text, most)))
			delete(fields, name)
		}
	}
	for _, name := range []string{"inputDetails", "outputDetails", "assignedVariablesDetails"} {
		delete(fields, name)
	}
	if len(fields) > 0 {
		if rest, err := json.Marshal(fields); err == nil {
			list = append(list, named("details", pretty(string(rest), most)))
		}
	}
	return list
}

func named(name string, p payload) payload {
	p.Name = name
	return p
}

// eventPage shows one event with its payloads, or with ?download= gives its details as a
// file.
func (s *Server) eventPage(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("run")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return errNoPage
	}
	e, err := s.o.Runs.Event(r.Context(), name, id)
	if err != nil {
		return s.noRun(fmt.Sprintf("Event %d of run %s", id, output.Visible(name)), err)
	}
	at := "/runs/" + url.PathEscape(name)
	if r.URL.Query().Has("download") {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="event-%d.json"`, id))
		_, err := w.Write([]byte(masked(string(e.Details))))
		return err
	}
	data := struct {
		Run, Back, Download string
		store.Event
		Payloads []payload
		Before   string
		After    string
	}{name, at + "?view=events", fmt.Sprintf("%s/event/%d?download=1", at, id), e, payloadsOf(e, maxShown), "", fmt.Sprintf("%s/event/%d", at, id+1)}
	if id > 1 {
		data.Before = fmt.Sprintf("%s/event/%d", at, id-1)
	}
	return s.show(w, r, page{Name: "event", Title: fmt.Sprintf("Event %d of %s", id, name), Data: data, JSON: withoutTokens{e}})
}
