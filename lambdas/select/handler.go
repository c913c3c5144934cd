// Package selection is the Select task: it reads the execution's input, fixes
// the clock and every default, and shares the run's limits out among sources.
// No later state reads a clock or the execution's input.
package selection

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// What an execution takes, so that its history and payloads stay inside the limits
// of Step Functions; the test beside the state machine does the arithmetic. What is
// more divides itself.
const (
	// room is how many bytes all that is said of each series may have, without gaps,
	// and textOfSeries the most of one, without its key: 700 series with keys of 24.
	room         = 175_000
	textOfSeries = 226
	maxSources   = 50
	// maxShards keeps the list of shards, which is a payload too.
	maxShards = 900
)

// What an input may have at most.
const (
	maxInput    = 256 << 10 // bytes: Step Functions takes no more
	maxPatterns = 5000
	maxText     = 256 // bytes; a key has 64
)

// Handler selects. Catalogue and Queues are required.
type Handler struct {
	Catalogue *catalogue.Catalogue
	Queues    map[string]string // URL by source
	Now       time.Time         // not zero: replaces the execution's start as the clock
	Room      int               // 0: that of the package; a test divides small runs
	Few       int               // 0: message.Few; a test makes batches of few series
	// Version returns the ARN of the machine's version that an execution runs, of the
	// machine when it has none; nil: the machine is always the same.
	Version func(ctx context.Context, execution string) (machine string, err error)
}

// Handle runs the task once. It changes nothing, so a retry is safe. Input that
// cannot be meant is an error named Input.Invalid.
func (h *Handler) Handle(ctx context.Context, start message.Start) (message.Selection, error) {
	in, err := decode(start.Input)
	if err != nil {
		return message.Selection{}, fault.New(fault.InputInvalid, "%w", err)
	}
	asOf := start.StartedAt.UTC()
	switch {
	case in.Shard != nil:
		asOf = in.Shard.AsOf
	case !h.Now.IsZero():
		asOf = h.Now.UTC()
	}
	sel, err := h.selectRun(in, asOf, start.Run)
	if err != nil {
		return message.Selection{}, fault.New(fault.InputInvalid, "%w", err)
	}
	if len(sel.Shards) == 0 {
		return sel, nil
	}
	if sel.Machine = start.Machine; h.Version != nil {
		if sel.Machine, err = h.Version(ctx, start.Execution); err != nil {
			return message.Selection{}, fmt.Errorf("the version of the state machine that runs: %w", err)
		}
	}
	return sel, nil
}

func (h *Handler) selectRun(in message.Input, asOf time.Time, run string) (message.Selection, error) {
	only, err := row.ParseOnly(in.Only)
	if err != nil {
		return message.Selection{}, err
	}
	series, err := h.series(in)
	if err != nil {
		return message.Selection{}, err
	}
	window, err := h.window(in, span.DayOf(asOf), series)
	if err != nil {
		return message.Selection{}, err
	}
	sel := message.Selection{Run: run, AsOf: asOf, Only: only, DryRun: in.DryRun, Input: in, Shards: []message.Shard{}, Sources: []message.SourceSelection{}}
	if in.Shard == nil { // else the whole run speaks for what it saw
		sel.Scope = h.scope(series, window, only, asOf)
	}
	ranges, err := rangesOf(series, window)
	if err != nil {
		return message.Selection{}, err
	}
	shards := h.divide(ranges, run)
	switch {
	case in.Shard != nil && len(shards) > 1:
		err = fmt.Errorf("shard: %d series from %s to %s: more than one execution takes", len(ranges), in.Shard.First, in.Shard.Last)
	case len(shards) > maxShards:
		err = fmt.Errorf("%d series are %d shards: a run takes at most %d, give `series` patterns and start several", len(ranges), len(shards), maxShards)
	case len(shards) > 1:
		sel.Shards = shards
	default:
		sel.Sources, err = h.bySource(ranges)
	}
	return sel, err
}

// series returns those that in asks for, of a shard its own.
func (h *Handler) series(in message.Input) ([]*catalogue.Series, error) {
	if in.Shard == nil {
		return h.Catalogue.Match(in.Series...)
	}
	list, err := h.Catalogue.Between(in.Shard.First, in.Shard.Last, in.Series...)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("shard: no series from %s to %s", in.Shard.First, in.Shard.Last)
	}
	return list, err
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
	texts := append([]string{in.From, in.To, in.Only, in.Parent}, in.Series...)
	if s := in.Shard; s != nil {
		if s.AsOf.IsZero() || s.First > s.Last {
			return in, errors.New("shard: want first, last and as_of, as the run that divided itself gave them")
		}
		texts = append(texts, s.Name, s.Of, s.First, s.Last)
	}
	for _, text := range texts {
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
// from the first one's beginning to today. A shard looks at its own series alone.
func (h *Handler) window(in message.Input, today span.Day, series []*catalogue.Series) (span.Span, error) {
	w := span.Span{From: today, To: today}
	var err error
	if in.From != "" {
		if w.From, err = span.ParseAt(in.From, today); err != nil {
			return w, fmt.Errorf("from: %w", err)
		}
	} else {
		if in.Shard == nil {
			series = h.Catalogue.All()
		}
		for _, s := range series {
			w.From = min(w.From, s.Since)
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

// selected is a series and its range in the run.
type selected struct {
	message.SeriesRange
	source string
}

// rangesOf returns the range of each series; that of a series without any day
// in window is left out.
func rangesOf(series []*catalogue.Series, window span.Span) ([]selected, error) {
	from, to := window.From, window.To
	ranges := make([]selected, 0, len(series))
	for _, s := range series {
		r := message.SeriesRange{Key: s.Key, From: max(from, s.Since), To: to}
		if s.Until != 0 {
			r.To = min(to, s.Until)
		}
		if r.From <= r.To {
			ranges = append(ranges, selected{r, s.Source})
		}
	}
	if len(ranges) == 0 {
		return nil, catalogue.NoneIn(series, window)
	}
	return ranges, nil
}

// bySource returns what an execution does with each source, in the order of ranges.
func (h *Handler) bySource(ranges []selected) ([]message.SourceSelection, error) {
	sources := []message.SourceSelection{}
	series := map[string][]message.SeriesRange{}
	for _, r := range ranges {
		if series[r.source] == nil {
			url, ok := h.Queues[r.source]
			if !ok {
				return nil, fmt.Errorf("series %s: source %s has no queue", r.Key, r.source)
			}
			sources = append(sources, message.SourceSelection{Source: r.source, QueueURL: url})
		}
		series[r.source] = append(series[r.source], r.SeriesRange)
	}
	for i := range sources {
		s := &sources[i]
		of := series[s.Source]
		s.MaxMessages = max(1, message.MaxMessages*len(of)/len(ranges))
		s.MaxGaps = maxGaps(of)
		s.Batches = batches(of, len(ranges), cmp.Or(h.Few, message.Few))
	}
	return sources, nil
}
