package drawing

import (
	"cmp"
	"slices"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/output"
)

// Sizes of a graph, in pixels.
const (
	boxWidth  = 188
	boxHeight = 46
	gapX      = 22 // between two boxes side by side
	gapY      = 40 // between two ranks
	padding   = 16 // inside a container
	header    = 46 // of a container: its own name and state
	bendWidth = 12 // of an edge that passes a rank
	dotSize   = 22 // of Start and End
)

// Graph is a state machine as boxes and edges with their places.
type Graph struct {
	Width, Height int
	Boxes         []Box  // containers before what they contain; states in the order in which they can be reached
	Edges         []Edge // Start and End have those that lead from and to them
}

// Box is a state, or Start or End.
type Box struct {
	State      string // "" for Start and End
	Type       string // of the state; Start or End
	X, Y, W, H int
	Inside     int // index of the container, -1: none
	Container  bool
}

// Edge leads from one box to another.
type Edge struct {
	From, To int // indexes of boxes
	Kind     EdgeKind
	Label    string  // the errors of a Catch, the number of a rule
	Points   []Point // from the border of one box to that of the other
	At       Point   // where the label begins, if it is short and there is room for it; else zero
}

// EdgeKind says which field of a state an edge is.
type EdgeKind string

// The kinds of edges.
const (
	Next    EdgeKind = "next"
	Chosen  EdgeKind = "choice"
	Default EdgeKind = "default"
	Catch   EdgeKind = "catch"
)

// Point is a place in a graph.
type Point struct{ X, Y int }

// Start and End are the types of the boxes before the first and after the last states.
const (
	Start = "Start"
	End   = "End"
)

// Layout places the states of a machine in ranks from top to bottom, those inside of Map
// and Parallel states within their container. It is the same each time, no two boxes
// overlap, and no edge crosses a box.
func Layout(m *asl.Machine) *Graph {
	g := &Graph{}
	s := g.scope(&m.Graph, -1, true)
	g.Width, g.Height = s.place(g, padding, padding)
	g.Width, g.Height = g.Width+2*padding, g.Height+2*padding
	return g
}

// scope is one graph of states while it is placed: a machine, a processor or a branch.
type scope struct {
	nodes []*node
	edges []*link
	ranks [][]*node
}

// node is a box, or the bend of an edge in a rank between those of its ends.
type node struct {
	box        int     // -1: a bend
	w, h, x    int     // x is that of its middle
	rank, at   int     // at is its place in the rank
	key        float64 // by which the rank is sorted
	inner      []*scope
	ins, outs  []*segment
	seen, open bool // of the walk that finds loops
	end        bool // it is End
}

// link is an edge between two nodes of a scope. One that closes a loop is turned round
// while ranks are found.
type link struct {
	from, to *node
	edge     Edge
	turned   bool
	way      []*segment // from the upper to the lower node
}

// segment is the part of an edge between two ranks, from the upper to the lower node.
type segment struct {
	upper, lower *node
	x0, x1       int // where it leaves one and reaches the other
}

// scope makes boxes and edges of states.
func (g *Graph) scope(of *asl.Graph, inside int, ends bool) *scope {
	s := &scope{}
	byName := map[string]*node{}
	add := func(b Box, inner []*asl.Graph) *node {
		b.Inside, b.Container = inside, len(inner) > 0
		n := &node{box: len(g.Boxes), w: boxWidth, h: boxHeight}
		g.Boxes = append(g.Boxes, b)
		if b.State == "" {
			n.w, n.h = dotSize, dotSize
		}
		s.nodes = append(s.nodes, n)
		for _, one := range inner {
			n.inner = append(n.inner, g.scope(one, n.box, false))
		}
		if len(inner) > 0 {
			n.w, n.h = padding, 0
			for _, one := range n.inner {
				w, h := one.size()
				n.w, n.h = n.w+w+padding, max(n.h, h)
			}
			n.w, n.h = max(n.w, boxWidth), n.h+header+padding
		}
		return n
	}
	var start, end *node
	if ends {
		start = add(Box{Type: Start}, nil)
	}
	for _, state := range inOrder(of) {
		byName[state.Name] = add(Box{State: state.Name, Type: state.Type}, state.Inner())
	}
	if ends {
		end = add(Box{Type: End}, nil)
		end.end = true
	}
	join := func(from, to *node, kind EdgeKind, label string) {
		if from != nil && to != nil {
			s.edges = append(s.edges, &link{from: from, to: to, edge: Edge{From: from.box, To: to.box, Kind: kind, Label: label}})
		}
	}
	join(start, byName[of.StartAt], Next, "")
	for _, state := range of.States {
		from := byName[state.Name]
		join(from, byName[state.Next], Next, "")
		for _, rule := range state.Choices {
			join(from, byName[rule.Next], Chosen, "")
		}
		join(from, byName[state.Default], Default, "")
		for _, c := range state.Catch {
			join(from, byName[c.Next], Catch, strings.Join(c.ErrorEquals, ", "))
		}
		if state.End || state.Type == asl.Succeed || state.Type == asl.Fail {
			join(from, end, Next, "")
		}
	}
	s.arrange()
	return s
}

