package drawing

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lacuna/internal/span"
	"lacuna/internal/standing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var updateCharts = flag.Bool("update-charts", false, "write the golden charts anew")

func chartDay(text string) span.Day {
	d, err := span.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func days(from, to string) span.Span { return span.Span{From: chartDay(from), To: chartDay(to)} }

func draw(t testing.TB, c Chart) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("attribute %s", a.Name.Local)
				}
			}
		}
		if text, ok := token.(xml.CharData); ok && strings.Contains(string(text), "NaN") {
			t.Errorf("text %s", text)
		}
	}
}

func TestChart(t *testing.T) {
	month := days("2024-01-01", "2024-01-31")
	tests := []struct {
		name string
		Chart
	}{
		{"empty", Chart{Label: "Dollar", Days: month, Shades: []standing.Run{{Shade: standing.Missing, Days: 31}}}},
		{"gaps", Chart{
			Label: `<b>"Dollar"</b> & more`, Days: month, AsOf: chartDay("2024-01-25"), IsAsOf: true,
			Readings: []Reading{
				{Day: month.From, Text: "4.85"}, {Day: month.From + 1, Text: "4.9000"}, {Day: month.From + 2, Text: "4.87", Was: []string{"4.78", "4.79"}},
				{Day: month.From + 6, Text: "4.95"}, {Day: month.From + 10, Text: "4.93"}, {Day: month.From + 11, Text: "4.91"},
				{Day: month.From + 14, Was: []string{"4.99"}},
			},
			Shades: []standing.Run{
				{Shade: standing.Observed, Days: 3}, {Shade: standing.Missing, Days: 2}, {Shade: standing.Quarantined, Days: 1}, {Shade: standing.Observed, Days: 1},
				{Shade: standing.Waiting, Days: 1}, {Shade: standing.Incomplete, Days: 1}, {Shade: standing.Settled, Days: 1}, {Shade: standing.Observed, Days: 1},
				{Shade: standing.Withdrawn, Days: 1}, {Shade: standing.Unexpected, Days: 1}, {Shade: standing.NotDue, Days: 18},
			},
		}},
		{"years", years(12)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.ReplaceAll(draw(t, tt.Chart), "><", ">\n<")
			path := filepath.Join("testdata", "chart", tt.name+".svg")
			if *updateCharts {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// years has a value a weekday, with a missing week each year.
func years(n int) Chart {
	c := Chart{Label: "Dollar", Days: span.Span{From: span.Date(2010, time.January, 1), To: span.Date(2010+n, time.January, 1) - 1}}
	for i := range c.Days.Days() {
		d := c.Days.From + span.Day(i)
		if i%365 >= 300 && i%365 < 307 {
			continue
		}
		c.Readings = append(c.Readings, Reading{Day: d, Text: fmt.Sprintf("%.4f", 4+math.Sin(float64(i)/300)+math.Sin(float64(i*i))/20)})
	}
	for left := c.Days.Days(); left > 0; left -= 365 {
		for _, r := range []standing.Run{{Shade: standing.Observed, Days: min(left, 300)}, {Shade: standing.Missing, Days: 7}, {Shade: standing.Observed, Days: 58}} {
			if r.Days <= left {
				c.Shades = append(c.Shades, r)
			}
		}
	}
	return c
}

// Whatever the values are: at most four points a column, two of a dense line, the lowest
// and the highest of it among them, in order of days, none outside the plot, and as many pieces as days
// without a value between values make.
func TestChartColumns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Chart{Days: days("2000-01-01", "2009-12-31"), Width: rapid.IntRange(50, 900).Draw(rt, "width")}
		value := rapid.Float64()
		if rapid.Bool().Draw(rt, "usual") {
			value = rapid.Float64Range(-10, 1000)
		}
		for d := c.Days.From; d <= c.Days.To; d += span.Day(rapid.IntRange(1, 90).Draw(rt, "step")) {
			r := Reading{Day: d, Text: fmt.Sprint(value.Draw(rt, "value"))}
			if rapid.IntRange(0, 9).Draw(rt, "revised") == 0 {
				r.Was = []string{fmt.Sprint(value.Draw(rt, "was"))}
			}
			c.Readings = append(c.Readings, r)
		}
		for left := c.Days.Days(); left > 0; {
			n := rapid.IntRange(1, left).Draw(rt, "days")
			c.Shades = append(c.Shades, standing.Run{Shade: standing.Shade(rapid.IntRange(0, int(standing.Quarantined)).Draw(rt, "shade")), Days: n})
			left -= n
		}
		var shades []standing.Shade
		for _, r := range c.Shades {
			for range r.Days {
				shades = append(shades, r.Shade)
			}
		}
		for _, r := range c.Readings { // where a value is, none lacks
			shades[r.Day-c.Days.From] = standing.Observed
		}
		c.Shades = nil
		for _, s := range shades {
			c.Shades = append(c.Shades, standing.Run{Shade: s, Days: 1})
		}
		p, points, was := c.lay()
		if len(points) != len(c.Readings) {
			rt.Fatalf("%d points of %d readings", len(points), len(c.Readings))
		}
		dense, most := len(points) > p.width, 4
		kept := reduce(points, dense)
		if dense {
			most = 2
		}
		type column struct {
			low, high float64
			n         int
		}
		count := func(list []point) map[int]column {
			all := map[int]column{}
			for i, at := range list {
				if i > 0 && list[i-1].Day >= at.Day {
					rt.Fatalf("%s after %s", at.Day, list[i-1].Day)
				}
				if y := p.y(at.value); at.column < 0 || at.column >= p.width || y < 10*p.top || y > 10*(p.top+p.height) {
					rt.Fatalf("%s %s at %d, %d of %+v", at.Day, at.Text, at.column, y, p)
				}
				of, ok := all[at.column]
				if !ok {
					of = column{at.value, at.value, 0}
				}
				all[at.column] = column{min(of.low, at.value), max(of.high, at.value), of.n + 1}
			}
			return all
		}
		all, less := count(points), count(kept)
		for x, of := range all {
			if got := less[x]; got.low != of.low || got.high != of.high || got.n > most {
				rt.Fatalf("column %d has %v, want a part of %v", x, got, of)
			}
		}
		pieces := 1
		for i := 1; i < len(kept); i++ {
			broken := false
			for d := kept[i-1].Day; d < kept[i].Day; d++ {
				s := shades[d-c.Days.From]
				broken = broken || s != standing.Observed && s != standing.Withdrawn && s != standing.Unexpected
			}
			if broken {
				pieces++
			}
		}
		var want []place
		for _, at := range kept {
			to := place{10 * (p.left + at.column), p.y(at.value)}
			if dense {
				to.y = (to.y + 5) / 10 * 10
			}
			want = append(want, to)
		}
		line := p.line(points)
		if got := strings.Count(line, "M"); got != pieces {
			rt.Fatalf("%d pieces, want %d", got, pieces)
		}
		if diff := cmp.Diff(want, places(rt, line), cmp.AllowUnexported(place{})); diff != "" {
			rt.Fatalf("%s (-want +got):\n%s", line, diff)
		}
		if n := len(p.lines()); n > 9 {
			rt.Fatalf("%d lines of the axis", n)
		}
		if got := strings.Count(p.joints(was), "V"); got != len(was) {
			rt.Fatalf("%d joints of %d revisions", got, len(was))
		}
		draw(t, c)
	})
}

// place is where a path comes by, in tenths of a pixel.
type place struct{ x, y int }

var command = regexp.MustCompile(`([Mhlv])([^Mhlv]*)`)

// places reads what path.add has written, as SVG reads it.
func places(t *rapid.T, text string) (list []place) {
	var at place
	for _, part := range command.FindAllStringSubmatch(text, -1) {
		var numbers []int
		for _, n := range regexp.MustCompile(`-?[\d.]+`).FindAllString(part[2], -1) {
			v, err := strconv.ParseFloat(n, 64)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, int(math.Round(10*v)))
		}
		for len(numbers) > 0 {
			switch n := numbers; part[1] {
			case "M":
				at, numbers = place{n[0], n[1]}, n[2:]
			case "l":
				at, numbers = place{at.x + n[0], at.y + n[1]}, n[2:]
			case "v":
				at.y, numbers = at.y+n[0], n[1:]
			case "h":
				at.x, numbers = at.x+n[0], n[1:]
				if n[0] == 0 { // a dot
					continue
				}
			}
			list = append(list, at)
		}
	}
	return list
}

