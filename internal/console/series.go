package console

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/drawing"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/internal/story"
)

// asked is what the page of a series is asked for.
type asked struct {
	of     *catalogue.Series
	at     time.Time // how days stand then
	AsOf   span.Day  // as known at the end of it
	IsAsOf bool      // else as known now
	Year   int       // of the grid
	Day    span.Day  // that is told of
	IsDay  bool
	Chosen span.Span // days that are chosen, and the chart's
	Any    bool      // there are such
	Field  string    // of the chart
	Table  bool      // instead of the chart
}

// lookup returns the series that a page is about.
func (s *Server) lookup(r *http.Request) (*catalogue.Series, error) {
	key := r.PathValue("key")
	if of, ok := s.o.Catalogue.Lookup(key); ok {
		return of, nil
	}
	p := &problem{Status: http.StatusNotFound, Text: fmt.Sprintf("No series is called %.100q.", key)}
	for _, near := range s.o.Catalogue.Near(key) {
		p.Next = append(p.Next, Link{"/series/" + url.PathEscape(near), near})
	}
	p.Next = append(p.Next, Link{"/", "all series"})
	return nil, p
}

func bad(format string, args ...any) error {
	return &problem{Status: http.StatusBadRequest, Text: fmt.Sprintf(format, args...)}
}

// ask reads which series a page is about, and the query.
func (s *Server) ask(r *http.Request) (a asked, err error) {
	of, err := s.lookup(r)
	if err != nil {
		return a, err
	}
	q := r.URL.Query()
	a = asked{of: of, at: s.o.Now(), Field: cmp.Or(q.Get("field"), of.Fields[0]), Table: q.Get("view") == "table"}
	today := span.DayOf(a.at)
	day := func(name string) (d span.Day, ok bool) {
		text := q.Get(name)
		if text == "" || err != nil {
			return 0, false
		}
		if d, err = span.ParseAt(text, today); err != nil {
			err = bad("%s: %v", name, err)
		}
		return d, err == nil
	}
	if d, ok := day("as_of"); ok {
		if d > today {
			return a, bad("as_of: %s is in the future", d)
		}
		if a.AsOf, a.IsAsOf = d, true; d < today {
			a.at = (d + 1).Time().Add(-1)
			today = d
		}
	}
	a.Day, a.IsDay = day("day")
	from, one := day("from")
	to, other := day("to")
	switch {
	case err != nil:
		return a, err
	case !slices.Contains(of.Fields, a.Field):
		return a, bad("field %.100q: want one of %s", a.Field, strings.Join(of.Fields, ", "))
	case one || other:
		if !one {
			from = of.Since
		}
		if !other {
			to = max(today, from)
		}
		if from > to {
			return a, bad("from %s is after to %s", from, to)
		}
		a.Chosen, a.Any = span.Span{From: from, To: to}, true
	}
	return a, a.chooseYear(q.Get("year"), today)
}

// days returns those that a series has, to the end of the year of today.
func (a *asked) days(today span.Day) span.Span {
	year, _, _ := today.Date()
	days := span.Span{From: a.of.Since, To: span.Date(year, time.December, 31)}
	if a.of.Until != 0 {
		days.To = min(days.To, a.of.Until)
	}
	days.To = max(days.From, days.To)
	return days
}

// chooseYear takes the year that is asked for, else that of the day, of the last of the
// chosen days, or the last one.
func (a *asked) chooseYear(text string, today span.Day) (err error) {
	days := a.days(today)
	first, _, _ := days.From.Date()
	last, _, _ := days.To.Date()
	a.Year = last
	switch {
	case text != "":
		if a.Year, err = strconv.Atoi(text); err != nil || a.Year < 0 || a.Year > 9999 {
			return bad("year %.100q: want a year", text)
		}
	case a.IsDay:
		a.Year, _, _ = a.Day.Date()
	case a.Any:
		a.Year, _, _ = a.Chosen.To.Date()
	}
	a.Year = min(max(a.Year, first), last)
	return nil
}

// With is the query of this page with one part changed; "" takes it away.
func (a *asked) With(name, value string) string {
	q := url.Values{}
	set := func(name, value string) {
		if q.Del(name); value != "" {
			q.Set(name, value)
		}
	}
	if a.IsAsOf {
		set("as_of", a.AsOf.String())
	}
	if a.Any {
		set("from", a.Chosen.From.String())
		set("to", a.Chosen.To.String())
	}
	if a.Field != a.of.Fields[0] {
		set("field", a.Field)
	}
	switch name {
	case "view", "field":
		set("year", strconv.Itoa(a.Year))
	case "year": // shows that year in the chart too
		set("from", "")
		set("to", "")
	}
	set(name, value)
	return "?" + q.Encode()
}

