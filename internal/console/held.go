package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lacuna/internal/act"
	"lacuna/internal/catalogue"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Bounds of the page: how many held days it has, how many series are read for it although
// the index knows of none in them, and how long a reason is.
const (
	maxHeld     = 300
	maxUnwanted = 100
	maxReason   = 200 // bytes
)

// anyDay is all days that there are.
var anyDay = span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)}

// heldLine is a day that is held, and what its box says.
type heldLine struct {
	act.Held
	Box, Link string
	Short     string // of the reason, which the day's page has whole
}

// deeds are what a person may decide about held days.
var deeds = []struct {
	Act  row.Act
	Text string
}{
	{row.Accept, "Accept: the value counts"},
	{row.Release, "Release: ask again, as if for the first time"},
	{row.MarkAbsent, "Mark absent: there never was a value"},
	{row.MarkMissing, "Mark missing: withdraw what is stored, and ask again"},
}

// heldPage shows what waits for a person, or for a better value.
func (s *Server) heldPage(w http.ResponseWriter, r *http.Request) error {
	patterns := words(r.URL.Query()["series"])
	chosen, err := s.o.Catalogue.Match(patterns...)
	if err != nil {
		return bad("series: %v", err)
	}
	if wantsJSON(r) {
		return s.heldJSON(w, r, chosen, len(patterns) > 0)
	}
	data := struct {
		Patterns     string
		Days         []heldLine
		More         string
		Unread, All  int
		ReadsAll     bool
		Deeds        any
		CannotChange string
	}{Patterns: strings.Join(patterns, " "), All: len(s.o.Catalogue.All()), ReadsAll: s.index.readsAll(), Deeds: deeds, CannotChange: s.cannot(changing)}
	key, day, paged := strings.Cut(r.URL.Query().Get("after"), "|")
	if at := slices.IndexFunc(chosen, func(of *catalogue.Series) bool { return of.Key == key }); at >= 0 {
		chosen = chosen[at:]
	} else if paged {
		return bad("after: no series that was chosen is called %.100q", key)
	}
	s.catchUp(r.Context())
	chosen, data.Unread = s.index.holding(chosen, len(patterns) > 0)
	for _, of := range chosen {
		list, err := act.HeldOf(r.Context(), s.o.Rows, of.Key, anyDay)
		if err != nil {
			return err
		}
		for _, h := range list {
			if of.Key == key && h.Day.String() <= day {
				continue
			}
			data.Days = append(data.Days, heldLine{h, h.Series + "|" + h.Day.String(), "/series/" + url.PathEscape(h.Series) + "?day=" + h.Day.String(), output.Shorten(h.Reason, maxReason)})
		}
		if len(data.Days) > maxHeld {
			data.Days = data.Days[:maxHeld]
			q := url.Values{"after": {data.Days[maxHeld-1].Box}}
			if len(patterns) > 0 {
				q["series"] = patterns
			}
			data.More = "/held?" + q.Encode()
			break
		}
	}
	return s.show(w, r, page{Name: "held", Title: "Held days", Data: data, Live: "series"})
}

// heldJSON is what `quarantine list -o json` writes.
func (s *Server) heldJSON(w http.ResponseWriter, r *http.Request, chosen []*catalogue.Series, asked bool) error {
	if !asked && s.o.Target.Kind == "aws" {
		return bad("say which series, as in /held?series=KEY; /held?series=* takes a query for each of %d", len(chosen))
	}
	var list []act.Held
	for _, of := range chosen {
		held, err := act.HeldOf(r.Context(), s.o.Rows, of.Key, anyDay)
		if err != nil {
			return err
		}
		list = append(list, held...)
	}
	return s.show(w, r, page{JSON: act.NewHeldDocument(list)})
}

// words are the keys and patterns of a query: several, or several in one.
func words(given []string) []string {
	var list []string
	for _, text := range given {
		list = append(list, strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \r\n", r) })...)
	}
	return list
}

// holding returns those of chosen that have held days as far as the index knows, and how
// many it cannot tell of by now: reading those would make a page of a whole database. Those
// that a person asked for are returned whatever is known of them, when they are few.
func (x *index) holding(chosen []*catalogue.Series, asked bool) (list []*catalogue.Series, unread int) {
	if asked && len(chosen) <= maxUnwanted {
		return chosen, 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, of := range chosen {
		i := x.byKey[of.Key]
		switch e := x.entries[i]; {
		case e.is.Quarantined+e.is.Incomplete+e.is.Withdrawn+e.is.Unexpected > 0:
			list = append(list, of)
		case !e.read, x.stale[i], e.err != "":
			unread++
		}
	}
	return list, unread
}

// writer is where rows are read and changed.
type writer struct {
	act.Reader
	Changer
}