// What is no number is not drawn, and what is foreign makes no element.
func TestChartOfHostileValues(t *testing.T) {
	c := Chart{Label: "</svg><script>alert(1)</script>\x00\x1b[31m", Days: days("2024-01-01", "2024-01-31")}
	for i, v := range []string{"NaN", "Inf", "-inf", "1e999", "", "<b>", "1_000", `"`, "1.5", "1e308", "-1e308", "5e-324", strings.Repeat("9", 300)} {
		c.Readings = append(c.Readings, Reading{Day: c.Days.From + span.Day(i), Text: v, Was: []string{v}})
	}
	got := draw(t, c)
	if strings.Contains(got, "<script") || strings.ContainsAny(got, "\x00\x1b") {
		t.Errorf("%s", got)
	}
	if n := strings.Count(got, `class="value"`); n != 5 {
		t.Errorf("%d values, want 5:\n%s", n, got)
	}
	for _, one := range []Chart{
		{Days: span.Span{From: 5, To: 3}}, {Days: span.Span{From: 0, To: 0}, Readings: []Reading{{Day: 0, Text: "0"}}},
		{Days: days("2024-01-01", "2024-01-02"), Readings: []Reading{{Day: chartDay("2024-01-01"), Text: "1.7976931348623157e308"}}},
		{Days: days("2024-01-01", "2024-01-02"), Readings: []Reading{{Day: chartDay("2024-01-01"), Text: "-5e-324"}, {Day: chartDay("2024-01-02"), Text: "5e-324"}}},
		{Days: days("0000-01-01", "9999-12-31"), Width: 1, Height: 1, Readings: []Reading{{Day: 0, Text: "-0.000"}}},
	} {
		draw(t, one)
	}
}

