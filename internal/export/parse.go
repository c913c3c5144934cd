package export

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// WholeParser reads the lines of Whole. Most are plain, observed and never anything else:
// those it reads itself, three times as fast as a JSON library, which reads the others. The
// zero value is ready to use.
type WholeParser struct {
	at   string // the last time read: the rows of a run share theirs
	time time.Time
}

// Parse reads a line.
func (p *WholeParser) Parse(line []byte) (*Whole, error) {
	if w, ok := p.plain(string(line)); ok {
		return w, nil
	}
	w := &Whole{Day: noDay}
	if err := json.Unmarshal(line, w); err != nil {
		return nil, err
	}
	if w.Day == noDay { // null leaves it too
		return nil, errors.New("has no date")
	}
	return w, nil
}

// noDay is none that is ever read.
const noDay span.Day = math.MinInt32

// plain reads a line that is written as Exporter.Whole writes it, without escapes, trail
// and revisions.
func (p *WholeParser) plain(text string) (*Whole, bool) {
	for i := range len(text) {
		if text[i] < ' ' || text[i] == '\\' {
			return nil, false
		}
	}
	if !utf8.ValidString(text) {
		return nil, false
	}
	text, ok := strings.CutPrefix(text, `{"schema_version":1`)
	w := &Whole{SchemaVersion: 1}
	var date, status, at string
	w.Series, text = member(text, `,"info_type":"`)
	date, text = member(text, `,"date":"`)
	status, text = member(text, `,"status":"`)
	w.Status = row.Status(status)
	if rest, has := strings.CutPrefix(text, `,"fields":{`); has {
		var read bool
		if w.Fields, text, read = plainFields(rest); !read {
			return nil, false
		}
	}
	w.Source, text = member(text, `,"source":"`)
	timeless := strings.HasPrefix(text, `,"fetched_at":""`) // no time, not even the zero one
	at, text = member(text, `,"fetched_at":"`)
	w.Run, text = member(text, `,"run":"`)
	if !ok || timeless || text != "}" {
		return nil, false
	}
	var err error
	if w.Day, err = span.Parse(date); err != nil {
		return nil, false
	}
	if at != p.at {
		if err := p.time.UnmarshalText([]byte(at)); err != nil {
			p.at = ""
			return nil, false
		}
		p.at = at
	}
	if at != "" {
		w.FetchedAt = p.time
	}
	return w, true
}

// member returns the text behind begin, up to a quote, and what is behind that; without
// begin it leaves text as it is.
func member(text, begin string) (value, rest string) {
	if behind, ok := strings.CutPrefix(text, begin); ok {
		if value, rest, ok = strings.Cut(behind, `"`); ok {
			return value, rest
		}
	}
	return "", text
}

// plainFields reads an object of texts from behind its brace.
func plainFields(text string) (fields row.Fields, rest string, ok bool) {
	for {
		name, behind := member(text, `"`)
		value, rest := member(behind, `:"`)
		if _, twice := fields.Get(name); twice || len(behind) == len(text) || len(rest) == len(behind) || len(fields) == row.MaxFields {
			return nil, "", false
		}
		fields = append(fields, row.Field{Name: name, Value: value})
		switch {
		case strings.HasPrefix(rest, "}"):
			return fields, rest[1:], true
		case !strings.HasPrefix(rest, ","):
			return nil, "", false
		}
		text = rest[1:]
	}
}
