package main

import (
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// oracle keeps its own account of every day, from what publishers answered and
// which writes reached the store. Its rules are those of the design, written a
// second time: it never calls row.Next. It fails the test at the first write
// that should not be, and at the first answer that is lost.
type oracle struct {
	*world
	mu       sync.Mutex
	days     map[string]map[span.Day]*ledger
	failures int
}

// ledger is what a row should be.
type ledger struct {
	status   row.Status
	attempts int
	retryAt  span.Day
	fields   row.Fields
	revised  []row.Fields // values that gave way
	decided  time.Time    // when a person last did
	// Of answers since then: one had a value on each side, but none for the day.
	witnessed bool
	gone      bool // observed, and the publisher took the value away again
}

// seen is what one worker has seen.
type seen struct {
	rows     map[string]map[span.Day]row.Row // as it read them before it asked
	read     time.Time
	answered bool
	span     span.Span
	said     map[string]map[span.Day]said // of each series that it asked for
	empty    map[string]span.Runs         // days that the answer has without a value
	landed   map[string]map[span.Day]bool
}

// said is what a publisher said of a day that it did not leave out.
type said struct {
	fields  row.Fields
	damaged bool
}

func newOracle(w *world) *oracle {
	o := &oracle{world: w, days: map[string]map[span.Day]*ledger{}}
	for _, s := range w.All() {
		o.days[s.Key] = map[span.Day]*ledger{}
	}
	return o
}

func (o *oracle) ledger(key string, day span.Day) *ledger {
	a := o.days[key][day]
	if a == nil {
		a = &ledger{}
		o.days[key][day] = a
	}
	return a
}

// wrong reports a failure; after some, more would only hide the first.
func (o *oracle) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	o.logf("WRONG %s", text)
	if o.failures++; o.failures <= 5 {
		o.t.Errorf("%s: %s", time.Now().UTC().Format(time.DateTime), text)
	}
}

// covered is what a worker read of a series.
func (o *oracle) covered(c *caller, series string, rows []row.Row) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !c.worker {
		return
	}
	if c.saved != "" {
		c.next()
	}
	if c.seen.answered {
		return
	}
	if c.seen.rows == nil {
		c.seen.rows, c.seen.read = map[string]map[span.Day]row.Row{}, time.Now()
	}
	byDay := make(map[span.Day]row.Row, len(rows))
	for _, r := range rows {
		byDay[r.Day] = r
	}
	c.seen.rows[series] = byDay
}

// answered is what a publisher answered to a worker.
func (o *oracle) answered(c *caller, req source.Request, a source.Answer, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logf("source %s: %v %d values, %d damaged, %v", c.name, req.Span, len(a.Observations), len(a.Damaged), err)
	if err != nil {
		return
	}
	s := &c.seen
	s.answered, s.span, s.empty = true, req.Span, a.Empty
	s.said, s.landed = map[string]map[span.Day]said{}, map[string]map[span.Day]bool{}
	for _, one := range req.Series {
		if a.Failed[one.Key] != nil { // as if it had not been asked for
			continue
		}
		s.said[one.Key], s.landed[one.Key] = map[span.Day]said{}, map[span.Day]bool{}
	}
	for _, x := range a.Observations {
		s.said[x.Key][x.Day] = said{fields: x.Fields}
	}
	for _, d := range a.Damaged {
		if !req.Span.Contains(d.Day) {
			continue // nobody asked
		}
		s.said[d.Key][d.Day] = said{fields: d.Fields, damaged: true}
	}
}

// good reports whether the publisher gave a value for the day that is to be believed.
func (o *oracle) good(c *caller, key string, day span.Day) bool {
	s, ok := c.seen.said[key][day]
	if !ok || s.damaged {
		return false
	}
	series, _ := o.Lookup(key)
	return len(s.fields) == len(series.Fields) && s.fields[len(s.fields)-1].Value != impossible
}

func number(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat)
	}
	return n
}

