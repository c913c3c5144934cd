package drawing

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"lacuna/internal/span"
	"lacuna/internal/standing"
)

// Chart is a picture of the values of one field of a series. Values are decimal text;
// they become floats to find their pixels and for nothing else.
type Chart struct {
	Label    string // what is drawn, for those who do not see it
	Days     span.Span
	AsOf     span.Day       // where a line stands
	IsAsOf   bool           // there is one
	Readings []Reading      // oldest first; those outside Days, and those that are no numbers, are left out
	Shades   []standing.Run // of Days, as Coverage.Bridged gives them; the line is broken where a value lacks
	Width    int            // in pixels at full size; zero: 720
	Height   int            // zero: 260
}

// Reading is the value of a day.
type Reading struct {
	Day  span.Day
	Text string   // as published; "": there is none any more
	Was  []string // values that it replaced, oldest first
}

// Bounds of what is drawn: how many readings have a dot with their digits, and how many
// revisions are shown, the newest.
const (
	maxDots      = 60
	maxRevisions = 200
)

// Margins around the plot, and the lane of ticks beneath it, in pixels.
const (
	above, beneath, besides = 10, 40, 12
	lane, letterWide        = 12, 7
)

// point is a reading with its place.
type point struct {
	Reading
	value  float64
	column int
	piece  int     // points of one piece are joined
	next   float64 // what replaced the value; NaN: nothing that can be drawn
}

// plot is where things are drawn.
type plot struct {
	days                     span.Span
	left, width, top, height int
	low, high, step          float64
	any                      bool // there is something to draw
}

// SVG writes the picture, for a page: it has classes and no style of its own.
func (c Chart) SVG(w io.Writer) error {
	c.Days.To = max(c.Days.From, c.Days.To)
	p, points, was := c.lay()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s" data-from="%s" data-to="%s" data-left="%d" data-width="%d">`,
		p.left+p.width+besides, p.top+p.height+beneath, text(c.Label+c.summary(points)), c.Days.From, c.Days.To, p.left, p.width)
	p.axes(&b)
	c.ticks(&b, p)
	for _, x := range []struct {
		class string
		d     string
	}{{"line", p.line(points)}, {"joint", p.joints(was)}} {
		if x.d != "" {
			fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, x.class, x.d)
		}
	}
	p.dots(&b, points, was)
	if !p.any {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">no value in these days</text>`, p.left+p.width/2, p.top+p.height/2)
	}
	if c.IsAsOf && c.Days.Contains(c.AsOf) {
		x := p.left + p.column(c.AsOf)
		fmt.Fprintf(&b, `<path class="asof" d="M%d %dv%d"/><text x="%d" y="%d" text-anchor="end">as of %s</text>`, x, p.top, p.height, x-3, p.top+10, c.AsOf)
	}
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// lay finds the places of the readings and of the values that they replaced.
func (c Chart) lay() (p plot, points, was []point) {
	p = plot{days: c.Days, top: above, low: math.Inf(1), high: math.Inf(-1)}
	p.height = max(cmp.Or(c.Height, 260)-above-beneath, 10)
	pieces := c.pieces()
	for _, r := range c.Readings {
		if !c.Days.Contains(r.Day) {
			continue
		}
		next := number(r.Text)
		if !math.IsNaN(next) {
			p.low, p.high = min(p.low, next), max(p.high, next)
			points = append(points, point{Reading: r, value: next, piece: pieces(r.Day)})
		}
		for i, before := range slices.Backward(r.Was) {
			v := number(before)
			if i < len(r.Was)-maxRevisions || math.IsNaN(v) {
				continue
			}
			p.low, p.high = min(p.low, v), max(p.high, v)
			was = append(was, point{Reading: Reading{Day: r.Day, Text: before}, value: v, next: next})
			next = v
		}
	}
	was = was[max(len(was)-maxRevisions, 0):]
	p.any = len(points)+len(was) > 0
	p.scale()
	p.left = 2*besides + letterWide*len(p.label(p.low))
	for _, v := range p.lines() {
		p.left = max(p.left, besides+letterWide*len(p.label(v)))
	}
	p.width = max(cmp.Or(c.Width, 720)-p.left-besides, 10)
	for _, list := range [][]point{points, was} {
		for i := range list {
			list[i].column = p.column(list[i].Day)
		}
	}
	return p, points, was
}

