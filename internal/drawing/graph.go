package drawing

import (
	"cmp"
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"

	"lacuna/internal/history"
	"lacuna/internal/output"
)

// Style is the style sheet of graphs, for a page that has some.
//
//go:embed graph.css
var Style string

// Mark is what a graph shows of a state.
type Mark struct {
	Status history.Status
	Note   string // after the word for the status: 12/250, 1 failed
	Link   string // where the box leads; "": nowhere
	Chosen bool
}

// signs are what statuses look like, and are called.
var signs = map[history.Status][2]string{
	history.NotReached: {"○", "not reached"},
	history.Done:       {"✓", "done"},
	history.Failed:     {"✗", "failed"},
	history.Caught:     {"↷", "failed, caught"},
	history.Running:    {"▶", "running"},
	history.Stopped:    {"■", "stopped"},
}

// Sign is a character for a status, beside its word.
func Sign(of history.Status) string { return signs[of][0] }

// Word says a status to people.
func Word(of history.Status) string { return signs[of][1] }

// SVG writes g, each state with what mark says of it; with a nil mark it is the machine
// alone. With alone it is a file by itself.
func (g *Graph) SVG(w io.Writer, label string, mark func(state string) Mark, alone bool) error {
	var b strings.Builder
	more := ""
	if alone {
		more = ` xmlns="http://www.w3.org/2000/svg"`
	}
	fmt.Fprintf(&b, `<svg%s class="graph" width="%d" height="%d" viewBox="0 0 %d %d" role="group" aria-label="%s">`, more, g.Width, g.Height, g.Width, g.Height, escaped(label))
	if alone {
		fmt.Fprintf(&b, `%s<style>%s</style><rect class="ground" width="100%%" height="100%%"/>`, Made, Style)
	}
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 0L8 4L0 8z"/></marker></defs>` + "\n")
	inside, edges := map[int][]int{}, map[int][]int{} // by container
	for i := range g.Boxes {
		inside[g.Boxes[i].Inside] = append(inside[g.Boxes[i].Inside], i)
	}
	for i, e := range g.Edges {
		container := g.Boxes[e.From].Inside
		edges[container] = append(edges[container], i)
	}
	var write func(container int)
	write = func(container int) {
		for _, i := range edges[container] {
			g.Edges[i].write(&b, g)
		}
		for _, i := range edges[container] {
			g.Edges[i].writeLabel(&b)
		}
		list := inside[container]
		slices.SortFunc(list, func(i, j int) int { // so that Tab goes down the graph
			return cmp.Or(cmp.Compare(g.Boxes[i].Y, g.Boxes[j].Y), cmp.Compare(g.Boxes[i].X, g.Boxes[j].X))
		})
		for _, i := range list {
			g.Boxes[i].write(&b, mark)
			write(i)
		}
	}
	write(-1)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes a box: its name and, when it is marked, its status.
func (x *Box) write(b *strings.Builder, mark func(string) Mark) {
	if x.State == "" {
		fmt.Fprintf(b, `<g><title>%s</title><circle cx="%d" cy="%d" r="%d"/></g>`+"\n", x.Type, x.X+x.W/2, x.Y+x.H/2, x.W/2)
		return
	}
	class, word, sign, link := "state", x.Type, "", ""
	if mark != nil {
		m := mark(x.State)
		sign, word = Sign(m.Status)+" ", Word(m.Status)
		if m.Note != "" {
			word += ", " + m.Note
		}
		if m.Status != history.NotReached {
			class += " " + string(m.Status)
		}
		if m.Chosen {
			class += " chosen"
		}
		link = m.Link
	}
	if x.Container {
		class += " container"
	}
	role, whole := "", x.State+": "+word
	if link != "" {
		fmt.Fprintf(b, `<a href="%s" aria-label="%s">`, escaped(link), escaped(whole))
	} else { // for those who hear it: it is called by its title, and the texts in it may be cut
		role = ` role="img"`
	}
	fmt.Fprintf(b, `<g class="%s"%s><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6"/>`, class, role, escaped(whole), x.X, x.Y, x.W, x.H)
	kind := ""
	if x.Container {
		kind = " (" + x.Type + ")"
	}
	room := x.W - 20
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`, x.X+10, x.Y+19, escaped(cut(output.Visible(x.State), room-widthOf(kind))+kind))
	for widthOf(sign+word) > room && strings.Contains(word, ", ") { // half a word is none, and the title has all of them
		word = word[:strings.LastIndex(word, ", ")]
	}
	fmt.Fprintf(b, `<text class="word" x="%d" y="%d">%s</text></g>`, x.X+10, x.Y+36, escaped(cut(sign+word, room)))
	if link != "" {
		b.WriteString("</a>")
	}
	b.WriteByte('\n')
}

// write writes an edge, with what it says as its title.
func (e *Edge) write(b *strings.Builder, g *Graph) {
	fmt.Fprintf(b, `<path class="%s" marker-end="url(#arrow)" d="M%d %d`, e.Kind, e.Points[0].X, e.Points[0].Y)
	for i, p := range e.Points[1:] {
		switch from := e.Points[i]; {
		case p.X == from.X:
			if i+2 == len(e.Points) || e.Points[i+2].X != p.X { // else the next goes on
				fmt.Fprintf(b, "V%d", p.Y)
			}
		case p.Y == from.Y:
			fmt.Fprintf(b, "H%d", p.X)
		default:
			middle := (from.Y + p.Y) / 2
			fmt.Fprintf(b, "C%d %d %d %d %d %d", from.X, middle, p.X, middle, p.X, p.Y)
		}
	}
	name := func(i int) string {
		if g.Boxes[i].State == "" {
			return g.Boxes[i].Type
		}
		return g.Boxes[i].State
	}
	title := name(e.From) + " → " + name(e.To)
	if e.Kind != Next {
		title += ", " + string(e.Kind)
	}
	if e.Label != "" {
		title += " " + output.Shorten(e.Label, output.MaxQuoted)
	}
	fmt.Fprintf(b, `"><title>%s</title></path>`+"\n", escaped(title))
}

// writeLabel writes the label of an edge that has room for it.
func (e *Edge) writeLabel(b *strings.Builder) {
	if e.At != (Point{}) {
		fmt.Fprintf(b, `<text class="label" x="%d" y="%d">%s</text>`+"\n", e.At.X, e.At.Y, escaped(e.Label))
	}
}

// escaped makes a text from elsewhere one that a picture shows.
func escaped(text string) string { return html.EscapeString(output.Visible(text)) }

// widthOf is about how wide a text is at 13 pixels, rather more than less: nobody knows
// which font a browser has.
func widthOf(text string) int {
	w := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune("iljtfrI.,:;'|!()[] ", r):
			w += 5
		case strings.ContainsRune("mwMW@%", r) || r > 0x2e80:
			w += 14
		case r >= 'A' && r <= 'Z' || r > 0x7f:
			w += 10
		default:
			w += 8
		}
	}
	return w
}

// cut returns as much of a text as there is room for.
func cut(text string, room int) string {
	if widthOf(text) <= room {
		return text
	}
	fits := 0
	for i := range text {
		if widthOf(text[:i]+"…") > room {
			break
		}
		fits = i
	}
	return strings.TrimRight(text[:fits], " ") + "…"
}