// same reports whether a and b are equal as decimals.
func same(a, b row.Fields) bool {
	return slices.EqualFunc(a, b, func(a, b row.Field) bool {
		return a.Name == b.Name && (a.Value == b.Value || number(a.Value).Cmp(number(b.Value)) == 0)
	})
}

// isDue reports whether the series has the day and its time of publication had come.
func (o *oracle) isDue(key string, day span.Day, asOf time.Time) bool {
	due, expected := o.due[key][day]
	return expected && !asOf.Before(due)
}

// wanted reports whether the worker has to ask for the day, from what it read.
func (o *oracle) wanted(c *caller, key string, day span.Day) bool {
	if !c.msg.Stream.Span().Contains(day) || !o.isDue(key, day, c.msg.AsOf) {
		return false
	}
	r, has := c.seen.rows[key][day]
	today := span.DayOf(c.msg.AsOf)
	switch {
	case !has:
		return c.msg.Only != row.OnlyFailed
	case r.Status == row.Absent || r.Status == row.Incomplete:
		comes := r.RetryAt != 0 && r.RetryAt <= today
		return c.msg.Only == row.OnlyAll || c.msg.Only == row.OnlyFailed || c.msg.Only == row.OnlyDue && comes || c.msg.Only == row.OnlyMissing && r.MarkedMissing()
	}
	return false // observed ones only give way to other values, quarantined ones are a person's
}

// landed is a row that reached the store; inserted is one that was written
// without a condition.
func (o *oracle) landed(c *caller, next row.Row, inserted bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &c.seen
	key, day := next.Series, next.Day
	o.logf("row %s: %s %s %s %d %s %v", c.name, key, day, next.Status, next.Attempts, next.RetryAt, next.Fields)
	if s.said[key] == nil || !s.span.Contains(day) {
		o.wrong("%s writes %s %s, for which it did not ask", c.name, key, day)
		return
	}
	s.landed[key][day] = true
	a := o.ledger(key, day)
	if next.Status == row.Observed && a.status == row.Observed && same(next.Fields, a.fields) && !inserted {
		switch gone := !next.Shown(); {
		case gone != a.gone:
			o.compare(a, c, key, day, gone)
			return
		case o.looksBack(c, key, day):
			return // only when it was fetched is new
		}
	}
	if next.Status == row.Observed {
		if !o.good(c, key, day) {
			o.wrong("%s observes %s %s as %v out of %v", c.name, key, day, next.Fields, s.said[key][day])
		}
		if !o.observe(a, c, next, inserted) {
			return
		}
	} else {
		o.lack(a, c, key, day)
	}
	if next.Status != a.status || next.Attempts != a.attempts || next.RetryAt != a.retryAt || !same(next.Fields, a.fields) {
		o.wrong("%s writes %s %s: %s, attempts %d, retry at %s, %v; want %+v", c.name, key, day,
			next.Status, next.Attempts, next.RetryAt, next.Fields, *a)
	}
}

// compare is what a comparison makes of an observed day: withdrawn when it was
// asked for and the answer has values on both sides alone, back when it has the
// value.
func (o *oracle) compare(a *ledger, c *caller, key string, day span.Day, gone bool) {
	if gone && (!o.compared(c, key, day) || !o.isWithdrawn(c, key, day)) || !gone && !o.good(c, key, day) {
		o.wrong("%s marks %s %s as withdrawn: %t, said %v", c.name, key, day, gone, c.seen.said[key][day])
	}
	a.gone = gone
}

// compared reports whether the worker asked for the day though it was observed.
func (o *oracle) compared(c *caller, key string, day span.Day) bool {
	asks := c.msg.Only == row.OnlyAll || c.msg.Only == row.OnlyDue && o.looksBack(c, key, day) && o.isStale(c, key)
	return asks && c.msg.Stream.Span().Contains(day) && o.isDue(key, day, c.msg.AsOf) && c.seen.rows[key][day].Status == row.Observed
}