// seriesView is what the page of a series shows.
type seriesView struct {
	asked
	*catalogue.Series
	Standing     standing.Standing
	Begun        bool // it has days
	Rows         int
	Years, All   template.HTML
	Grid         template.HTML
	Legend       []standing.Shade
	Charted      span.Span
	IsCharted    bool
	Chart        template.HTML
	Values       []valueOf
	More         string // the day with which the table goes on
	Told         *dayView
	Today        span.Day
	ReadOnly     bool
	CannotChange string
	MarkActs     []row.Act
}

func (s *Server) series(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	if a.IsDay && wantsJSON(r) {
		told, err := s.tell(r.Context(), &a)
		if err != nil {
			return err
		}
		return s.show(w, r, page{Name: "series", JSON: told.Story})
	}
	v := seriesView{asked: a, Series: a.of, Today: span.DayOf(a.at), ReadOnly: s.o.Target.ReadOnly, CannotChange: s.cannot(changing), MarkActs: []row.Act{row.MarkAbsent, row.MarkMissing}}
	if err := s.fill(r.Context(), &v, wantsJSON(r)); err != nil {
		return err
	}
	p := page{Name: "series", Title: a.of.Key, Data: &v, Live: "series:" + a.of.Key}
	if wantsJSON(r) {
		report := standing.Report{SchemaVersion: output.SchemaVersion, AsOf: a.at, Complete: true, Series: []standing.Standing{}}
		if v.Begun {
			report.Add(v.Standing)
		}
		p.JSON = report
	}
	return s.show(w, r, p)
}

// fill reads what a page shows; brief: how the series stands is enough.
func (s *Server) fill(ctx context.Context, v *seriesView, brief bool) (err error) {
	all := v.days(v.Today)
	within, ok := standing.Range(v.of, all, v.Today)
	if !ok {
		return nil
	}
	marks, err := s.marks(ctx, &v.asked, within)
	if err != nil {
		return err
	}
	v.Begun, v.Standing = true, standing.Of(v.of, within, marks, v.at)
	if v.Rows = v.Standing.Rows(); brief {
		return nil
	}
	to := standing.Cover(v.of, all, marks, v.at) // with the days of this year that are not due yet
	v.Years = v.years(&to, all)
	v.Grid, v.Legend = v.grid(&to)
	if v.IsDay {
		if v.Told, err = s.tell(ctx, &v.asked); err != nil {
			return err
		}
	}
	year := span.Span{From: span.Date(v.Year, time.January, 1), To: span.Date(v.Year, time.December, 31)}
	if v.Any {
		year = v.Chosen
	}
	if v.Charted, v.IsCharted = year.Intersect(within); !v.IsCharted {
		return nil
	}
	list, err := s.values(ctx, &v.asked, v.Charted)
	if err != nil {
		return err
	}
	if v.Table {
		if len(list) > maxTable {
			v.More, list = list[maxTable].Day.String(), list[:maxTable]
		}
		v.Values = list
		return nil
	}
	v.Chart, err = v.chart(&to, list)
	return err
}

// maxTable is how many days the table has.
const maxTable = 366

// marks returns the marks of a series as they were known then. What a day was before its
// row became what it is comes without the day on which it was to be asked for again.
func (s *Server) marks(ctx context.Context, a *asked, days span.Span) ([]row.Mark, error) {
	if !a.IsAsOf {
		return s.o.Rows.Marks(ctx, a.of.Key, days)
	}
	list, err := s.values(ctx, a, days)
	var marks []row.Mark
	for _, v := range list {
		marks = append(marks, v.row.Mark())
	}
	return marks, err
}

// valueOf is a day that has a row, and the values that were replaced.
type valueOf struct {
	Day    span.Day     `json:"day"`
	Status row.Status   `json:"status"`
	Fields row.Fields   `json:"fields"` // as published
	Was    []row.Fields `json:"was,omitempty"`

	row row.Row
}