// number is the float nearest to a decimal text, NaN when it is none.
func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || strings.ContainsAny(text, "_xX") {
		return math.NaN()
	}
	return v
}

// pieces returns the number of the piece of the line that a day is in.
func (c Chart) pieces() func(d span.Day) int {
	var ends []span.Day // the last day of each run in which a value lacks
	at := c.Days.From
	for _, r := range c.Shades {
		at += span.Day(r.Days)
		switch r.Shade {
		case standing.Observed, standing.Withdrawn, standing.Unexpected:
		default:
			ends = append(ends, at-1)
		}
	}
	return func(d span.Day) int {
		n, _ := slices.BinarySearch(ends, d)
		return n
	}
}

// column returns the pixel column of a day within the plot.
func (p plot) column(d span.Day) int {
	return int((2*int64(d-p.days.From) + 1) * int64(p.width) / (2 * int64(p.days.Days())))
}

// edge returns the pixel column in which a day begins.
func (p plot) edge(d span.Day) int {
	return int(int64(d-p.days.From) * int64(p.width) / int64(p.days.Days()))
}

// scale chooses round numbers for the axis, and has it end on them.
func (p *plot) scale() {
	if p.low > p.high {
		p.low, p.high = 0, 0
	}
	if p.low == p.high {
		around := math.Max(math.Abs(p.low)/100, math.SmallestNonzeroFloat64*1e9)
		if p.low == 0 {
			around = 1
		}
		p.low, p.high = max(p.low-around, -math.MaxFloat64), min(p.high+around, math.MaxFloat64)
	}
	const most = 5
	raw := p.high/most - p.low/most
	ten := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, n := range []float64{10, 5, 2, 1} {
		if n*ten >= raw*(1-1e-9) || p.step == 0 {
			p.step = n * ten
		}
	}
	if p.step == 0 || math.IsInf(p.step, 0) {
		p.step = max(raw, math.SmallestNonzeroFloat64)
	}
	if low, high := math.Floor(p.low/p.step)*p.step, math.Ceil(p.high/p.step)*p.step; !math.IsInf(high/2-low/2, 0) && low < high {
		p.low, p.high = low, high
	}
}

// lines returns the values of the lines of the axis.
func (p plot) lines() []float64 {
	var list []float64
	const most = 9 // of which rounding never makes more
	for i := range most {
		v := p.low + float64(i)*p.step
		if !(v <= p.high+p.step/1e6) || i > 0 && v == p.low {
			break
		}
		list = append(list, v)
	}
	return list
}

// label is a round number of the axis.
func (p plot) label(v float64) string {
	digits := -int(math.Floor(math.Log10(p.step) + 1e-9))
	if digits > 9 || digits < -9 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	if math.Abs(v) < p.step/1e6 {
		v = 0 // and no -0
	}
	return strconv.FormatFloat(v, 'f', max(digits, 0), 64)
}

// y returns the place of a value from above, in tenths of a pixel. Halves, because the
// whole of the largest float and its negative is none.
func (p plot) y(v float64) int {
	part := (p.high/2 - v/2) / (p.high/2 - p.low/2)
	if !(part >= 0 && part <= 1) { // of numbers so small that they have no halves
		part = .5
	}
	return 10*p.top + int(math.Round(part*float64(10*p.height)))
}

func (p plot) axes(b *bytes.Buffer) {
	var grid, texts strings.Builder
	for _, v := range p.lines() {
		if !p.any { // an axis would be made up
			break
		}
		y := p.y(v)
		fmt.Fprintf(&grid, "M%d %sh%d", p.left, tenths(y), p.width)
		fmt.Fprintf(&texts, `<text x="%d" y="%s" text-anchor="end">%s</text>`, p.left-5, tenths(y+35), p.label(v))
	}
	for _, m := range p.marks() {
		x := p.left + p.edge(m.day)
		fmt.Fprintf(&grid, "M%d %dv%d", x, p.top, p.height)
		fmt.Fprintf(&texts, `<text x="%d" y="%d">%s</text>`, x, p.top+p.height+lane+16, m.text)
	}
	fmt.Fprintf(b, `<path class="grid" d="%s"/>%s`, grid.String(), texts.String())
}

