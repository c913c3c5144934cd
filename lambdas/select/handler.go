// Package selection is the Select task: it reads the execution's input, fixes
// the clock and every default, and shares the run's limits out among sources.
// No later state reads a clock or the execution's input.
package selection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// With MaxSeries and MaxStreams of package message, the limits of one run, which
// keep its history and payloads inside those of Step Functions. The test beside
// the state machine does the arithmetic.
const (
	// gapsText bounds the gaps of a source's series as text, gapText is the
	// longest text of one: `"2024-01-05/2024-01-09",`.
	gapsText = 150_000
	gapText  = 24
)

// What an input may have at most.
const (
	maxInput    = 256 << 10             // bytes: Step Functions takes no more
	maxPatterns = 4 * message.MaxSeries // of which no run takes more than MaxSeries
	maxText     = 256                   // bytes; a key has 64
)

// Handler selects. Use New.
type Handler struct {
	catalogue *catalogue.Catalogue
	queues    map[string]string
	now       time.Time
}

// New returns a Handler over the series of c. queues has the queue URL of each
// source. A now that is not zero replaces the execution's start as the clock.
func New(c *catalogue.Catalogue, queues map[string]string, now time.Time) *Handler {
	return &Handler{catalogue: c, queues: queues, now: now}
}

// Handle runs the task once. It changes nothing, so a retry is safe. Input that
// cannot be meant is an error named Input.Invalid.
func (h *Handler) Handle(_ context.Context, start message.Start) (message.Selection, error) {
	asOf := start.StartedAt.UTC()
	if !h.now.IsZero() {
		asOf = h.now.UTC()
	}
	sel, err := h.selectRun(start.Input, asOf)
	if err != nil {
		return message.Selection{}, fault.New(fault.InputInvalid, "%w", err)
	}
	sel.Run = start.Run
	return sel, nil
}

func (h *Handler) selectRun(text json.RawMessage, asOf time.Time) (message.Selection, error) {
	in, err := decode(text)
	if err != nil {
		return message.Selection{}, err
	}
	only, err := row.ParseOnly(in.Only)
	if err != nil {
		return message.Selection{}, err
	}
	series, err := h.catalogue.Match(in.Series...)
	if err != nil {
		return message.Selection{}, err
	}
	if len(series) > message.MaxSeries {
		return message.Selection{}, fmt.Errorf("%d series, a run takes at most %d: give `series` patterns and start several runs", len(series), message.MaxSeries)
	}
	window, err := h.window(in, span.DayOf(asOf))
	if err != nil {
		return message.Selection{}, err
	}
	ranges, err := rangesOf(series, window)
	if err != nil {
		return message.Selection{}, err
	}
	sources, err := h.bySource(series, ranges)
	return message.Selection{
		AsOf: asOf, Only: only, DryRun: in.DryRun, Input: in, Sources: sources,
		Scope: h.scope(series, window, only, asOf),
	}, err
}

// decode reads an execution's input, strictly: a misspelt field would
// otherwise silently mean "everything".
func decode(text json.RawMessage) (message.Input, error) {
	if len(text) > maxInput {
		return message.Input{}, fmt.Errorf("input: %d bytes: want at most %d", len(text), maxInput)
	}
	if err := bound.JSON(text, 2*maxPatterns, 10); err != nil {
		return message.Input{}, fmt.Errorf("input: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var in message.Input
	if err := dec.Decode(&in); err != nil {
		return in, fmt.Errorf("input: %.300s; want from, to, series, only, dry_run", strings.TrimPrefix(err.Error(), "json: "))
	}
	if len(in.Series) > maxPatterns {
		return in, fmt.Errorf("series: %d keys and patterns: want at most %d", len(in.Series), maxPatterns)
	}
	for _, text := range append([]string{in.From, in.To, in.Only}, in.Series...) {
		if len(text) > maxText {
			return in, fmt.Errorf("input: %.50q...: a text of %d bytes: want at most %d", text, len(text), maxText)
		}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return in, errors.New("input: more than one JSON value")
	}
	return in, nil
}

// window returns the days that a run looks at, of whichever series: by default
// from the first one's beginning to today.
func (h *Handler) window(in message.Input, today span.Day) (span.Span, error) {
	w := span.Span{From: today, To: today}
	for i := range h.catalogue.Series {
		w.From = min(w.From, h.catalogue.Series[i].Since)
	}
	var err error
	if in.From != "" {
		if w.From, err = span.ParseAt(in.From, today); err != nil {
			return w, fmt.Errorf("from: %w", err)
		}
	}
	if in.To != "" {
		if w.To, err = span.ParseAt(in.To, today); err != nil {
			return w, fmt.Errorf("to: %w", err)
		}
	}
	if in.From != "" && w.From > w.To {
		return w, fmt.Errorf("from %s is after to %s", w.From, w.To)
	}
	return w, nil
}

// rangesOf returns the range of each series; that of a series without any day
// in window is left out.
func rangesOf(series []*catalogue.Series, window span.Span) (map[string]message.SeriesRange, error) {
	from, to := window.From, window.To
	ranges := make(map[string]message.SeriesRange, len(series))
	earliest := series[0]
	for _, s := range series {
		r := message.SeriesRange{Key: s.Key, From: max(from, s.Since), To: to}
		if s.Until != 0 {
			r.To = min(to, s.Until)
		}
		if r.From <= r.To {
			ranges[s.Key] = r
		}
		if s.Since < earliest.Since {
			earliest = s
		}
	}
	if len(ranges) == 0 && to < earliest.Since {
		return nil, fmt.Errorf("nothing to do up to %s: the first series, %s, begins on %s", to, earliest.Key, earliest.Since)
	}
	if len(ranges) == 0 {
		return nil, fmt.Errorf("nothing to do from %s to %s: every series has ended before", from, to)
	}
	return ranges, nil
}

func (h *Handler) bySource(series []*catalogue.Series, ranges map[string]message.SeriesRange) ([]message.SourceSelection, error) {
	var sources []message.SourceSelection
	for _, s := range series {
		r, ok := ranges[s.Key]
		if !ok {
			continue
		}
		i := slices.IndexFunc(sources, func(x message.SourceSelection) bool { return x.Source == s.Source })
		if i < 0 {
			url, ok := h.queues[s.Source]
			if !ok {
				return nil, fmt.Errorf("series %s: source %s has no queue", s.Key, s.Source)
			}
			i = len(sources)
			sources = append(sources, message.SourceSelection{Source: s.Source, QueueURL: url})
		}
		sources[i].Series = append(sources[i].Series, r)
	}
	for i := range sources {
		n := len(sources[i].Series)
		sources[i].MaxStreams = max(1, message.MaxStreams*n/len(ranges))
		sources[i].MaxGaps = gapsText / (gapText * n)
	}
	return sources, nil
}