// isStale reports whether the newest observed day that is looked back on was last
// fetched on an earlier day than today, and not after the end of its series.
func (o *oracle) isStale(c *caller, key string) bool {
	series, _ := o.Lookup(key)
	before := span.DayOf(c.msg.AsOf)
	all := o.expected[key]
	if last := all[len(all)-1].To; o.isDue(key, last, c.msg.AsOf) {
		before = min(before, span.DayOf(o.due[key][last].UTC())+1)
	}
	for d := series.Until; d >= series.Since; d-- {
		if o.isDue(key, d, c.msg.AsOf) && !o.looksBack(c, key, d) {
			return false
		}
		if r := c.seen.rows[key][d]; r.Status == row.Observed {
			return span.DayOf(r.FetchedAt) < before
		}
	}
	return false
}

// isWithdrawn reports whether the answer has no value for the day but has one on
// each side of it, at most five expected days without one between them; or at an
// end of the answer, when it shows the day itself without a value.
func (o *oracle) isWithdrawn(c *caller, key string, day span.Day) bool {
	if _, any := c.seen.said[key][day]; any {
		return false
	}
	earlier, later := o.hasValues(c, key, 0, day), o.hasValues(c, key, day, 1<<20)
	if earlier && later {
		before, begins := o.emptyBeside(c, key, day, -1, false)
		after, ends := o.emptyBeside(c, key, day, 1, false)
		return begins && ends && before+1+after <= 5
	}
	return c.seen.empty[key].Contains(day) && (earlier || later)
}

// hasValues reports whether the answer has values for due days between two days.
func (o *oracle) hasValues(c *caller, key string, after, before span.Day) bool {
	for day, said := range c.seen.said[key] {
		if day > after && day < before && o.isDue(key, day, c.msg.AsOf) && len(said.fields) > 0 && !said.damaged {
			return true
		}
	}
	return false
}

// looksBack reports whether the day is one of the newest due ones that are
// fetched again.
func (o *oracle) looksBack(c *caller, key string, day span.Day) bool {
	series, _ := o.Lookup(key)
	if series.Lookback == 0 {
		return false
	}
	newer := 0
	for d := day + 1; d <= series.Until && o.isDue(key, day, c.msg.AsOf); d++ {
		if o.isDue(key, d, c.msg.AsOf) {
			newer++
		}
	}
	return newer < series.Lookback
}

// observe is what a good value makes of a. It reports whether the row written is a's.
func (o *oracle) observe(a *ledger, c *caller, next row.Row, inserted bool) (isRow bool) {
	value := c.seen.said[next.Series][next.Day].fields
	if a.status == row.Observed && same(a.fields, value) {
		return !inserted
	}
	if a.status == row.Observed {
		a.revised = append(a.revised, a.fields)
	}
	if inserted { // for a day without a row: what came between is replaced
		a.attempts, a.witnessed = 0, false
	}
	a.status, a.retryAt, a.fields, a.gone = row.Observed, 0, value, false
	return true
}

// ladder is how many days after each answer without a good value the day is
// asked for again; after one more it is a person's.
var ladder = []span.Day{1, 2, 4, 8, 16}