// mark is a day with a word below the plot.
type mark struct {
	day  span.Day
	text string
}

// marks are the years, months or weeks below the plot, as many as have room.
func (p plot) marks() []mark {
	const room = 48 // pixels for a word
	most := max(p.width/room, 1)
	first, _, _ := p.days.From.Date()
	last, _, _ := p.days.To.Date()
	var list []mark
	add := func(d span.Day, text string) {
		if p.days.Contains(d) && int64(p.days.To-d)*int64(p.width) >= int64(p.days.Days())*room*2/3 {
			list = append(list, mark{d, text})
		}
	}
	days := p.days.Days()
	switch {
	case days > 366*4:
		stride := (last-first)/most + 1
		for year := first; year <= last; year++ {
			if year%stride == 0 {
				add(span.Date(year, time.January, 1), fmt.Sprintf("%04d", year))
			}
		}
	case days > 70:
		stride := max(1, (days/30+most-1)/most)
		for stride < 12 && 12%stride != 0 {
			stride++
		}
		for year := first; year <= last; year++ {
			for month := 1; month <= 12; month += stride {
				add(span.Date(year, time.Month(month), 1), fmt.Sprintf("%04d-%02d", year, month))
			}
		}
	default:
		stride := span.Day(max(1, (days+most-1)/most))
		for d := p.days.From; d <= p.days.To; d += stride {
			add(d, d.String()[len("2006-"):])
		}
	}
	return list
}

// ticks are how the days stand that have no good value, beneath the plot: each shade
// as high as no other.
func (c Chart) ticks(b *bytes.Buffer, p plot) {
	paths := make([]strings.Builder, len(standing.Shades()))
	drawn := make([]int, len(paths)) // where the last tick of a shade ends
	at := c.Days.From
	for _, r := range c.Shades {
		from := max(p.edge(at), drawn[r.Shade])
		at = min(at+span.Day(r.Days), c.Days.To+1)
		to := max(p.edge(at), p.edge(at-1)+1) // at least one pixel
		if wide := to - from; wide > 0 {
			paths[r.Shade].WriteString(bars(p.left+from, p.top+p.height+2, wide, tickShapes[r.Shade]...))
			drawn[r.Shade] = to
		}
	}
	for shade := range paths {
		if s := standing.Shade(shade); paths[shade].Len() > 0 {
			fmt.Fprintf(b, `<path class="%s" d="%s"><title>%s</title></path>`, s.Class(), paths[shade].String(), s.Word())
		}
	}
}

// tickShapes are from where to where shades are drawn in the lane of ticks.
var tickShapes = map[standing.Shade][][2]int{
	standing.Missing:     {{0, 10}},
	standing.Quarantined: {{0, 3}, {7, 10}},
	standing.Incomplete:  {{3, 10}},
	standing.Waiting:     {{6, 9}},
	standing.Withdrawn:   {{0, 4}},
	standing.Unexpected:  {{0, 2}},
	standing.Settled:     {{8, 9}},
}

// reduce leaves at most four points of a column: the first, the lowest, the highest and
// the last, so that the line looks as with all of them. Of a dense line it leaves the
// lowest and the highest: the others are no more than a column from where it is drawn.
func reduce(points []point, dense bool) []point {
	var kept []point
	for len(points) > 0 {
		n := 1
		for n < len(points) && points[n].column == points[0].column {
			n++
		}
		low, high := 0, 0
		for i := range points[:n] {
			if points[i].value < points[low].value {
				low = i
			}
			if points[i].value > points[high].value {
				high = i
			}
		}
		at := []int{low, high}
		if !dense {
			at = append(at, 0, n-1)
		}
		slices.Sort(at)
		for _, i := range slices.Compact(at) {
			kept = append(kept, points[i])
		}
		points = points[n:]
	}
	return kept
}

