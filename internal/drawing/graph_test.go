package drawing

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lacuna/internal/asl"
	"lacuna/internal/catalogue"
	"lacuna/internal/history"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/standing"
	"lacuna/statemachine"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var updateGraphs = flag.Bool("update-graphs", false, "write the pictures of testdata")

// failer is a test, of Go or of rapid.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// check fails when boxes overlap or lie outside of their container, or an edge is not
// drawn from box to box, or it or its label crosses a box or leaves the container. Edges
// may cross boxes in a graph that has too many.
func check(t failer, m *asl.Machine) *Graph {
	t.Helper()
	g := Layout(m)
	for i, a := range g.Boxes {
		if a.X < 0 || a.Y < 0 || a.W <= 0 || a.H <= 0 || a.X+a.W > g.Width || a.Y+a.H > g.Height {
			t.Fatalf("box %q %+v lies outside of the picture %d x %d", a.State, a, g.Width, g.Height)
		}
		if a.Inside >= 0 {
			o := g.Boxes[a.Inside]
			if a.X < o.X || a.Y < o.Y+header-1 || a.X+a.W > o.X+o.W || a.Y+a.H > o.Y+o.H {
				t.Fatalf("box %q %+v lies outside of %q %+v", a.State, a, o.State, o)
			}
		}
		for j, b := range g.Boxes[:i] {
			if inside(g, i, j) || inside(g, j, i) {
				continue
			}
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Fatalf("boxes %q %+v and %q %+v overlap", a.State, a, b.State, b)
			}
		}
	}
	want := map[string]int{}
	count(&m.Graph, want)
	for i, e := range g.Edges {
		from, to := g.Boxes[e.From], g.Boxes[e.To]
		want[from.State+"\x00"+to.State]--
		first, last := e.Points[0], e.Points[len(e.Points)-1]
		if !touches(from, first) || !touches(to, last) {
			t.Fatalf("edge %q to %q goes from %v to %v, boxes %+v %+v", from.State, to.State, first, last, from, to)
		}
		if len(g.Edges) < 200 {
			for i, p := range e.Points[1:] {
				clear(t, g, e, e.Points[i], p)
			}
		}
		if e.At != (Point{}) {
			end := e.At.X + widthOf(output.Visible(e.Label))
			clear(t, g, e, Point{e.At.X, e.At.Y - 12}, Point{end, e.At.Y + 3})
			if e.At.X < 0 || end > g.Width {
				t.Fatalf("label %q at %v lies outside of the picture, %d wide", e.Label, e.At, g.Width)
			}
			for _, other := range g.Edges[:i] {
				if other.At.Y == e.At.Y && other.At != (Point{}) && other.At.X < end && e.At.X < other.At.X+widthOf(output.Visible(other.Label)) {
					t.Fatalf("labels %q at %v and %q at %v overlap", e.Label, e.At, other.Label, other.At)
				}
			}
		}
	}
	for edge, n := range want {
		if n != 0 && !strings.HasPrefix(edge, "\x00") && !strings.HasSuffix(edge, "\x00") {
			t.Errorf("edge %q: %d too few", edge, n)
		}
	}
	return g
}

// clear fails when what lies between two corners, part of an edge, meets a box, or is not
// within the container of its ends.
func clear(t failer, g *Graph, e Edge, a, b Point) {
	t.Helper()
	left, right, top, bottom := min(a.X, b.X), max(a.X, b.X), min(a.Y, b.Y), max(a.Y, b.Y)
	for i, box := range g.Boxes {
		meets := left < box.X+box.W && box.X < right+1 && top < box.Y+box.H && box.Y < bottom
		within := left >= box.X && right <= box.X+box.W && top >= box.Y && bottom <= box.Y+box.H
		switch around := inside(g, e.From, i); {
		case around && !within:
			t.Fatalf("%v to %v, of edge %q to %q, lies outside of %q %+v", a, b, g.Boxes[e.From].State, g.Boxes[e.To].State, box.State, box)
		case !around && meets:
			t.Fatalf("%v to %v, of edge %q to %q, crosses %q %+v", a, b, g.Boxes[e.From].State, g.Boxes[e.To].State, box.State, box)
		}
	}
}

