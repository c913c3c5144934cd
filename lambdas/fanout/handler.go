// Package fanout is the FanOut task: it turns the gaps of a source's series
// into the streams with the fewest and shortest requests.
package fanout

import (
	"context"
	"encoding/json"
	"fmt"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/span"
	"lacuna/internal/stream"
)

const (
	// maxRows bounds what one scraper holds in memory and stores in its time.
	maxRows = 25_000
	// streamText bounds the streams of a run as JSON, in bytes; a source gets
	// the part of it that it gets of message.MaxStreams.
	streamText = 100_000
)

// Handler fans out. Use New.
type Handler struct{ catalogue *catalogue.Catalogue }

// New returns a Handler over the sources and series of c.
func New(c *catalogue.Catalogue) *Handler { return &Handler{catalogue: c} }

// Handle runs the task once. It changes nothing, so a retry is safe. A series
// that failed is passed on as it is.
func (h *Handler) Handle(_ context.Context, in message.FanOut) (message.Streams, error) {
	source, ok := h.catalogue.Source(in.Source)
	if !ok {
		return message.Streams{}, fault.New(fault.InputInvalid, "source %q is not in the catalogue", in.Source)
	}
	missing, needs, err := h.needs(in.Series)
	if err != nil {
		return message.Streams{}, err
	}
	planned := stream.Plan(needs, stream.Limits{
		MaxDays:         source.MaxDays,
		MaxSeries:       source.MaxSeries,
		MaxRows:         maxRows,
		RequestCostDays: source.RequestCostDays,
	})
	streams, err := within(in, planned)
	if err != nil {
		return message.Streams{}, err
	}
	out := message.Streams{Series: in.Series, Streams: streams, Planned: len(planned)}
	for i := range out.Series {
		d := &out.Series[i]
		d.Gaps = nil
		// Merged gaps hold settled days too, so at most what Detect found.
		lacking := d.Missing - d.Deferred
		d.Requested = min(requested(d.Key, missing[d.Key], streams), lacking)
		d.Deferred += lacking - d.Requested
		out.Deferred += d.Deferred
	}
	return out, nil
}

// needs returns the missing days of each series inside its gaps, and the same
// as the planner takes them.
func (h *Handler) needs(found []message.Detected) (map[string]span.Runs, []stream.Need, error) {
	missing := make(map[string]span.Runs, len(found))
	var needs []stream.Need
	for _, d := range found {
		if len(d.Gaps) == 0 {
			continue
		}
		series, err := h.catalogue.Find(d.Key)
		if err != nil {
			return nil, nil, err
		}
		expected := series.Expected(span.Span{From: d.Gaps[0].From, To: d.Gaps[len(d.Gaps)-1].To})
		missing[d.Key] = expected.Intersect(span.Collect(d.Gaps...))
		needs = append(needs, stream.Need{Key: d.Key, Gaps: d.Gaps, Expected: expected})
	}
	return missing, needs, nil
}

// within returns the newest of the planned streams that the run's limits leave
// room for.
func within(in message.FanOut, planned []stream.Stream) ([]message.Stream, error) {
	room := streamText * in.MaxStreams / message.MaxStreams
	streams := make([]message.Stream, 0, min(len(planned), in.MaxStreams))
	for i, p := range planned {
		s := message.Stream{
			ID:     fmt.Sprintf("%s-%03d", in.Source, i+1),
			Series: p.Series, From: p.Span.From, To: p.Span.To, Days: p.Days,
		}
		text, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.ID, err)
		}
		// One stream always fits, or a run could make no progress.
		if room -= len(text) + 1; i > 0 && (room < 0 || i >= in.MaxStreams) {
			break
		}
		streams = append(streams, s)
	}
	return streams, nil
}

// requested returns how many of the missing days of key streams ask for.
func requested(key string, missing span.Runs, streams []message.Stream) int {
	days := 0
	for _, s := range streams {
		for _, k := range s.Series {
			if k == key {
				days += missing.Within(s.Span()).Days()
			}
		}
	}
	return days
}