// lack is what an answer without a good value makes of a.
func (o *oracle) lack(a *ledger, c *caller, key string, day span.Day) {
	if !o.wanted(c, key, day) || o.good(c, key, day) {
		o.wrong("%s writes %s %s as lacking: wanted %t, said %v", c.name, key, day, o.wanted(c, key, day), c.seen.said[key][day])
	}
	value, any := c.seen.said[key][day]
	today := span.DayOf(c.msg.AsOf)
	switch {
	case a.status == row.Observed || a.status == row.Quarantined:
		o.wrong("%s makes the %s day %s %s lack", c.name, a.status, key, day)
		return
	case a.status == row.Absent && a.retryAt == 0 && !any:
		o.wrong("%s changes %s %s, which is settled, without a value", c.name, key, day)
		return
	case a.retryAt > today && !any:
		o.wrong("%s changes %s %s before %s without a value", c.name, key, day, a.retryAt)
		return
	case a.retryAt > today: // the value is news, the answer does not count
		a.status, a.fields = row.Incomplete, value.fields
		return
	}
	witnessed := !any && o.hasWitnesses(c, key, day)
	holiday := witnessed && (a.witnessed || o.isOld(c, key, day))
	a.witnessed = a.witnessed || witnessed
	a.attempts++
	a.status, a.fields = row.Absent, value.fields
	if any {
		a.status = row.Incomplete
	}
	switch {
	case holiday:
		a.retryAt = 0
	case a.attempts <= len(ladder):
		a.retryAt = today + ladder[a.attempts-1]
	default:
		a.status, a.retryAt = row.Quarantined, 0
	}
}

// decided is what a person's act makes of a day.
func (o *oracle) decided(old row.Row, act row.Act) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.logf("%s %s %s", act, old.Series, old.Day)
	a := o.ledger(old.Series, old.Day)
	a.attempts, a.retryAt, a.decided, a.witnessed = 0, 0, time.Now(), false
	switch act {
	case row.MarkAbsent:
		if a.status == row.Observed { // and withdrawn
			a.revised = append(a.revised, a.fields)
		}
		a.status, a.fields = row.Absent, nil
	case row.MarkMissing:
		if a.status == row.Observed {
			a.revised = append(a.revised, a.fields)
		}
		a.status, a.fields, a.retryAt = row.Absent, nil, span.DayOf(time.Now())
	case row.Release:
		a.status, a.retryAt = row.Absent, span.DayOf(time.Now())
		if len(a.fields) > 0 {
			a.status = row.Incomplete
		}
	case row.Accept:
		a.status = row.Observed
	}
}

// hasWitnesses is the rule of `on_empty: learn`: an empty day in a run of at most
// five expected days, with a value on either side in the same answer. A day that is
// stored as published, and that the answer lacks, ends the proof.
func (o *oracle) hasWitnesses(c *caller, key string, day span.Day) bool {
	if s, _ := o.Lookup(key); s.OnEmpty != catalogue.Learn {
		return false
	}
	before, begins := o.emptyBeside(c, key, day, -1, true)
	after, ends := o.emptyBeside(c, key, day, 1, true)
	return begins && ends && before+1+after <= 5
}

// isOld reports whether ten days after the day are due, as far as the series goes.
func (o *oracle) isOld(c *caller, key string, day span.Day) bool {
	age := 0
	for d := day + 1; age < 10 && d <= o.expected[key][len(o.expected[key])-1].To; d++ {
		if o.isDue(key, d, c.msg.AsOf) {
			age++
		}
	}
	return age >= 10
}

// emptyBeside counts the due days next to day up to one that the answer has a
// value for; found is false when there is none near, or with strict when one is
// nearer that the publisher is known to have.
func (o *oracle) emptyBeside(c *caller, key string, day, step span.Day, strict bool) (n int, found bool) {
	for d := day + step; n <= 5; d += step {
		if _, expected := o.due[key][d]; !expected {
			if all := o.expected[key]; d < all[0].From || d > all[len(all)-1].To {
				return n, false
			}
			continue
		}
		if !o.isDue(key, d, c.msg.AsOf) {
			return n, false
		}
		if said := c.seen.said[key][d]; len(said.fields) > 0 && !said.damaged {
			return n, true
		}
		if known := c.seen.rows[key][d]; strict && known.Shown() {
			return n, false
		}
		n++
	}
	return n, false
}