// values returns the days that have a row as it was known then, oldest first.
func (s *Server) values(ctx context.Context, a *asked, days span.Span) ([]valueOf, error) {
	rows, err := s.o.Rows.Rows(ctx, a.of.Key, days)
	if err != nil {
		return nil, err
	}
	revisions, err := s.o.Rows.Revisions(ctx, a.of.Key, days)
	if err != nil {
		return nil, err
	}
	list := make([]valueOf, 0, len(rows))
	for _, r := range rows {
		for len(revisions) > 0 && revisions[0].Day < r.Day {
			revisions = revisions[1:]
		}
		n := 0
		for n < len(revisions) && revisions[n].Day == r.Day {
			n++
		}
		then, known := r, true
		if a.IsAsOf {
			then, known = row.AsOf(r, revisions[:n], a.at)
		}
		if !known {
			continue
		}
		v := valueOf{Day: r.Day, Status: then.Status, Fields: then.Fields, row: then}
		for _, old := range revisions[:n] {
			if !old.ReplacedAt.After(a.at) {
				v.Was = append(v.Was, old.Fields)
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// maxValues is how many days one answer is about: what is beyond them is not read for it.
const maxValues = 2000

// seriesValues is the values of a range for programs.
func (s *Server) seriesValues(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	answer := struct {
		SchemaVersion int       `json:"schema_version"`
		Key           string    `json:"key"`
		From          span.Day  `json:"from"`
		To            span.Day  `json:"to"`
		Values        []valueOf `json:"values"`
		Next          *span.Day `json:"next,omitempty"` // it goes on with this day
	}{SchemaVersion: output.SchemaVersion, Key: a.of.Key, Values: []valueOf{}}
	days := a.Chosen
	if !a.Any {
		days = a.days(span.DayOf(a.at))
	}
	answer.From, answer.To = days.From, days.To
	if days.Days() > maxValues {
		next := days.From + maxValues
		answer.Next, days.To = &next, next-1
	}
	list, err := s.values(r.Context(), &a, days)
	if err != nil {
		return err
	}
	answer.Values = append(answer.Values, list...)
	r.Header.Set("Accept", "application/json") // it has no other form
	return s.show(w, r, page{JSON: answer})
}

// chart is the picture of values.
func (v *seriesView) chart(c *standing.Coverage, list []valueOf) (template.HTML, error) {
	picture := drawing.Chart{Label: output.Visible(v.of.Title) + ", " + v.Field, Days: v.Charted, AsOf: v.AsOf, IsAsOf: v.IsAsOf, Shades: c.Index().Shades(v.Charted)}
	for _, value := range list {
		reading := drawing.Reading{Day: value.Day}
		if value.Status == row.Observed {
			reading.Text, _ = value.Fields.Get(v.Field)
		}
		for _, old := range value.Was {
			if text, ok := old.Get(v.Field); ok && text != reading.Text {
				reading.Was = append(reading.Was, text)
			}
		}
		picture.Readings = append(picture.Readings, reading)
	}
	var b bytes.Buffer
	err := picture.SVG(&b)
	return template.HTML(b.String()), err //nolint:gosec // the drawing escapes what is foreign
}

// years is a strip a year, the newest first, each a link.
func (v *seriesView) years(c *standing.Coverage, days span.Span) template.HTML {
	first, _, _ := days.From.Date()
	last, _, _ := days.To.Date()
	x := c.Index()
	var b strings.Builder
	for year := last; year >= first; year-- {
		of := span.Span{From: span.Date(year, time.January, 1), To: span.Date(year, time.December, 31)}
		current := ""
		if year == v.Year {
			current = ` aria-current="true"`
		}
		fmt.Fprintf(&b, `<li><a href="%s"%s>%04d <svg class="strip" viewBox="0 0 366 10" preserveAspectRatio="none" role="img" aria-label="%s">`,
			template.HTMLEscapeString(v.With("year", strconv.Itoa(year))), current, year, counted(c.Shades(of)))
		drawing.Strip(&b, x.Shades(of))
		b.WriteString("</svg></a></li>\n")
	}
	return template.HTML(b.String()) //nolint:gosec // nothing of it is foreign but the query, which is escaped
}

// counted says how many days there are of each shade, the worst first.
func counted(runs []standing.Run) string {
	days := map[standing.Shade]int{}
	for _, run := range runs {
		days[run.Shade] += run.Days
	}
	var words []string
	for _, shade := range slices.Backward(standing.Shades()) {
		if n := days[shade]; n > 0 && shade != standing.Closed {
			words = append(words, fmt.Sprintf("%d %s", n, shade.Word()))
		}
	}
	if len(words) == 0 {
		return "no days"
	}
	return strings.Join(words, ", ")
}

// signs stand for shades in the grid, beside their colour.
var signs = map[standing.Shade]string{
	standing.NotDue: "·", standing.Settled: "–", standing.Observed: "", standing.Unexpected: "?", standing.Withdrawn: "↺",
	standing.Waiting: "◷", standing.Incomplete: "½", standing.Missing: "✗", standing.Quarantined: "‼",
}

// grid is the year: a week a column, a link a day. A script makes of it one stop of the
// keyboard; without one, each link is one.
func (v *seriesView) grid(c *standing.Coverage) (template.HTML, []standing.Shade) {
	year := span.Span{From: span.Date(v.Year, time.January, 1), To: span.Date(v.Year, time.December, 31)}
	var shades []standing.Shade
	for _, run := range c.Shades(year) {
		shades = append(shades, slices.Repeat([]standing.Shade{run.Shade}, run.Days)...)
	}
	before := (int(year.From.Weekday()) + 6) % 7 // weeks begin on Monday
	weeks := (before + len(shades) + 6) / 7
	var b strings.Builder
	fmt.Fprintf(&b, `<table role="grid" id="grid" class="year" aria-label="Days of %04d" aria-multiselectable="true" data-day="%s">`+"\n<thead><tr><td></td>", v.Year, v.Today)
	at := 0
	for month := time.January; month <= time.December; month++ { // a month is named over the weeks that begin in it
		next := (before + int(span.Date(v.Year, month+1, 1)-year.From) + 6) / 7
		if month == time.December {
			next = weeks
		}
		fmt.Fprintf(&b, `<th scope="colgroup" colspan="%d">%s</th>`, next-at, month.String()[:3])
		at = next
	}
	b.WriteString("</tr></thead>\n<tbody>")
	link := "?" // without the chart's days, which a script keeps: they would be a third of the page
	if v.IsAsOf {
		link += "as_of=" + v.AsOf.String() + "&amp;"
	}
	for weekday := range 7 {
		usual := usualShade(shades, (weekday-before+7)%7)
		fmt.Fprintf(&b, `<tr class=%s><th scope="row">%s</th>`, usual.Class(), time.Weekday((weekday + 1) % 7).String()[:3])
		for week := range weeks {
			i := 7*week + weekday - before
			if i < 0 || i >= len(shades) {
				b.WriteString("<td>")
				continue
			}
			d, shade := year.From+span.Day(i), shades[i]
			class := "" // of the row
			if shade != usual {
				class = " class=" + shade.Class()
			}
			more := ""
			if v.IsDay && d == v.Day {
				more = ` aria-current="date"`
			}
			chosen := ""
			if v.Any && v.Chosen.Contains(d) && v.Chosen.Days() <= len(shades) {
				chosen = ` aria-selected="true"`
			}
			fmt.Fprintf(&b, `<td%s%s><a href="%sday=%s" aria-label="%s %s"%s>%s</a>`, class, chosen, link, d, d, shade.Word(), more, signs[shade])
		}
		b.WriteByte('\n') // the ends of cells and rows may be left out
	}
	b.WriteString("</tbody></table>")
	var seen []standing.Shade
	for _, shade := range standing.Shades()[1:] {
		if slices.Contains(shades, shade) {
			seen = append(seen, shade)
		}
	}
	return template.HTML(b.String()), seen //nolint:gosec // nothing of it is foreign
}

// usualShade returns the shade that most of every seventh day have, the first of them first.
func usualShade(shades []standing.Shade, first int) (usual standing.Shade) {
	days := map[standing.Shade]int{}
	for i := first; i < len(shades); i += 7 {
		if days[shades[i]]++; days[shades[i]] > days[usual] {
			usual = shades[i]
		}
	}
	return usual
}

// Digits is the value of a field as published, nothing when there is none.
func (v valueOf) Digits(field string) string {
	text, _ := v.Fields.Get(field)
	return text
}

// dayView is what is told of a day.
type dayView struct {
	*story.Story
	Status        string // of the day, in words
	Missing       bool   // a run asks for it
	ReadOnly      bool
	CannotChange  string
	Then          string // how it stood at the end of as_of
	Before, After string // queries of the days beside it; "": days end there
}

// tell tells of the day that is asked for: all that is known now.
func (s *Server) tell(ctx context.Context, a *asked) (*dayView, error) {
	told, err := story.Tell(ctx, s.o.Rows, a.of, a.Day, s.o.Now(), s.o.Command)
	if err != nil {
		return nil, err
	}
	v := &dayView{Story: told, Status: strings.ReplaceAll(told.State, "_", " "), Missing: told.State == story.StateMissing, ReadOnly: s.o.Target.ReadOnly, CannotChange: s.cannot(changing)}
	if a.Day > anyDay.From {
		v.Before = a.With("day", (a.Day - 1).String())
	}
	if a.Day < anyDay.To {
		v.After = a.With("day", (a.Day + 1).String())
	}
	if a.IsAsOf {
		list, err := s.values(ctx, a, span.Span{From: a.Day, To: a.Day})
		if err != nil {
			return nil, err
		}
		v.Then = "nothing was known"
		if len(list) > 0 {
			v.Then = strings.TrimSpace(string(list[0].Status) + " " + list[0].Fields.String())
		}
	}
	return v, nil
}