// inOrder returns the states of g as they can be reached from the first, near ones
// first, then those that cannot.
func inOrder(g *asl.Graph) []*asl.State {
	var list []*asl.State
	seen := map[string]bool{}
	firsts := []string{g.StartAt}
	for _, state := range g.States {
		firsts = append(firsts, state.Name)
	}
	for _, first := range firsts {
		for queue := []string{first}; len(queue) > 0; queue = queue[1:] {
			state := g.State(queue[0])
			if state == nil || seen[state.Name] {
				continue
			}
			seen[state.Name] = true
			list = append(list, state)
			queue = append(queue, state.Next)
			for _, rule := range state.Choices {
				queue = append(queue, rule.Next)
			}
			queue = append(queue, state.Default)
			for _, c := range state.Catch {
				queue = append(queue, c.Next)
			}
		}
	}
	return list
}

// arrange finds ranks, the order in them, and the places across.
func (s *scope) arrange() {
	s.turnLoops()
	s.rank()
	s.bend()
	for range sweeps {
		s.sort(func(n *node) []*segment { return n.ins }, func(i *segment) *node { return i.upper }, false)
		s.sort(func(n *node) []*segment { return n.outs }, func(i *segment) *node { return i.lower }, true)
	}
	s.spread()
}

// sweeps bound how often the order of a rank is bettered, and how often the places.
const sweeps = 4

// turnLoops turns round the edges that lead back to a state on the way to their own.
func (s *scope) turnLoops() {
	outs := map[*node][]*link{}
	for _, l := range s.edges {
		outs[l.from] = append(outs[l.from], l)
	}
	var walk func(n *node)
	walk = func(n *node) {
		n.seen, n.open = true, true
		for _, l := range outs[n] {
			if l.turned = l.to.open; !l.to.seen {
				walk(l.to)
			}
		}
		n.open = false
	}
	for _, n := range s.nodes {
		if !n.seen {
			walk(n)
		}
	}
}

func (l *link) ends() (upper, lower *node) {
	if l.turned {
		return l.to, l.from
	}
	return l.from, l.to
}

