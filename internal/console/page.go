package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lacuna/internal/drawing"
	"lacuna/internal/history"
	"lacuna/internal/output"
	"lacuna/internal/standing"
)

// page is an answer: HTML for people, JSON for programs.
type page struct {
	Name  string // of its template
	Title string
	Data  any
	JSON  any    // what the command line gives with -o json; nil: the page has no such form
	Live  string // what it shows, so that it is read again when that changes: runs, series, series:KEY; "": nothing
}

// frame is what the layout shows around a page.
type frame struct {
	page
	Target  Target
	AsOf    time.Time
	HasRows bool
	HasRuns bool
	HasPlan bool
	Pages   []Link // of AWS's console
	Warning string
	Back    string // this page's path and query
	Seen    string // as in seenHeader
}

// wantsJSON reports whether a program asks, or a person by a link.
func wantsJSON(r *http.Request) bool {
	if r.URL.Query().Get("format") == "json" {
		return true
	}
	for accept := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch kind, _, _ := strings.Cut(accept, ";"); strings.TrimSpace(kind) {
		case "application/json":
			return true
		case "text/html":
			return false
		}
	}
	return false
}

// show answers with p.
func (s *Server) show(w http.ResponseWriter, r *http.Request, p page) error {
	return s.write(w, r, http.StatusOK, p)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, p page) error {
	w.Header().Add("Vary", "Accept")
	var b bytes.Buffer
	if p.JSON != nil && wantsJSON(r) {
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		if err := e.Encode(p.JSON); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
	} else {
		if err := s.pages.ExecuteTemplate(&b, p.Name+".html", p.Data); err != nil {
			return fmt.Errorf("page %s: %w", p.Name, err)
		}
		body := template.HTML(b.String()) //nolint:gosec // a template has escaped it
		b.Reset()
		f := frame{page: p, AsOf: s.o.Now(), HasRows: s.o.Rows != nil, HasRuns: s.o.Runs != nil, HasPlan: s.o.Planner != nil, Back: r.URL.RequestURI(), Seen: w.Header().Get(seenHeader)}
		if f.Data = body; s.letIn(r) {
			f.Target, f.Pages = s.o.Target, s.elsewhere("")
			if s.o.Warning != nil {
				f.Warning = s.o.Warning()
			}
		}
		if err := s.pages.ExecuteTemplate(&b, "layout.html", f); err != nil {
			return fmt.Errorf("page %s: %w", p.Name, err)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	if err != nil {
		s.o.Log.DebugContext(r.Context(), "answer", "path", r.URL.Path, "error", err) // the browser has gone
	}
	return nil
}

// elsewhere is the pages of AWS's console about a run, or with "" about the stack.
func (s *Server) elsewhere(run string) []Link {
	if s.o.Elsewhere == nil {
		return nil
	}
	return s.o.Elsewhere(run)
}

// problem is an error that has a page.
type problem struct {
	Status  int      // of HTTP
	Text    string   // what is wrong
	Next    []Link   // where it goes on
	login   bool     // the page takes the token
	allowed []string // methods, where another was used
}

func (p *problem) Error() string { return p.Text }

// Link is where a page leads to.
type Link struct{ To, Text string }

// maxProblem is how much of an error is shown, in bytes.
const maxProblem = 16 << 10

// refuse answers with an error.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, p *problem) {
	text := output.Shorten(p.Text, maxProblem)
	if len(p.allowed) > 0 {
		w.Header().Set("Allow", strings.Join(p.allowed, ", "))
	}
	answer := page{
		Name: "problem", Title: http.StatusText(p.Status),
		Data: struct {
			problem
			Login bool
		}{problem{Status: p.Status, Text: text, Next: p.Next}, p.login},
		JSON: struct {
			SchemaVersion int    `json:"schema_version"`
			Error         string `json:"error"`
		}{output.SchemaVersion, text},
	}
	if err := s.write(w, r, p.Status, answer); err != nil {
		s.o.Log.ErrorContext(r.Context(), "page", "path", r.URL.Path, "error", err)
		http.Error(w, "the console failed at this page; its log says where", http.StatusInternalServerError)
	}
}

// words are the functions of the templates.
func (s *Server) words() template.FuncMap {
	return template.FuncMap{
		"asset":   func(name string) string { return s.assetPath + name },
		"visible": visible,
		"said":    func(text string) string { return visible(masked(text)) }, // by what a run called
		"count":   output.Count,
		"retries": output.Retries,
		"known":   history.Known,
		"key":     url.PathEscape, // a key has #, / and :, which html/template leaves in a path
		"query":   url.QueryEscape,
		"instant": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
		"minute":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"command": s.o.Command,
		"shape":   drawing.Cell,
		"mark":    mark,
		"sign":    func(of standing.Shade) string { return signs[of] },
		"status":  status,
	}
}

// maxText is how much of a foreign text a page shows, in bytes.
const maxText = 4 << 10

func visible(text any) string { return output.Visible(output.Shorten(fmt.Sprint(text), maxText)) }
