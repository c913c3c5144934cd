// Package propose writes pieces of a catalogue for a person to finish: the file that
// `lacuna init` begins with, a source and its series from a sample of CSV, the entry of
// one more series. Where a sample can be read in two ways a comment says so. Nothing
// here does I/O.
package propose

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/lazy"
	"lacuna/internal/notation"
	"lacuna/internal/span"
)

// Example is the catalogue that `lacuna init` writes. Its lines that begin with one #
// and a space are an example of a declared source and a series of it.
//
//go:embed example.yaml
var Example []byte

// toFill stands behind what a person has to write.
const toFill = " # to be filled in"

// Entry returns one entry of a list of series, each line of it behind indent. What is
// called as one of open gets a remark that it is to be filled in.
func Entry(indent string, s *catalogue.Series, calendar string, open ...string) []byte {
	var b bytes.Buffer
	begin := indent + "- "
	field := func(name, value string) {
		remark := ""
		if slices.Contains(open, name) {
			remark = toFill
		}
		fmt.Fprintf(&b, "%s%s: %s%s\n", begin, name, value, remark)
		begin = indent + "  "
	}
	field("key", Text(s.Key))
	field("title", Text(s.Title))
	field("unit", Text(s.Unit))
	field("source", s.Source)
	field("code", Text(s.Code))
	if len(s.Fields) != 1 || s.Fields[0] != "value" {
		field("fields", "["+strings.Join(s.Fields, ", ")+"]")
	}
	if s.Cadence != catalogue.Daily {
		field("cadence", s.Cadence)
	}
	if s.Cadence == catalogue.Daily || calendar != catalogue.Daily {
		field("calendar", calendar)
	}
	field("since", s.Since.String())
	if s.Until != 0 {
		field("until", s.Until.String())
	}
	if ready := readyOf(s.Ready); ready != "" {
		field("ready", ready)
	}
	if s.OnEmpty == catalogue.Learn {
		field("on_empty", s.OnEmpty)
	}
	if len(s.KnownAbsent) > 0 {
		b.WriteString(begin + "known_absent:\n")
		for _, k := range s.KnownAbsent {
			fmt.Fprintf(&b, "%s- {days: %s, reason: %s}\n", begin, k.Span, Text(k.Reason))
		}
	}
	if s.Lookback > 0 {
		field("lookback", fmt.Sprint(s.Lookback))
	}
	if len(s.Checks) > 0 {
		field("checks", checksOf(s.Checks))
	}
	return b.Bytes()
}

// readyOf returns when a day is due, as a catalogue has it; "" for what it is where the
// catalogue says nothing.
func readyOf(r catalogue.Ready) string {
	if r.Zone == nil || r == (catalogue.Ready{Zone: time.UTC, Lag: 1}) {
		return ""
	}
	text := fmt.Sprintf(`{at: "%02d:%02d", zone: %s`, r.Hour, r.Minute, r.Zone)
	switch {
	case r.After > 0:
		text += fmt.Sprintf(", after: %dd", r.After)
	case r.Lag > 0:
		text += fmt.Sprintf(", lag: %d", r.Lag)
	}
	return text + "}"
}

func checksOf(checks []catalogue.Check) string {
	var all []string
	for _, c := range checks {
		var is []string
		for _, part := range []struct{ name, value, unit string }{{"min", c.Min, ""}, {"max", c.Max, ""}, {"max_change", c.MaxChange, "%"}, {"not_below", c.NotBelow, ""}} {
			if part.value != "" {
				is = append(is, part.name+": "+part.value+part.unit)
			}
		}
		all = append(all, c.Field+": {"+strings.Join(is, ", ")+"}")
	}
	return "{" + strings.Join(all, ", ") + "}"
}

var (
	plain    = lazy.Regexp(`^\p{L}[\p{L}0-9_./()%#+-]*( [\p{L}0-9_./()%+-]+)*$`)
	reserved = lazy.Regexp(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
)

// Text returns a line of text as YAML has it, in quotes where it would be something
// else without.
func Text(s string) string {
	if plain().MatchString(s) && !reserved().MatchString(s) {
		return s
	}
	return quote(s)
}

// quote returns a line of text in the quotes of YAML, which are those of JSON.
func quote(s string) string {
	var b strings.Builder
	in := json.NewEncoder(&b)
	in.SetEscapeHTML(false)
	if err := in.Encode(s); err != nil { // no text is without JSON
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Key returns the key of the series that source calls code, with prefix before it.
func Key(prefix, code string) string {
	key := prefix + notOfKeys().ReplaceAllString(strings.ToUpper(folded(code)), "_")
	if len(key) >= maxKey {
		key = key[:maxKey-1]
	}
	if strings.HasSuffix(key, "#REVISIONS") || strings.HasSuffix(key, "#") { // those of the store itself, and none at all
		key += "_"
	}
	return key
}

const maxKey = 64

var notOfKeys = lazy.Regexp(`[^A-Za-z0-9_.#/:-]+`)

// Prefix returns what the keys of the series of a source begin with.
func Prefix(source string) string {
	switch prefix := strings.ToUpper(source) + "#"; prefix {
	case "RUN#", "RUNS#", "SOURCE#": // those of the store itself
		return "OF-" + prefix
	default:
		return prefix
	}
}

// firstOf returns the day that stands for the period of d.
func firstOf(d span.Day, cadence string) span.Day {
	return notation.PeriodOf(d, periods[cadence]).From
}

var periods = map[string]string{catalogue.Monthly: notation.Month, catalogue.Quarterly: notation.Quarter}
