package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/bound"
	"lacuna/internal/message"
	"lacuna/internal/output"
)

const (
	// MaxBytes is how long a plan may be, in bytes. One of 300 series with 300 gaps
	// each has 6 MB, one of 100,000 series with a gap and a stream each 60 MB.
	MaxBytes = 128 << 20
	// maxPlanValues is how many values it may have, names included: the latter has
	// 5,000,000.
	maxPlanValues = 10_000_000
	// maxPlanStreams is how many streams.
	maxPlanStreams = 1_000_000
	// maxPart is how many values the input and a stream may have.
	maxPart = 20_000
)

// Approved is what is read of a plan: what decides whether it is stale.
type Approved struct {
	Input   message.Input
	Streams []Stream
}

// Parse reads a plan.
func Parse(text []byte) (p Approved, err error) {
	if err := bound.JSON(text, maxPlanValues, 20); err != nil {
		return p, err
	}
	var read struct {
		SchemaVersion int               `json:"schema_version"`
		Input         json.RawMessage   `json:"input"`
		Streams       []json.RawMessage `json:"streams"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return p, err
	}
	if read.SchemaVersion != output.SchemaVersion {
		return p, fmt.Errorf("schema_version %d, this program reads %d", read.SchemaVersion, output.SchemaVersion)
	}
	if len(read.Streams) > maxPlanStreams {
		return p, fmt.Errorf("%d streams: want at most %d", len(read.Streams), maxPlanStreams)
	}
	if len(read.Input) == 0 {
		return p, errors.New("input: missing")
	}
	if err := unmarshalShort(read.Input, &p.Input); err != nil {
		return p, fmt.Errorf("input: %w", err)
	}
	p.Streams = make([]Stream, len(read.Streams))
	for i, text := range read.Streams {
		if err := unmarshalShort(text, &p.Streams[i]); err != nil {
			return p, fmt.Errorf("streams[%d]: %w", i, err)
		}
	}
	return p, nil
}

// unmarshalShort reads a part of a plan of at most a few thousand series.
func unmarshalShort(text []byte, v any) error {
	if err := bound.JSON(text, maxPart, 4); err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// Changed says in which streams now differs from the plan p; "" if in none.
func (p *Approved) Changed(now Plan) string {
	was, is := asked(p.Streams), asked(now.Streams)
	var parts []string
	say := func(lines, other []string, what string) {
		there := map[string]bool{}
		for _, line := range other {
			there[line] = true
		}
		only := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return there[line] })
		const some = 5
		if n := len(only); n > some {
			only = append(only[:some], fmt.Sprintf("and %d more", n-some))
		}
		for i, line := range only {
			only[i] = output.Shorten(line, output.MaxQuoted)
		}
		if len(only) > 0 {
			parts = append(parts, what+" "+strings.Join(only, ", "))
		}
	}
	say(was, is, "no longer needed:")
	say(is, was, "not in it:")
	return strings.Join(parts, "; ")
}

// asked names each stream by what it asks for.
func asked(streams []Stream) []string {
	var lines []string
	for _, s := range streams {
		lines = append(lines, fmt.Sprintf("%s %s from %s to %s (%s)", s.Source, strings.Join(s.Series, " "), s.From, s.To, output.Count(s.Days, "day")))
	}
	return lines
}