// line is the path through points, broken between pieces. A point alone is a dot: a line
// of no length with round ends.
func (p plot) line(points []point) string {
	dense := len(points) > p.width // tenths of a pixel are not seen in it
	points = reduce(points, dense)
	var b path
	x, y := 0, 0
	for i, at := range points {
		toX, toY := p.left+at.column, p.y(at.value)
		if dense {
			toY = (toY + 5) / 10 * 10
		}
		switch {
		case i == 0 || points[i-1].piece != at.piece:
			b.add('M', 10*toX, toY)
			if i+1 == len(points) || points[i+1].piece != at.piece {
				b.add('h', 0)
			}
		case toX == x:
			b.add('v', toY-y)
		case toY == y:
			b.add('h', 10*(toX-x))
		default:
			b.add('l', 10*(toX-x), toY-y)
		}
		x, y = toX, toY
	}
	return string(b.text)
}

// path is one in as few bytes as it can be.
type path struct {
	text []byte
	last byte // command, which is not written twice
}

// add adds a command with its numbers, in tenths.
func (b *path) add(command byte, numbers ...int) {
	bare := command == b.last && command != 'M' // a second pair of M is one of L
	if b.last = command; !bare {
		b.text = append(b.text, command)
	}
	for i, n := range numbers {
		if n >= 0 && (bare || i > 0) {
			b.text = append(b.text, ' ')
		}
		b.text = append(b.text, tenths(n)...)
	}
}

// joints lead from values that were replaced to those that replaced them, where there are
// such.
func (p plot) joints(was []point) string {
	var b strings.Builder
	for _, old := range was {
		if !math.IsNaN(old.next) {
			fmt.Fprintf(&b, "M%d %sV%s", p.left+old.column, tenths(p.y(old.value)), tenths(p.y(old.next)))
		}
	}
	return b.String()
}

// dots have the digits as published: of the readings, where they are few, else of the
// lowest, the highest and the last, and of the values that were replaced.
func (p plot) dots(b *bytes.Buffer, points, was []point) {
	dot := func(class string, at point, radius, says string) {
		fmt.Fprintf(b, `<circle class="%s" cx="%d" cy="%s" r="%s"><title>%s</title></circle>`,
			class, p.left+at.column, tenths(p.y(at.value)), radius, text(says+at.Day.String()+": "+at.Text))
	}
	if len(points) <= maxDots {
		for _, at := range points {
			dot("value", at, "2.5", "")
		}
	} else {
		for i, at := range extremes(points) {
			dot("value", at, "2.5", []string{"lowest, ", "highest, ", "newest, "}[i])
		}
	}
	for _, at := range was {
		dot("was", at, "3", "replaced value of ")
	}
}

// extremes returns the lowest, the highest and the last of points, which are some.
func extremes(points []point) []point {
	by := func(a, b point) int { return cmp.Compare(a.value, b.value) }
	return []point{slices.MinFunc(points, by), slices.MaxFunc(points, by), points[len(points)-1]}
}

// summary says in words what the line shows.
func (c Chart) summary(points []point) string {
	if len(points) == 0 {
		return ": no value from " + c.Days.From.String() + " to " + c.Days.To.String()
	}
	e := extremes(points)
	return fmt.Sprintf(": %d values from %s to %s, lowest %s on %s, highest %s on %s, newest %s on %s",
		len(points), c.Days.From, c.Days.To, e[0].Text, e[0].Day, e[1].Text, e[1].Day, e[2].Text, e[2].Day)
}

// tenths writes a number of tenths as short as it can be.
func tenths(n int) string {
	text := strconv.FormatFloat(float64(n)/10, 'f', -1, 64)
	if n != 0 && -10 < n && n < 10 {
		text = strings.Replace(text, "0", "", 1) // .5
	}
	return text
}

// text is a text from elsewhere in an SVG. What XML has no characters for is left out.
func text(from string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, from))
}
