package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// What the simulation watches over. A bubble's clock begins at 2000-01-01, when
// the series have two months behind them; they end in spring, so that a
// simulation does.
const simulatedCatalogue = `
version: 1
calendars:
  market: {base: weekdays, closed: [{day: 1999-12-24, reason: declared}, {day: 2000-04-21, reason: declared}]}
sources:
  north: {max_days: 60, max_series: 2, request_cost_days: 10, concurrency: 2, rate_per_s: 5, timeout: 30s}
  south: {max_days: 400, max_series: 3, request_cost_days: 365, concurrency: 2, rate_per_s: 5, timeout: 30s}
series:
- {key: N#TWO, title: two fields, unit: x, source: north, code: A, fields: [buy, sell], calendar: market, cadence: daily,
   since: 1999-11-01, until: 2000-05-31, checks: {sell: {min: 0.5, max: 20}}}
- {key: N#LEARN, title: undeclared holidays, unit: x, source: north, code: B, fields: [sell], calendar: weekdays, cadence: daily,
   since: 1999-11-01, until: 2000-05-31, on_empty: learn, checks: {sell: {min: 0.5, max: 20}}}
- {key: N#LOOK, title: revised, unit: x, source: north, code: C, fields: [sell], calendar: market, cadence: daily, lookback: 5,
   since: 1999-11-15, until: 2000-05-31, checks: {sell: {min: 0.5, max: 20}}}
- {key: S#WEEK, title: weekly, unit: x, source: south, code: D, fields: [sell], calendar: daily, cadence: weekly,
   since: 1999-11-07, until: 2000-06-04, ready: {at: "18:00", zone: America/Sao_Paulo, lag: 1}, checks: {sell: {min: 0.5, max: 20}}}
- {key: S#MONTH, title: monthly, unit: x, source: south, code: E, fields: [sell], calendar: daily, cadence: monthly,
   since: 1999-11-01, until: 2000-05-31, checks: {sell: {min: 0.5, max: 20}}}
- {key: S#DAY, title: every day, unit: x, source: south, code: F, fields: [sell], calendar: daily, cadence: daily,
   since: 1999-12-01, until: 2000-04-30, ready: {at: "09:30", zone: Europe/Berlin, lag: 2}, on_empty: learn,
   known_absent: [{days: 1999-12-25/1999-12-26, reason: known}], checks: {sell: {min: 0.5, max: 20}}}
`

// prepared is the catalogue, and of each series the days that it has and when
// each is due. It never changes: all simulations share it.
type prepared struct {
	*catalogue.Catalogue
	expected map[string]span.Runs
	due      map[string]map[span.Day]time.Time
	lived    *happened
}

var prepare = sync.OnceValues(func() (*prepared, error) {
	c, err := catalogue.Parse("simulated.yaml", []byte(simulatedCatalogue), nil)
	if err != nil {
		return nil, err
	}
	p := &prepared{Catalogue: c, expected: map[string]span.Runs{}, due: map[string]map[span.Day]time.Time{}, lived: &happened{}}
	for _, s := range c.All() {
		p.expected[s.Key] = s.Expected(span.Span{From: s.Since, To: s.Until})
		p.due[s.Key] = map[span.Day]time.Time{}
		for d := range p.expected[s.Key].All() {
			p.due[s.Key][d] = s.DueAt(d)
		}
	}
	return p, nil
})

// fate is what the publisher does about one day.
type fate struct {
	published, revised time.Time // zero: never
	first, second      row.Fields
	withdrawn, back    time.Time // when the value is taken away, and is there again; zero: never
}

// at returns what the publisher shows at a time.
func (f fate) at(now time.Time) (row.Fields, bool) {
	switch {
	case f.published.IsZero() || now.Before(f.published):
		return nil, false
	case !f.withdrawn.IsZero() && !now.Before(f.withdrawn) && (f.back.IsZero() || now.Before(f.back)):
		return nil, false
	case f.revised.IsZero() || now.Before(f.revised):
		return f.first, true
	}
	return f.second, true
}

// draw returns random numbers for one concern and one occasion of it. They do
// not depend on what was drawn elsewhere or before: a seed is the same world
// whatever the order of its goroutines.
func (w *world) draw(concern, occasion string, n int) *rand.Rand {
	h := fnv.New64a()
	io.WriteString(h, concern+"|"+occasion+"|"+strconv.Itoa(n)) // never fails
	return rand.New(rand.NewPCG(w.seed, h.Sum64()))
}

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// between draws a time in [from, to).
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

