package console

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/span"
	"lacuna/internal/standing"
)

// rowsOfPage is how many series a page of the overview has.
const rowsOfPage = 100

// How long the overview waits for rows that are being read: a program gets all or nothing,
// and waits longer.
const (
	patience        = 400 * time.Millisecond
	programPatience = 10 * time.Second
)

// filter says which series the overview shows, and in which order.
type filter struct {
	Words  string // each in the key, the title or the source
	Source string
	State  string
	Sort   string // worst, key or newest
	After  int    // how many are left out at the beginning
}

var (
	states = []string{"", "complete", "gaps", "waiting", "stale", "quarantined", "never"}
	sorts  = []string{"worst", "key", "newest"}

	// stateWords are what states are called that have another name.
	stateWords = map[string]string{"": "all", "gaps": "with gaps", "never": "never fetched"}
)

func readFilter(q url.Values) (f filter, err error) {
	f = filter{Words: q.Get("q"), Source: q.Get("source"), State: q.Get("state"), Sort: cmp.Or(q.Get("sort"), "worst")}
	if !slices.Contains(states, f.State) {
		return f, bad("state %.100q: want one of %s", f.State, strings.Join(states[1:], ", "))
	}
	if !slices.Contains(sorts, f.Sort) {
		return f, bad("sort %.100q: want one of %s", f.Sort, strings.Join(sorts, ", "))
	}
	f.After, err = number(q, "after", 0, 0, maxSkipped)
	return f, err
}

// Query is the filter as a query, with one part changed.
func (f filter) Query(part, value string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Words)
	set("source", f.Source)
	set("state", f.State)
	if f.Sort != "worst" {
		q.Set("sort", f.Sort)
	}
	q.Del(part)
	set(part, value)
	return "?" + q.Encode()
}

// choose returns the indexes of the entries that f is about, in its order.
func (f filter) choose(list []*entry) []int {
	words := strings.Fields(strings.ToLower(f.Words))
	var chosen []int
	for i := range list {
		e := list[i]
		if f.Source != "" && e.of.Source != f.Source || !e.in(f.State) {
			continue
		}
		text := ""
		if len(words) > 0 {
			text = strings.ToLower(e.of.Key + " " + e.of.Title + " " + e.of.Source)
		}
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			chosen = append(chosen, i)
		}
	}
	slices.SortFunc(chosen, func(i, j int) int {
		a, b := list[i], list[j]
		switch f.Sort {
		case "worst":
			return cmp.Or(worse(a, b), strings.Compare(a.of.Key, b.of.Key))
		case "newest":
			return cmp.Or(cmp.Compare(b.newest(), a.newest()), strings.Compare(a.of.Key, b.of.Key))
		}
		return strings.Compare(a.of.Key, b.of.Key)
	})
	return chosen
}

// newest is the newest day with a value; where there is none it is before all others.
func (e *entry) newest() span.Day {
	if e.is.Newest == 0 {
		return anyDay.From - 1
	}
	return e.is.Newest
}

// line is a series in the overview.
type line struct {
	Key, Title, Source string
	Read, Never        bool
	Error              string
	standing.Standing
	Strip  template.HTML
	ReadAt time.Time
}

// tile is a state and how many series are in it.
type tile struct {
	State, Word string
	Count       int
	Chosen      bool
}

