// Package source asks publishers for ranges of days. The folders below are the
// publishers' clients; what they share, the HTTP manners and the words of a
// request and an answer, is here. Sources never see the store.
package source

import (
	"context"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Source is a publisher's service.
type Source interface {
	// Fetch asks for the days in r.Span. A day without a value is left out; that
	// is not an error. Answer.Requests is set even when err is not nil.
	//
	// Errors are named Throttled, Unavailable, Malformed or Rejected. An error is of
	// all series; when some could be had, those of the others are in Answer.Failed.
	Fetch(ctx context.Context, r Request) (Answer, error)
}

// Request is what one stream asks for: a range of days of one or more series.
type Request struct {
	Series []Series
	Span   span.Span
}

// Series is what a source must know of a series.
type Series struct {
	Key    string
	Code   string   // the publisher's name for it
	Fields []string // the catalogue's names of its numbers, in order
}

// Answer is what the publisher had. A day of the request's range that is in none
// of Observations, Damaged and Empty is not mentioned: that alone does not prove
// that it has no value. A series with no such day at all is not shown.
type Answer struct {
	Observations []Observation        // inside the request's range, each (Key, Day) at most once
	Damaged      []Damage             // rows that cannot be right in a body that can be read
	Empty        map[string]span.Runs // by key, days of the range shown without a value: there is a row, and nothing in it
	Silent       map[string]span.Runs // by key, days that one of several requests was for, which was answered without a row of the series: the other answers prove nothing of them
	Warnings     []string             // what a person should look at; see Warn
	Failed       map[string]error     // by key, why a series could not be had: the answer says nothing of it
	Requests     int                  // HTTP requests made
}

// Observation is one day's numbers of one series; fields that the publisher
// left empty are left out.
type Observation struct {
	Key    string
	Day    span.Day
	Fields row.Fields
}

// Damage is a row that cannot be right: the same day twice with different
// values, a day outside the range, buy and sell swapped, or a number that cannot
// be read, without Fields then.
type Damage struct {
	Observation
	Reason string
}