const simulatedDay = 24 * time.Hour

// makeTruth decides what is published of each day of each series, and when.
func (w *world) makeTruth() {
	w.truth = map[string]map[span.Day]fate{}
	for _, s := range w.All() {
		r := w.draw("truth", s.Key, 0)
		fates := map[span.Day]fate{}
		taken := w.draw("withdrawn", s.Key, 0)
		hole := 0 // days that are still to stay without a value
		for d := s.Since; d <= s.Until; d++ {
			due, expected := w.due[s.Key][d]
			if !expected {
				if s.Cadence == catalogue.Daily && chance(r, 0.02) { // on a closed day, against the calendar
					at := d.Time().Add(12 * time.Hour)
					fates[d] = fate{published: at, first: w.number(r, s)}
				}
				continue
			}
			f := w.fate(r, s, due)
			if hole == 0 && chance(r, 0.02) {
				hole = 1 + r.IntN(8)
			}
			if hole > 0 {
				hole--
				f = fate{}
			}
			if chance(taken, 0.02) && !f.published.IsZero() {
				f.withdrawn = f.published.Add(between(taken, time.Hour, 20*simulatedDay))
				if chance(taken, 0.5) {
					f.back = f.withdrawn.Add(between(taken, time.Hour, 20*simulatedDay))
				}
			}
			fates[d] = f
			for _, at := range []time.Time{due, f.published, f.revised, f.withdrawn, f.back} {
				if at.After(w.settled) {
					w.settled = at
				}
			}
		}
		w.truth[s.Key] = fates
	}
}

func (w *world) fate(r *rand.Rand, s *catalogue.Series, due time.Time) fate {
	f := fate{published: due.Add(-between(r, time.Minute, 3*time.Hour)), first: w.number(r, s)}
	switch p := r.Float64(); {
	case p < 0.05:
		f.published = due.Add(between(r, time.Hour, 12*simulatedDay))
	case p < 0.06:
		f.published = due.Add(between(r, 20*simulatedDay, 60*simulatedDay))
	}
	if chance(r, 0.06) {
		f.revised, f.second = f.published.Add(between(r, time.Minute, 20*simulatedDay)), w.number(r, s)
		if chance(r, 0.2) { // the same number with other digits is no revision
			f.second = slices.Clone(f.first)
			for i := range f.second {
				f.second[i].Value += "0"
			}
		}
	}
	return f
}

func (w *world) number(r *rand.Rand, s *catalogue.Series) row.Fields {
	var fields row.Fields
	for _, name := range s.Fields {
		fields = append(fields, row.Field{Name: name, Value: fmt.Sprintf("%d.%0*d", 1+r.IntN(9), 1+r.IntN(4), r.IntN(10))})
	}
	return fields
}

// simulatedPublisher is a source in process that shows the truth, or not.
type simulatedPublisher struct {
	*world
	name string
	down [2][2]time.Time // from, to: no answer
	mute [2][2]time.Time // answers without any row
}

func (w *world) newPublisher(name string) *simulatedPublisher {
	p := &simulatedPublisher{world: w, name: name}
	periods(w.draw("outages", name, 0), w.weather.outage, &p.down)
	periods(w.draw("silences", name, 0), w.weather.mute, &p.mute)
	return p
}

// periods draws times from now on, each with a chance of p.
func periods(r *rand.Rand, p float64, all *[2][2]time.Time) {
	for i := range all {
		if chance(r, p) {
			all[i][0] = time.Now().Add(between(r, 0, 90*simulatedDay))
			all[i][1] = all[i][0].Add(between(r, time.Hour, 3*simulatedDay))
		}
	}
}

// isIn reports whether now is in one of all.
func isIn(all [2][2]time.Time) bool {
	now := time.Now()
	return slices.ContainsFunc(all[:], func(p [2]time.Time) bool { return now.After(p[0]) && now.Before(p[1]) })
}