// finished is a worker that says that it has done its stream: what it was told
// must be in the store.
func (o *oracle) finished(c *caller) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range c.msg.Stream.Series {
		for day := c.msg.Stream.From; day <= c.msg.Stream.To; day++ {
			if !o.stormy() && o.compared(c, key, day) && o.isWithdrawn(c, key, day) && !o.ledger(key, day).gone {
				o.wrong("%s did not note that %s %s is withdrawn", c.name, key, day)
			}
			if !o.wanted(c, key, day) {
				continue
			}
			if c.seen.said[key] == nil || !c.seen.span.Contains(day) {
				o.wrong("%s did not ask for %s %s", c.name, key, day)
				continue
			}
			a := o.ledger(key, day)
			if a.decided.After(c.seen.read) {
				continue // what the worker left may be gone again
			}
			early := a.status != "" && (a.retryAt == 0 || a.retryAt > span.DayOf(c.msg.AsOf))
			switch good := o.good(c, key, day); {
			case good && a.status != row.Observed:
				o.wrong("%s lost a value of %s %s, which is %s", c.name, key, day, a.status)
			case !good && !c.seen.landed[key][day] && !early:
				o.wrong("%s did not count an answer of %s %s, attempts %d", c.name, key, day, a.attempts)
			}
		}
	}
}

// next returns the first day on which a day is asked for again; 0 when none is.
func (o *oracle) next() span.Day {
	var first span.Day
	for _, days := range o.days {
		for _, a := range days {
			if a.retryAt != 0 && (first == 0 || a.retryAt < first) {
				first = a.retryAt
			}
		}
	}
	return first
}

// checkTable compares the store with the account.
func (o *oracle) checkTable() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for key, days := range o.days {
		rows, err := o.rows.under.Rows(o.t.Context(), key, everyDay)
		if err != nil {
			o.wrong("%v", err)
		}
		has := 0
		for _, a := range days {
			if a.status != "" {
				has++
			}
		}
		if has != len(rows) {
			o.wrong("%s has %d rows, want %d", key, len(rows), has)
		}
		for _, r := range rows {
			a := o.ledger(key, r.Day)
			if a.status == row.Observed && r.Shown() == a.gone || r.Status != a.status || r.Attempts != a.attempts || r.RetryAt != a.retryAt || !same(r.Fields, a.fields) {
				o.wrong("%s %s is %s, attempts %d, retry at %s, %v; want %+v", key, r.Day, r.Status, r.Attempts, r.RetryAt, r.Fields, *a)
			}
		}
		revisions, err := o.rows.under.Revisions(o.t.Context(), key, everyDay)
		if err != nil {
			o.wrong("%v", err)
		}
		kept := map[span.Day][]row.Fields{}
		for _, r := range revisions {
			kept[r.Day] = append(kept[r.Day], r.Fields)
		}
		for day, a := range days {
			if !slices.EqualFunc(kept[day], a.revised, same) {
				o.wrong("%s %s: revisions %v, want %v", key, day, kept[day], a.revised)
			}
		}
	}
}

// checkTruth compares the account with what is published now: every published
// day that is due is observed with its value, or a person's because six answers
// at the right days had none (final: not even those), and nothing else is.
func (o *oracle) checkTruth(final bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	for key, fates := range o.truth {
		for day, f := range fates {
			value, published := f.at(now)
			a := o.ledger(key, day)
			expected := o.isDue(key, day, now)
			switch {
			case a.status == row.Observed && !published && (f.published.IsZero() || f.withdrawn.IsZero()):
				o.wrong("%s %s is observed and was never published", key, day)
			case a.status == row.Observed && published && expected && a.gone:
				o.wrong("%s %s is published again and marked as withdrawn", key, day)
			case a.status == row.Observed && published && expected && !same(a.fields, value): // closed days are not asked for again
				o.wrong("%s %s is observed as %v, published is %v", key, day, a.fields, value)
			case a.status == row.Quarantined && a.attempts != 6:
				o.wrong("%s %s is quarantined after %d answers", key, day, a.attempts)
			case published && expected && a.status != row.Observed && (final || a.status != row.Quarantined):
				o.wrong("%s %s is published and %s, attempts %d", key, day, a.status, a.attempts)
			}
		}
	}
}