func inside(g *Graph, i, container int) bool {
	for i = g.Boxes[i].Inside; i >= 0; i = g.Boxes[i].Inside {
		if i == container {
			return true
		}
	}
	return false
}

func touches(b Box, p Point) bool {
	return p.X >= b.X && p.X <= b.X+b.W && p.Y >= b.Y && p.Y <= b.Y+b.H &&
		(p.X == b.X || p.X == b.X+b.W || p.Y == b.Y || p.Y == b.Y+b.H)
}

// count counts the edges between states that a graph has.
func count(g *asl.Graph, n map[string]int) {
	add := func(from *asl.State, to string) {
		if g.State(to) != nil {
			n[from.Name+"\x00"+to]++
		}
	}
	for _, s := range g.States {
		add(s, s.Next)
		add(s, s.Default)
		for _, rule := range s.Choices {
			add(s, rule.Next)
		}
		for _, c := range s.Catch {
			add(s, c.Next)
		}
		for _, inner := range s.Inner() {
			count(inner, n)
		}
	}
}

// picture returns the SVG of g, which must be XML.
func picture(t failer, g *Graph, mark func(string) Mark, alone bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := g.SVG(&b, "a machine", mark, alone); err != nil {
		t.Fatalf("%v", err)
	}
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return b.String()
		} else if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
	}
}