// rank puts each node below all that lead to it.
func (s *scope) rank() {
	waits, below := map[*node]int{}, map[*node][]*node{}
	for _, l := range s.edges {
		if upper, lower := l.ends(); upper != lower {
			waits[lower]++
			below[upper] = append(below[upper], lower)
		}
	}
	var ready []*node
	for _, n := range s.nodes {
		if n.rank = 0; waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	last := 0
	for ; len(ready) > 0; ready = ready[1:] {
		n := ready[0]
		last = max(last, n.rank)
		for _, lower := range below[n] {
			lower.rank = max(lower.rank, n.rank+1)
			if waits[lower]--; waits[lower] == 0 {
				ready = append(ready, lower)
			}
		}
	}
	s.ranks = make([][]*node, last+1)
	for _, n := range s.nodes {
		if n.end && n.rank == 0 {
			n.rank = last // nothing leads to it
		}
		s.ranks[n.rank] = append(s.ranks[n.rank], n)
	}
}

// maxBends bounds the bends of a scope: an edge that is longer than is left goes
// straight, and may cross boxes.
const maxBends = 20_000

// bend gives each edge that passes a rank a place in it.
func (s *scope) bend() {
	left := maxBends
	for _, l := range s.edges {
		upper, lower := l.ends()
		if upper == lower {
			continue
		}
		last := upper
		if left -= lower.rank - upper.rank - 1; left >= 0 {
			for r := upper.rank + 1; r < lower.rank; r++ {
				n := &node{box: -1, w: bendWidth, rank: r}
				s.ranks[r] = append(s.ranks[r], n)
				l.way = append(l.way, meet(last, n))
				last = n
			}
		}
		l.way = append(l.way, meet(last, lower))
	}
	for _, rank := range s.ranks {
		for at, n := range rank {
			n.at = at
		}
	}
}

func meet(upper, lower *node) *segment {
	i := &segment{upper: upper, lower: lower}
	upper.outs, lower.ins = append(upper.outs, i), append(lower.ins, i)
	return i
}

// sort orders each rank by the middle of the neighbours on one side, from the top or from
// the bottom on.
func (s *scope) sort(side func(*node) []*segment, end func(*segment) *node, up bool) {
	for r := range s.ranks {
		if up {
			r = len(s.ranks) - 1 - r
		}
		rank := s.ranks[r]
		for _, n := range rank {
			n.key = float64(n.at)
			if near := side(n); len(near) > 0 {
				n.key = 0
				for _, i := range near {
					n.key += float64(end(i).at)
				}
				n.key /= float64(len(near))
			}
		}
		slices.SortStableFunc(rank, func(a, b *node) int { return cmp.Compare(a.key, b.key) })
		for at, n := range rank {
			n.at = at
		}
	}
}

// spread finds the places across: every node as near to the middle of its neighbours as
// those beside it let it.
func (s *scope) spread() {
	for _, rank := range s.ranks {
		x := 0
		for _, n := range rank {
			n.x = x + n.w/2
			x += n.w + gapX
		}
		for _, n := range rank {
			n.x -= x / 2
		}
	}
	for range sweeps {
		for _, rank := range s.ranks {
			settle(rank, func(n *node) (sum, of int) {
				for _, i := range n.ins {
					sum, of = sum+i.upper.x, of+1
				}
				return sum, of
			})
		}
		for _, rank := range slices.Backward(s.ranks) {
			settle(rank, func(n *node) (sum, of int) {
				for _, i := range n.outs {
					sum, of = sum+i.lower.x, of+1
				}
				return sum, of
			})
		}
	}
}

// settle moves the nodes of a rank towards where they want to be, each as far as those
// beside it do not want to be there themselves: neighbours that would overlap share the
// middle of what they want.
func settle(rank []*node, wants func(*node) (sum, of int)) {
	type group struct{ first, last, want, weight int } // want is that of its left end, weight times
	var groups []group
	offsets := make([]int, len(rank))
	for i, n := range rank {
		want, weight := n.x, 1
		if sum, of := wants(n); of > 0 {
			want, weight = sum/of, 4
		}
		next := group{i, i, want * weight, weight}
		for len(groups) > 0 {
			before := groups[len(groups)-1]
			shift := offsets[before.last] + rank[before.last].w/2 + gapX + rank[next.first].w/2
			if before.want/before.weight+shift <= next.want/next.weight {
				break
			}
			for j := next.first; j <= next.last; j++ {
				offsets[j] += shift
			}
			next = group{before.first, next.last, before.want + next.want - shift*next.weight, before.weight + next.weight}
			groups = groups[:len(groups)-1]
		}
		groups = append(groups, next)
	}
	for _, g := range groups {
		for j := g.first; j <= g.last; j++ {
			rank[j].x = g.want/g.weight + offsets[j]
		}
	}
	for i := 1; i < len(rank); i++ { // what dividing has cut off
		rank[i].x = max(rank[i].x, rank[i-1].x+rank[i-1].w/2+gapX+(rank[i].w+1)/2)
	}
}

// size returns how large a scope is.
func (s *scope) size() (w, h int) {
	left, right := s.sides()
	for r := range s.ranks {
		h += s.height(r)
	}
	return right - left, h + gapY*(len(s.ranks)-1)
}

func (s *scope) sides() (left, right int) {
	for i, n := range s.all() {
		if i == 0 {
			left, right = n.x-n.w/2, n.x+n.w/2
		}
		left, right = min(left, n.x-n.w/2), max(right, n.x+n.w/2)
	}
	return left, right + loopWidth*s.loops()
}

// loops is 1 when a state leads to itself: that edge stands out at its right.
func (s *scope) loops() int {
	if slices.ContainsFunc(s.edges, func(l *link) bool { return l.from == l.to }) {
		return 1
	}
	return 0
}

const loopWidth = 18

func (s *scope) all() []*node { return slices.Concat(s.ranks...) }

func (s *scope) height(rank int) int {
	h := 0
	for _, n := range s.ranks[rank] {
		h = max(h, n.h)
	}
	return h
}

// place gives the boxes and edges of s their places in g, x and y being its upper left
// corner, and returns how large it is.
func (s *scope) place(g *Graph, x, y int) (w, h int) {
	left, right := s.sides()
	tops, bottoms := make([]int, len(s.ranks)), make([]int, len(s.ranks))
	at := y
	for r, rank := range s.ranks {
		tops[r], bottoms[r] = at, at+s.height(r)
		for _, n := range rank {
			if n.x += x - left; n.box >= 0 {
				b := &g.Boxes[n.box]
				b.X, b.Y, b.W, b.H = n.x-n.w/2, at, n.w, n.h
				inside := b.X + padding
				for _, one := range n.inner {
					w, _ := one.place(g, inside, at+header)
					inside += w + padding
				}
			}
		}
		at = bottoms[r] + gapY
	}
	for _, n := range s.all() {
		ports(n.ins, n, func(i *segment) *node { return i.upper }, func(i *segment) *int { return &i.x1 })
		ports(n.outs, n, func(i *segment) *node { return i.lower }, func(i *segment) *int { return &i.x0 })
	}
	written := map[int][]int{}
	for _, l := range s.edges {
		l.edge.Points = l.points(g, tops, bottoms)
		l.edge.At = l.label(written, x-padding/2, x+right-left+padding/2)
		g.Edges = append(g.Edges, l.edge)
	}
	return right - left, at - gapY - y
}

// ports lets the edges of one side of a box begin side by side, in the order of where
// they lead.
func ports(list []*segment, n *node, end func(*segment) *node, x func(*segment) *int) {
	slices.SortStableFunc(list, func(a, b *segment) int { return cmp.Compare(end(a).x, end(b).x) })
	step := 14
	if len(list) > 1 {
		step = min(step, (n.w-10)/(len(list)-1))
	}
	for i, one := range list {
		*x(one) = n.x + (2*i-len(list)+1)*step/2
	}
}

// points are the way of an edge: straight down in the ranks that it passes, and across
// between them.
func (l *link) points(g *Graph, tops, bottoms []int) []Point {
	if l.from == l.to {
		b := g.Boxes[l.from.box]
		return []Point{{b.X + b.W, b.Y + b.H/3}, {b.X + b.W + loopWidth, b.Y + b.H/3}, {b.X + b.W + loopWidth, b.Y + 2*b.H/3}, {b.X + b.W, b.Y + 2*b.H/3}}
	}
	var list []Point
	for _, i := range l.way {
		from := bottoms[i.upper.rank]
		if i.upper.box >= 0 {
			b := g.Boxes[i.upper.box]
			list = append(list, Point{i.x0, b.Y + b.H})
		}
		list = append(list, Point{i.x0, from}, Point{i.x1, tops[i.lower.rank]})
	}
	if l.turned {
		slices.Reverse(list)
	}
	return slices.Compact(list)
}

// maxLabel is how wide a label of an edge may be, and labelRise how far above its box it is,
// in pixels. A wider one is the title of its edge alone.
const (
	maxLabel  = 150
	labelRise = 10
)

// label returns where the errors that a Catch takes are written: beside the end of the edge
// above a box, because there are no boxes above a rank. written are the labels there, from
// where to where in pairs, by height. Of every error nothing is written: a dashed line says
// it.
func (l *link) label(written map[int][]int, left, right int) Point {
	room := widthOf(output.Visible(l.edge.Label))
	if l.edge.Kind != Catch || l.from == l.to || l.edge.Label == asl.ErrorAll || room > maxLabel {
		return Point{}
	}
	at := l.edge.Points[len(l.edge.Points)-1]
	if l.turned {
		at = l.edge.Points[0]
	}
	for _, x := range []int{at.X + 6, at.X - 6 - room} {
		if x >= left && x+room <= right && !overlaps(written[at.Y], x, x+room) {
			written[at.Y] = append(written[at.Y], x, x+room)
			return Point{x, at.Y - labelRise}
		}
	}
	return Point{}
}

func overlaps(pairs []int, from, to int) bool {
	for i := 0; i < len(pairs); i += 2 {
		if from < pairs[i+1] && pairs[i] < to {
			return true
		}
	}
	return false
}
