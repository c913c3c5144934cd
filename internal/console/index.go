package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/span"
	"lacuna/internal/standing"
)

// entry is what the index keeps of one series: how it stands, and a shade a month, some
// 500 bytes. Rows are not kept. An entry never changes: another takes its place.
type entry struct {
	of     *catalogue.Series
	is     standing.Standing
	months string   // runs of shades, from the index's first month: 12o is twelve of them
	due    span.Day // the newest day that was due when it was read
	read   bool
	at     time.Time // when it was
	err    string    // why it could not be read
}

// index is how all series stand. Reading the rows of ten thousand takes a minute, so it
// is done once, those first that a page shows, and again for what changes.
type index struct {
	rows  Rows
	now   func() time.Time
	first span.Day // of the first month

	mu      sync.Mutex
	entries []*entry // in the catalogue's order
	stale   []bool   // by entry: something has changed since it was read
	busy    int      // the one that is being read, -1: none
	byKey   map[string]int
	all     bool // all series are read; in AWS that costs, and a person says so
	urgent  []int
	pending []int // read when nothing is urgent; the last first
	wake    chan struct{}
	news    chan struct{} // closed when something was read, and then another
	unread  int
	halted  time.Time // when the credentials were found not to be good
}

func newIndex(of *catalogue.Catalogue, rows Rows, now func() time.Time) *index {
	x := &index{rows: rows, now: now, busy: -1, byKey: map[string]int{}, wake: make(chan struct{}, 1), news: make(chan struct{})}
	if rows == nil || of == nil {
		return x
	}
	today := span.DayOf(now())
	x.first = month(today)
	for i, s := range of.All() {
		x.byKey[s.Key] = i
		x.entries = append(x.entries, &entry{of: s})
		x.first = min(x.first, month(s.Since))
	}
	x.unread, x.stale = len(x.entries), make([]bool, len(x.entries))
	return x
}

// month returns the first day of the month of d.
func month(d span.Day) span.Day {
	y, m, _ := d.Date()
	return span.Date(y, m, 1)
}

// run reads series until ctx ends, and tells of it now and then.
func (x *index) run(ctx context.Context, tell func(news)) {
	const pause = 500 * time.Millisecond // between two news
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	var told time.Time
	untold := false
	for {
		i, ok := x.next()
		if ok {
			x.read(ctx, i)
			untold = true
		}
		if untold && (!ok || time.Since(told) > pause) {
			told, untold = time.Now(), false
			tell(news{Series: []string{"/"}})
		}
		if ok && ctx.Err() == nil {
			continue
		}
		select {
		case <-x.wake:
		case <-minute.C:
			x.refresh()
		case <-ctx.Done():
			return
		}
	}
}

// next takes the series to be read next.
func (x *index) next() (i int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case len(x.urgent) > 0:
		i, x.urgent = x.urgent[0], x.urgent[1:]
	case len(x.pending) > 0:
		i, x.pending = x.pending[len(x.pending)-1], x.pending[:len(x.pending)-1]
	default:
		return 0, false
	}
	return i, true
}