func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	f, err := readFilter(r.URL.Query())
	if err != nil {
		return err
	}
	s.catchUp(r.Context())
	if wantsJSON(r) {
		return s.overviewJSON(w, r, f)
	}
	x := s.index
	list, n := x.snapshot()
	chosen := f.choose(list)
	visible := func() []int { return chosen[min(f.After, len(chosen)):min(f.After+rowsOfPage, len(chosen))] }
	if x.want(r.Context(), visible(), patience) {
		list, n = x.snapshot()
		chosen = f.choose(list)
	}
	data := struct {
		filter
		Tiles          []tile
		Sources        []string
		Shown          []line
		Found          int
		From, To       int
		Before, More   string
		Unread         int
		Ages           bool // how old a row is is told: it is not read again by itself
		All            bool
		First          span.Day
		Counts         counts
		Legend         []standing.Shade
		NothingFetched bool
	}{filter: f, Found: len(chosen), Unread: n.Unread, Ages: s.o.Target.Kind == "aws", All: x.readsAll(), Counts: n, First: x.first, Legend: standing.Shades()[1:], NothingFetched: n.Unread == 0 && n.In["never"] == n.All}
	for _, state := range states {
		word := cmp.Or(stateWords[state], state)
		data.Tiles = append(data.Tiles, tile{state, word, n.In[state], state == f.State})
	}
	for _, source := range s.o.Catalogue.Sources {
		data.Sources = append(data.Sources, source.Name)
	}
	for _, i := range visible() {
		data.Shown = append(data.Shown, lineOf(list[i], x.months()))
	}
	data.From, data.To = min(f.After+1, len(chosen)), min(f.After+rowsOfPage, len(chosen))
	if f.After > 0 {
		data.Before = f.Query("after", strconv.Itoa(max(f.After-rowsOfPage, 0)))
	}
	if data.To < len(chosen) {
		data.More = f.Query("after", strconv.Itoa(data.To))
	}
	return s.show(w, r, page{Name: "overview", Title: "Series", Data: data, Live: "series"})
}

// overviewJSON is what `status -o json` writes, of the series of f and in the catalogue's
// order unless another one is asked for. The state of a series is known once it was read.
func (s *Server) overviewJSON(w http.ResponseWriter, r *http.Request, f filter) error {
	any := f
	any.State = ""
	list, _ := s.index.snapshot()
	wanted := any.choose(list)
	s.index.want(r.Context(), wanted, programPatience)
	unread := s.index.unreadOf(wanted)
	list, _ = s.index.snapshot()
	for _, i := range wanted {
		if e := list[i]; e.err != "" {
			return fmt.Errorf("%s cannot be read: %s", e.of.Key, e.err)
		}
	}
	if unread > 0 {
		return &problem{Status: http.StatusServiceUnavailable, Text: fmt.Sprintf("%d of %d series are still to be read: ask again in a while.", unread, len(wanted))}
	}
	chosen := f.choose(list)
	if !r.URL.Query().Has("sort") {
		slices.Sort(chosen)
	}
	report := standing.Report{SchemaVersion: output.SchemaVersion, AsOf: s.o.Now(), Complete: true, Series: []standing.Standing{}}
	for _, i := range chosen {
		if list[i].begun() {
			report.Add(list[i].is)
		}
	}
	return s.show(w, r, page{JSON: report})
}

// readAll has every series read, which a person wants.
func (s *Server) readAll(w http.ResponseWriter, r *http.Request) error {
	if s.o.Target.Kind == "aws" {
		s.index.readOnce()
	} else {
		s.index.readAll()
	}
	to := "/"
	if r.PostFormValue("back") == "/held" {
		to = "/held"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func lineOf(e *entry, months int) line {
	return line{Key: e.of.Key, Title: e.of.Title, Source: e.of.Source, Read: e.read, Never: e.is.Rows() == 0, Error: e.err, Standing: e.is, Strip: strip(e, months), ReadAt: e.at}
}

// coverage is what the carpet draws: for each series of the filter a line with its key, a
// tab, and its months as a letter each, those of a run after their number.
func (s *Server) coverage(w http.ResponseWriter, r *http.Request) error {
	f, err := readFilter(r.URL.Query())
	if err != nil {
		return err
	}
	list, _ := s.index.snapshot()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", s.index.first.String()[:7])
	for _, i := range f.choose(list) {
		b.WriteString(url.PathEscape(list[i].of.Key))
		b.WriteByte('\t')
		b.WriteString(list[i].months)
		b.WriteByte('\n')
	}
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(b.String())))
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "no-cache")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte(b.String()))
	return err
}