// The axis has round numbers, with no more digits than they need.
func TestChartAxis(t *testing.T) {
	for _, tt := range []struct{ low, high, want string }{
		{"4.8512", "5.2001", "4.8 4.9 5.0 5.1 5.2 5.3"},
		{"0", "100", "0 20 40 60 80 100"},
		{"-0.03", "0.04", "-0.04 -0.02 0.00 0.02 0.04"},
		{"5", "5", "4.94 4.96 4.98 5.00 5.02 5.04 5.06"},
		{"0", "0", "-1.0 -0.5 0.0 0.5 1.0"},
		{"1e15", "3e15", "1e+15 1.5e+15 2e+15 2.5e+15 3e+15"},
	} {
		c := Chart{Days: days("2024-01-01", "2024-01-02"), Readings: []Reading{{Day: chartDay("2024-01-01"), Text: tt.low}, {Day: chartDay("2024-01-02"), Text: tt.high}}}
		p, _, _ := c.lay()
		var got []string
		for _, v := range p.lines() {
			got = append(got, p.label(v))
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s to %s: %s, want %s", tt.low, tt.high, text, tt.want)
		}
	}
}

func TestChartIsSmall(t *testing.T) {
	if n := len(draw(t, years(14))); n > 26_000 {
		t.Errorf("%d bytes", n)
	}
}

func BenchmarkChart(b *testing.B) {
	c := years(14) // 5,000 points
	for b.Loop() {
		if err := c.SVG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
