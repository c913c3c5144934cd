// Package fanout is the FanOut task: it turns the gaps of a source's series
// into the streams with the fewest and shortest requests.
package fanout

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/span"
	"lacuna/internal/stream"
)

const (
	// maxRows bounds what one scraper holds in memory and stores in its time.
	maxRows = 25_000
	// streamText bounds the streams of an execution as JSON, in bytes; a source gets
	// the part of it that it gets of message.MaxMessages.
	streamText = 80_000
	// scraperTime is the time of a scraper that nobody has set; the streams of a
	// message may take half of it.
	scraperTime = 120 * time.Second
	// leastPause is how long a request takes at least, and rowTime a row.
	leastPause = time.Second
	rowTime    = 400 * time.Microsecond
)

// Handler fans out. Catalogue is required.
type Handler struct {
	Catalogue *catalogue.Catalogue
	Times     map[string]time.Duration // of a source's scraper, for a message
	Few       int                      // 0: message.Few; a test makes bundles of few streams
}

// Handle runs the task once. It changes nothing, so a retry is safe. A series that
// failed is passed on as it is, and a batch that failed as each of its series.
func (h *Handler) Handle(_ context.Context, in message.FanOut) (message.Streams, error) {
	source, ok := h.Catalogue.Source(in.Source)
	if !ok {
		return message.Streams{}, fault.New(fault.InputInvalid, "source %q is not in the catalogue", in.Source)
	}
	out := message.Streams{Series: []message.Detected{}, Bundles: []message.Bundle{}}
	for _, b := range in.Batches {
		for _, d := range b.Series {
			if b.Error != "" {
				d = message.Detected{Key: d.Key, Error: b.Error}
			}
			out.Series = append(out.Series, d)
		}
	}
	missing, needs, err := h.needs(out.Series)
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
	out.Planned, out.Bundles = len(planned), h.Bundles(source, streams, in.MaxMessages)
	requested := requested(out.All(), missing)
	for i := range out.Series {
		d := &out.Series[i]
		d.Gaps = nil
		// Merged gaps hold settled days too, so at most what Detect found.
		lacking := d.Missing - d.Deferred
		d.Requested = min(requested[d.Key], lacking)
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
		series, err := h.Catalogue.Find(d.Key)
		if err != nil {
			return nil, nil, err
		}
		expected := series.Expected(span.Span{From: d.Gaps[0].From, To: d.Gaps[len(d.Gaps)-1].To})
		missing[d.Key] = expected.Intersect(span.Collect(d.Gaps...))
		needs = append(needs, stream.Need{Key: d.Key, Gaps: d.Gaps, Expected: expected})
	}
	return missing, needs, nil
}

// within returns the newest of the planned streams that the run's limits of text leave
// room for.
func within(in message.FanOut, planned []stream.Stream) ([]message.Stream, error) {
	room := streamText * in.MaxMessages / message.MaxMessages
	var streams []message.Stream
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
		if room -= len(text) + 1; i > 0 && room < 0 {
			break
		}
		streams = append(streams, s)
	}
	return streams, nil
}

// Bundles shares streams out among at most limit messages: one each while they are
// few, else as many as a scraper can do in half of its time.
func (h *Handler) Bundles(of *catalogue.Source, streams []message.Stream, limit int) []message.Bundle {
	size := (len(streams)-1)/cmp.Or(h.Few, message.Few) + 1
	most := cmp.Or(h.Times[of.Name], scraperTime) / 2
	pause := max(leastPause, time.Second*time.Duration(of.Concurrency)/time.Duration(of.RatePerS))
	list := []message.Bundle{}
	var took time.Duration // of the last bundle
	for _, s := range streams {
		takes := pause*time.Duration(of.Requests(s.Span())) + rowTime*time.Duration(s.Days)
		if last := len(list) - 1; last < 0 || len(list[last].Streams) == size || took+takes > most {
			if len(list) == limit {
				break
			}
			list, took = append(list, message.Bundle{}), 0
		}
		last := &list[len(list)-1]
		last.Streams, took = append(last.Streams, s), took+takes
	}
	return list
}

// requested returns how many of the missing days of each series streams ask for.
func requested(streams []message.Stream, missing map[string]span.Runs) map[string]int {
	days := map[string]int{}
	for _, s := range streams {
		for _, key := range s.Series {
			days[key] += missing[key].Within(s.Span()).Days()
		}
	}
	return days
}