// pipeline returns our own definition.
func pipeline(t testing.TB) []byte {
	t.Helper()
	text, err := statemachine.Definition(func(name string) (string, bool) {
		if name == "partition" {
			return "aws", true
		}
		return "arn:aws:lambda:us-east-1:111111111111:function:" + name, true
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// definitions returns those of the cases of testdata/asl, and ours.
func definitions(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"pipeline": pipeline(t)}
	root := "../../testdata/asl"
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(name) != ".json" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var found struct {
			StartAt    string
			Definition json.RawMessage
		}
		if json.Unmarshal(text, &found) != nil {
			return nil
		}
		switch {
		case found.StartAt != "":
			all[name] = text
		case len(found.Definition) > 0:
			all[name] = found.Definition
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLayoutOfEveryDefinition(t *testing.T) {
	drawn := 0
	for name, text := range definitions(t) {
		m, err := asl.Parse(text)
		if err != nil {
			continue
		}
		drawn++
		t.Run(name, func(t *testing.T) {
			g := check(t, m)
			if again := Layout(m); !cmp.Equal(g, again) {
				t.Error("another layout the second time")
			}
			picture(t, g, nil, true)
		})
	}
	if drawn < 20 {
		t.Errorf("only %d definitions", drawn)
	}
}

// drawn returns the states of a graph that leads anywhere: loops, long edges, Catches,
// branches in branches. Each can be reached, because those before lead to it.
func drawn(t *rapid.T, named *int, depth int) string {
	first, n := *named, rapid.IntRange(1, 7).Draw(t, "states")
	*named += n
	name := func(i int) string { return fmt.Sprintf("S%d", first+i) }
	var all []string
	for i := range n {
		to := func() string { return name(rapid.IntRange(0, n-1).Draw(t, "to")) }
		next := `"End":true`
		if i < n-1 {
			next = fmt.Sprintf(`"Next":%q`, name(i+1))
		}
		catch := fmt.Sprintf(`"Catch":[{"ErrorEquals":[%q],"Next":%q},{"ErrorEquals":["States.ALL"],"Next":%q}],%s`, strings.Repeat("E", rapid.IntRange(1, 20).Draw(t, "error")), to(), to(), next)
		kinds := []string{"Pass", "Task", "Choice", "Parallel", "Map"}
		if i == n-1 || depth == 3 {
			kinds = kinds[:2]
		}
		state := ""
		switch rapid.SampledFrom(kinds).Draw(t, "kind") {
		case "Pass":
			state = `"Type":"Pass",` + next
		case "Task":
			state = `"Type":"Task","Resource":"arn:aws:lambda:us-east-1:111111111111:function:f",` + catch
		case "Choice":
			state = fmt.Sprintf(`"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":%q},{"Variable":"$.y","IsPresent":true,"Next":%q}],"Default":%q`, to(), to(), name(i+1))
		case "Parallel":
			state = fmt.Sprintf(`"Type":"Parallel","Branches":[%s,%s],%s`, drawn(t, named, depth+1), drawn(t, named, depth+1), catch)
		case "Map":
			state = fmt.Sprintf(`"Type":"Map","Iterator":%s,%s`, drawn(t, named, depth+1), catch)
		}
		all = append(all, fmt.Sprintf("%q:{%s}", name(i), state))
	}
	return fmt.Sprintf(`{"StartAt":%q,"States":{%s}}`, name(0), strings.Join(all, ","))
}

func TestLayoutOfAnyGraph(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := drawn(rt, new(int), 0)
		m, err := asl.Parse([]byte(text))
		if err != nil {
			rt.Fatal(err, text)
		}
		picture(rt, check(rt, m), nil, true)
	})
}

// Tab goes from link to link as they are written: a container, what is inside of it, what
// comes after it.
func TestLinksGoDownTheGraph(t *testing.T) {
	m, err := asl.Parse(pipeline(t))
	if err != nil {
		t.Fatal(err)
	}
	svg := picture(t, Layout(m), func(state string) Mark { return Mark{Link: "?state=" + state} }, false)
	var got []string
	for _, part := range strings.Split(svg, `<a href="?state=`)[1:] {
		state, _, _ := strings.Cut(part, `"`)
		got = append(got, state)
	}
	want := []string{
		"Select", "Divided?", "BadInput", "EachShard", "Shard", "ShardFailed", "EachSource", "EachSeries", "Query", "Detect", "NoStoreToRead", "SeriesFailed", "FanOut", "AnyStreams?", "EachStream", "Scrape", "NoStoreToWrite", "StreamFailed", "SourceDone", "NoStore", "SourceFailed",
		"Report", "Complete?", "ReportFailed", "Incomplete", "Done", "Unreported",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order of the links (-want +got):\n%s", diff)
	}
}

// marks are some of each status.
func marks(state string) Mark {
	of := map[string]Mark{
		"Select": {Status: history.Done, Link: "?state=Select"}, "EachSource": {Status: history.Failed, Note: "1/5, 1 failed", Link: "?state=EachSource"},
		"Scrape": {Status: history.Failed, Note: "5 retries", Link: "?state=Scrape", Chosen: true}, "Query": {Status: history.Caught}, "Detect": {Status: history.Running},
		"FanOut": {Status: history.Stopped},
	}
	return of[state]
}

func TestGraphPictures(t *testing.T) {
	loops := []byte(`{"StartAt":"A <b>\u202e","States":{
		"A <b>\u202e":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"W"},{"Variable":"$.y","IsPresent":true,"Next":"P"}],"Default":"W"},
		"W":{"Type":"Wait","Seconds":1,"Next":"A <b>\u202e"},
		"P":{"Type":"Parallel","Branches":[{"StartAt":"P1","States":{"P1":{"Type":"Pass","Next":"P2 with a name that is far too long for its box"},"P2 with a name that is far too long for its box":{"Type":"Succeed"}}},
			{"StartAt":"Q1","States":{"Q1":{"Type":"Pass","End":true}}}],"Catch":[{"ErrorEquals":["A\"&","B"],"Next":"F"}],"Next":"T"},
		"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:111111111111:function:f","Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"}],"End":true},
		"F":{"Type":"Fail"}}}`)
	for name, text := range map[string][]byte{"pipeline": pipeline(t), "loops": loops} {
		m, err := asl.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		g := check(t, m)
		got := picture(t, g, marks, name == "pipeline")
		file := filepath.Join("testdata", "graph-"+name+".svg")
		if *updateGraphs {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -update-graphs writes what is drawn now (-want +got):\n%s", file, diff)
		}
		if inPage := picture(t, g, marks, false); strings.Contains(inPage, "style") {
			t.Errorf("a picture in a page has a style: %s", inPage)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		text string
		room int
	}{{"Scrape", 100}, {"Scrape", 40}, {"日本語日本語日本語", 60}, {"", 10}, {"mmmmm", 1}} {
		got := cut(tt.text, tt.room)
		if got != tt.text && (!strings.HasSuffix(got, "…") || tt.room > 20 && widthOf(got) > tt.room || !strings.HasPrefix(tt.text, strings.TrimSuffix(got, "…"))) {
			t.Errorf("cut(%q, %d) = %q", tt.text, tt.room, got)
		}
	}
}

func FuzzLayout(f *testing.F) {
	for _, text := range definitions(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 20_000 {
			return
		}
		m, err := asl.Parse(text)
		if err != nil {
			return
		}
		picture(t, check(t, m), nil, true)
	})
}

func BenchmarkPipeline(b *testing.B) {
	m, err := asl.Parse(pipeline(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Layout(m).SVG(io.Discard, "", marks, false); err != nil {
			b.Fatal(err)
		}
	}
}

// Graphs about as large as a definition may be, which has 1 MiB at most: a chain, a star,
// loops and long edges.
func BenchmarkLargeGraph(b *testing.B) {
	for name, of := range map[string]struct {
		states int
		state  func(i, n int) string
	}{
		"chain": {10_000, func(i, _ int) string { return fmt.Sprintf(`"Type":"Pass","Next":"S%d"`, i+1) }},
		"star": {9_000, func(i, n int) string {
			if i > 0 {
				return `"Type":"Pass","Next":"S` + fmt.Sprint(n) + `"`
			}
			var rules []string
			for j := range n {
				rules = append(rules, fmt.Sprintf(`{"Variable":"$.x","IsPresent":true,"Next":"S%d"}`, j))
			}
			return fmt.Sprintf(`"Type":"Choice","Choices":[%s],"Default":"S%d"`, strings.Join(rules, ","), n)
		}},
		"tangle": {5_000, func(i, n int) string {
			return fmt.Sprintf(`"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"S%d"},{"Variable":"$.y","IsPresent":true,"Next":"S%d"}],"Default":"S%d"`, i*7919%n, i*104_729%n, i+1)
		}},
	} {
		b.Run(name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString(`{"StartAt":"S0","States":{`)
			for i := range of.states {
				fmt.Fprintf(&text, `"S%d":{%s},`, i, of.state(i, of.states))
			}
			fmt.Fprintf(&text, `"S%d":{"Type":"Succeed"}}}`, of.states)
			m, err := asl.Parse([]byte(text.String()))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := Layout(m).SVG(io.Discard, "", marks, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A coverage is XML with a line a year.
func TestCoverage(t *testing.T) {
	of, err := catalogue.Parse("series.yaml", []byte("version: 1\nsources: {ecb: {}}\nseries:\n- {key: 'A#1', title: x, unit: x, source: ecb, code: A, calendar: target, since: 2022-12-30}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	days := span.Span{From: span.Date(2022, 12, 30), To: span.Date(2024, 1, 31)}
	marks := []row.Mark{{Day: span.Date(2023, 3, 1), Status: row.Observed}, {Day: span.Date(2023, 3, 2), Status: row.Quarantined}}
	c := standing.Cover(of.All()[0], days, marks, days.To.Time())
	var b bytes.Buffer
	if err := Coverage(&b, []*standing.Coverage{&c}); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(b.Bytes(), new(struct{})); err != nil {
		t.Fatal(err, b.String())
	}
	for _, want := range []string{">2022<", ">2023<", ">2024<", `class="quarantined"`, "A#1: 1 of", `class="ground"`, Made} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}

// A name that has no room is cut for the eye alone.
func TestWholeNames(t *testing.T) {
	long := "EachOfAVeryLongNameThatNoBoxHasRoomFor"
	machine, err := asl.Parse([]byte(`{"StartAt":"` + long + `","States":{"` + long + `":{"Type":"Pass","End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]string{
		"":   `<g class="state failed" role="img"><title>` + long + `: failed, 1/2, 1 failed, 3 retries</title>`,
		"?x": `<a href="?x" aria-label="` + long + `: failed, 1/2, 1 failed, 3 retries">`,
	} {
		var b strings.Builder
		if err := Layout(machine).SVG(&b, "x", func(string) Mark { return Mark{Status: history.Failed, Note: "1/2, 1 failed, 3 retries", Link: link} }, false); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) || !strings.Contains(b.String(), "…</text>") {
			t.Errorf("no %s in %s", want, &b)
		}
	}
}
