package asl

import (
	"math"
	"slices"
	"strconv"
	"time"

	"lacuna/internal/jsonpath"
)

// AWS's limits of a retrier.
const (
	maxAttempts = 99_999_999
	maxDelay    = 31_622_399 // seconds, one year
)

// Delay is the time before the n-th retry (n = 1 is the first), the longest one with full
// jitter: IntervalSeconds, multiplied by BackoffRate for each retry before, at most
// MaxDelaySeconds.
func (r Retrier) Delay(n int64) time.Duration {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(n-1))
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, float64(r.MaxDelaySeconds))
	}
	// An execution lives a year at most, so a longer delay is one that never ends.
	seconds = min(seconds, 2*366*24*60*60)
	return time.Duration(seconds * float64(time.Second))
}

func (p *parser) retryAndCatch(s *State, f *fields) {
	retriers, _ := f.list("Retry")
	for i, value := range retriers {
		if r, ok := p.element(value, element(f.at("Retry"), i)); ok {
			s.Retry = append(s.Retry, p.retrier(r, i == len(retriers)-1))
		}
	}
	catchers, _ := f.list("Catch")
	for i, value := range catchers {
		if c, ok := p.element(value, element(f.at("Catch"), i)); ok {
			s.Catch = append(s.Catch, p.catcher(c, i == len(catchers)-1))
		}
	}
}

func element(place string, i int) string { return place + "[" + strconv.Itoa(i) + "]" }

func (p *parser) element(value any, place string) (*fields, bool) {
	o, ok := value.(*jsonpath.Object)
	if !ok {
		p.fail(place, "Expected value of type OBJECT")
		return nil, false
	}
	return p.fields(o, place), true
}

func (p *parser) retrier(f *fields, last bool) Retrier {
	r := Retrier{IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2}
	f.text("Comment")
	r.ErrorEquals = f.errorEquals(last)
	if n := f.whole("IntervalSeconds", 1, maxSeconds); f.has("IntervalSeconds") {
		r.IntervalSeconds = n
	}
	if n := f.whole("MaxAttempts", 0, maxAttempts); f.has("MaxAttempts") {
		r.MaxAttempts = n
	}
	if n := f.number("BackoffRate", 1, math.MaxFloat64); f.has("BackoffRate") {
		r.BackoffRate = n
	}
	r.MaxDelaySeconds = f.whole("MaxDelaySeconds", 1, maxDelay)
	r.FullJitter = f.oneOf("JitterStrategy", "FULL", "NONE") == "FULL"
	f.refuseOthers()
	return r
}

func (p *parser) catcher(f *fields, last bool) Catcher {
	f.text("Comment")
	c := Catcher{ErrorEquals: f.errorEquals(last), Next: f.text("Next"), ResultPath: f.target("ResultPath")}
	if c.Next == "" {
		p.fail(f.place, "These fields are required: [Next]")
	}
	if value, ok := f.get("Assign"); ok {
		c.Assign = p.assignments(value, f.at("Assign"))
	}
	f.refuseOthers()
	return c
}

func (f *fields) errorEquals(last bool) []string {
	list, _ := f.list("ErrorEquals")
	at := f.at("ErrorEquals")
	if len(list) == 0 {
		f.p.fail(at, "Value cannot be empty")
	}
	names := make([]string, 0, len(list))
	for i, value := range list {
		name, ok := value.(string)
		if !ok {
			f.p.fail(element(at, i), "Expected value of type STRING")
		}
		names = append(names, name)
	}
	if slices.Contains(names, ErrorAll) {
		switch {
		case len(names) > 1:
			f.p.fail(at, ErrorAll+" must appear alone")
		case !last:
			f.p.fail(at, ErrorAll+" must be the last")
		}
	}
	return names
}