// Fetch implements source.Source.
func (p *simulatedPublisher) Fetch(ctx context.Context, req source.Request) (source.Answer, error) {
	c := callerOf(ctx)
	c.fetches++
	p.mu.Lock()
	p.asked[wholeRun(c.msg.Run)]++
	p.mu.Unlock()
	r := p.draw("source", c.name, c.fetches)
	a := source.Answer{Requests: 1}
	latency := between(r, 20*time.Millisecond, 3*time.Second)
	if p.stormy() && chance(r, p.weather.slowSource) {
		latency = between(r, time.Minute, 4*time.Minute)
	}
	if !pause(ctx, latency) {
		return a, fault.New(fault.Unavailable, "no answer in time: %w", context.Cause(ctx))
	}
	err := p.refuse(r)
	if err == nil {
		own := p.draw("range", c.name, c.fetches)
		a, err = p.show(req, p.shows(own, req.Span))
		a.Requests = 1
	}
	if err == nil && p.stormy() {
		p.spoil(r, &a)
		if n := len(req.Series); n > 1 && chance(r, p.weather.unavailable) {
			a.Fail(map[string]error{req.Series[r.IntN(n)].Key: fault.New(fault.Unavailable, "one of %d series: 503", n)})
		}
	}
	p.oracle.answered(c, req, a, err)
	return a, err
}

// impossible is a number that every check of the catalogue refuses.
const impossible = "99"

// refuse returns an error instead of an answer, sometimes.
func (p *simulatedPublisher) refuse(r *rand.Rand) error {
	if !p.stormy() {
		return nil
	}
	if isIn(p.down) {
		return fault.New(fault.Unavailable, "503")
	}
	switch {
	case chance(r, p.weather.throttle):
		return fault.New(fault.Throttled, "429: %w", source.RetryAfter(between(r, time.Second, 90*time.Second)))
	case chance(r, p.weather.unavailable):
		return fault.New(fault.Unavailable, "503")
	case chance(r, p.weather.malformed):
		return fault.New(fault.Malformed, "truncated")
	}
	return nil
}

// shows returns the days that an answer is about: those that were asked for, or
// when the publisher ignores the range others, all or only some of them outside.
func (p *simulatedPublisher) shows(r *rand.Rand, asked span.Span) span.Span {
	if !p.stormy() || !chance(r, p.weather.elsewhere) {
		return asked
	}
	by := span.Day(1 + r.IntN(2*asked.Days()))
	if chance(r, 0.5) {
		by = -by
	}
	return span.Span{From: asked.From + by, To: asked.To + by}
}

// show answers a request with what is published of days now, as a client does. Some
// publishers have a row for each expected day, also without a value.
func (p *simulatedPublisher) show(req source.Request, days span.Span) (source.Answer, error) {
	now := time.Now()
	c := source.NewCollector(req.Span, 0)
	for _, s := range req.Series {
		for d := days.From; d <= days.To; d++ {
			fields, ok := p.truth[s.Key][d].at(now)
			if _, expected := p.due[s.Key][d]; !ok && !(expected && p.weather.emptyRows < 0.3) {
				continue
			}
			values := make([]string, len(s.Fields))
			for i, f := range fields {
				values[i] = f.Value
			}
			c.Add(s.Key, d, s.Fields, values, "")
		}
	}
	return c.Answer()
}

// spoil makes a sound answer wrong, sometimes: it keeps values back, as a stale
// cache does, drops a field, gives an impossible number or a wrong one, or damages a row.
func (p *simulatedPublisher) spoil(r *rand.Rand, a *source.Answer) {
	if chance(r, p.weather.empty) || isIn(p.mute) {
		a.Observations, a.Empty = nil, nil
	}
	if chance(r, p.weather.stale) {
		keep := p.weather.keeps
		a.Observations = slices.DeleteFunc(a.Observations, func(source.Observation) bool { return !chance(r, keep) })
	}
	if len(a.Observations) == 0 {
		return
	}
	one := &a.Observations[r.IntN(len(a.Observations))]
	switch {
	case chance(r, p.weather.incomplete):
		one.Fields = one.Fields[1:]
	case chance(r, p.weather.impossible):
		one.Fields = slices.Clone(one.Fields)
		one.Fields[len(one.Fields)-1].Value = impossible
	case chance(r, p.weather.wrong): // believed until it is corrected
		one.Fields = slices.Clone(one.Fields)
		one.Fields[len(one.Fields)-1].Value = "13." + strconv.Itoa(r.IntN(10))
	case chance(r, p.weather.damaged):
		o := *one
		a.Observations = slices.DeleteFunc(a.Observations, func(x source.Observation) bool { return x.Key == o.Key && x.Day == o.Day })
		a.Damaged = append(a.Damaged, source.Damage{Observation: o, Reason: "twice with different values"})
	}
}

// mustPrepare returns what every simulation shares.
func mustPrepare(t *testing.T) *prepared {
	t.Helper()
	p, err := prepare()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