// read reads one series.
func (x *index) read(ctx context.Context, i int) {
	x.mu.Lock()
	of := x.entries[i].of
	x.stale[i], x.busy = false, i
	x.mu.Unlock()
	e := entry{of: of, read: true, at: time.Now()}
	var failed error
	asOf := x.now()
	today := span.DayOf(asOf)
	e.due, _ = of.Due(asOf)
	if days, ok := standing.Range(of, anyDay, today); ok {
		marks, err := x.rows.Marks(ctx, of.Key, days)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.err, failed = err.Error(), err
		} else {
			st := standing.Of(of, days, marks, asOf)
			e.is, e.months = st.Bare(), months(st.Index(), x.first, month(today))
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.entries[i].read {
		x.unread--
	}
	x.entries[i], x.busy = &e, -1
	x.halt(failed)
	close(x.news)
	x.news = make(chan struct{})
}

// months returns how many months there are up to now.
func (x *index) months() int {
	y, m, _ := span.DayOf(x.now()).Date()
	fy, fm, _ := x.first.Date()
	return 12*(y-fy) + int(m-fm) + 1
}

// months returns the shades of months as runs.
func months(x standing.Index, first, last span.Day) string {
	var b strings.Builder
	run, of := 0, standing.Closed
	end := func() {
		if run > 1 {
			b.WriteString(strconv.Itoa(run))
		}
		if run > 0 {
			b.WriteString(of.Letter())
		}
	}
	for m := first; m <= last; {
		next := month(m + 31)
		shade := x.Shade(span.Span{From: m, To: next - 1})
		if shade != of {
			end()
			run, of = 0, shade
		}
		run++
		m = next
	}
	end()
	return b.String()
}

// stretches reads what months has written: the days of a run are months.
func stretches(text string) []standing.Run {
	var list []standing.Run
	n := 0
	for _, c := range []byte(text) {
		if c >= '0' && c <= '9' {
			n = 10*n + int(c-'0')
			continue
		}
		list = append(list, standing.Run{Shade: letters[c], Days: max(n, 1)})
		n = 0
	}
	return list
}

// letters are the shades by their letters.
var letters = func() map[byte]standing.Shade {
	of := map[byte]standing.Shade{}
	for _, s := range standing.Shades() {
		of[s.Letter()[0]] = s
	}
	return of
}()

// want has the series of list read before others, and those that were read when other
// days were due once more; if there are any it waits for them a moment.
func (x *index) want(ctx context.Context, list []int, patience time.Duration) (waits bool) {
	asOf := x.now()
	before := map[int]*entry{}
	x.mu.Lock()
	if x.isHalted() {
		list = nil
	}
	for _, i := range list {
		if !x.old(i, asOf) {
			continue
		}
		before[i] = x.entries[i]
		if x.busy != i && !slices.Contains(x.urgent, i) {
			x.urgent = append(x.urgent, i)
		}
	}
	x.mu.Unlock()
	if len(before) == 0 {
		return false
	}
	x.poke()
	timeout := time.After(patience)
	for {
		x.mu.Lock()
		for i, e := range before {
			if x.entries[i] != e && !x.stale[i] && x.busy != i {
				delete(before, i)
			}
		}
		next := x.news
		x.mu.Unlock()
		if len(before) == 0 {
			return true
		}
		select {
		case <-next:
		case <-timeout:
			return true
		case <-ctx.Done():
			return true
		}
	}
}

// old reports whether a series is to be read, or read again. The caller has the lock.
func (x *index) old(i int, asOf time.Time) bool {
	e := x.entries[i]
	if !e.read || x.stale[i] || x.busy == i {
		return true
	}
	if e.err != "" {
		return time.Since(e.at) >= retry
	}
	due, _ := e.of.Due(asOf)
	return due != e.due
}

// unreadOf returns how many of list are to be read still, or again because they have
// changed; those that could not be read are none of them.
func (x *index) unreadOf(list []int) (n int) {
	asOf := x.now()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, i := range list {
		if failed := x.entries[i].err != "" && !x.stale[i] && x.busy != i; !failed && x.old(i, asOf) {
			n++
		}
	}
	return n
}

// begun reports whether a series has days up to now.
func (e *entry) begun() bool { return e.is.Key != "" }

func (x *index) poke() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// readAll has every series read, and from now on those too that nobody looks at.
func (x *index) readAll() {
	x.mu.Lock()
	x.all = true
	x.mu.Unlock()
	x.changed([]string{"*"})
}

// readsAll reports whether every series is read, or will be without a word.
func (x *index) readsAll() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all || len(x.pending) > 0
}

// refresh has those read again of which other days are due by now, if all are to be read.
func (x *index) refresh() {
	asOf := x.now()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.all {
		x.fill(asOf)
	}
}

// fill has those read that are to be read, or read again. The caller has the lock.
func (x *index) fill(asOf time.Time) {
	x.pending = x.pending[:0]
	for i := range slices.Backward(x.entries) {
		if x.old(i, asOf) {
			x.pending = append(x.pending, i)
		}
	}
}

// changed has those series read again that were read before: at once, or where that
// costs, when somebody looks at them. Any is "*".
func (x *index) changed(keys []string) {
	if slices.Contains(keys, "*") {
		x.mu.Lock()
		for i := range x.stale {
			x.stale[i] = true
		}
		x.mu.Unlock()
		x.refresh()
		x.poke()
		return
	}
	x.mu.Lock()
	for _, key := range keys {
		i, ok := x.byKey[key]
		if !ok || !x.entries[i].read && x.busy != i {
			continue
		}
		if x.stale[i] = true; x.all && !slices.Contains(x.urgent, i) {
			x.urgent = append(x.urgent, i)
		}
	}
	x.mu.Unlock()
	x.poke()
}

// counts are how many series there are, and how many of them in each of states.
type counts struct {
	All, Unread int
	Stale       int // were read, and may have changed since
	In          map[string]int
}

// snapshot returns what is known of all series now, in the catalogue's order.
func (x *index) snapshot() ([]*entry, counts) {
	x.mu.Lock()
	list := slices.Clone(x.entries)
	n := counts{All: len(x.entries), Unread: x.unread, In: map[string]int{}}
	for i, e := range list {
		if e.read && x.stale[i] {
			n.Stale++
		}
	}
	x.mu.Unlock()
	for _, e := range list {
		for _, state := range states {
			if e.in(state) {
				n.In[state]++
			}
		}
	}
	return list, n
}

// in reports whether a series is in a state by which the overview can be filtered.
func (e *entry) in(state string) bool {
	switch {
	case state == "":
		return true
	case !e.read || e.err != "":
		return false
	case e.is.Rows() == 0:
		return state == "never"
	}
	switch state {
	case "complete":
		return e.is.Missing == 0 && e.is.Waiting == 0
	case "gaps":
		return e.is.Missing > 0
	case "stale":
		return e.is.Behind > 0
	case "quarantined":
		return e.is.Quarantined > 0
	case "waiting":
		return e.is.Waiting > 0
	}
	return false
}

// worse orders what needs a person most first; what was never fetched, or not read yet,
// comes last.
func worse(a, b *entry) int {
	rank := func(e *entry) int {
		switch {
		case e.err != "":
			return 0
		case !e.read:
			return 2
		case e.is.Rows() == 0:
			return 3
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.is.Missing, a.is.Missing),
		cmp.Compare(b.is.Quarantined, a.is.Quarantined), cmp.Compare(b.is.Waiting, a.is.Waiting))
}
