package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"lacuna/internal/message"
)

// maxNamed bounds how many failures a cause names; the summary has them all.
const maxNamed = 10

// maxQuarantined bounds how many series with quarantined days it names.
const maxQuarantined = 40

// cause says, for the console and the CLI, what failed and what to do.
func cause(sum message.Summary, in message.Input) string {
	var b strings.Builder
	for i, f := range sum.Failures {
		if i == maxNamed {
			fmt.Fprintf(&b, "and %d more; ", len(sum.Failures)+sum.Omitted-maxNamed)
			break
		}
		b.WriteString(Describe(f) + "; ")
	}
	named, more := 0, sum.All().Quarantined
	for _, s := range sum.Series {
		if s.Quarantined > 0 && named < maxQuarantined {
			fmt.Fprintf(&b, "%s: %s quarantined; ", s.Key, days(s.Quarantined))
			named, more = named+1, more-s.Quarantined
		}
	}
	if more > 0 {
		fmt.Fprintf(&b, "%s more quarantined; ", days(more))
	}
	in.Shard, in.Parent = nil, "" // what a person starts is the whole
	again, err := json.Marshal(in)
	if err != nil { // texts and a flag always marshal
		again = []byte("{}")
	}
	fmt.Fprintf(&b, "what could be had is stored. Redrive would repeat this state alone: start a new execution with %s", again)
	return b.String()
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// Describe returns one failure in a few words: what, range, error, attempts.
func Describe(f message.Failure) string {
	var words []string
	switch {
	case f.Shard != "":
		words = append(words, "shard "+f.Shard)
	case f.Stream != "":
		words = append(words, "stream "+f.Stream)
	case len(f.Series) == 0:
		words = append(words, "source "+f.Source)
	}
	const some = 3
	words = append(words, f.Series[:min(some, len(f.Series))]...)
	if n := len(f.Series) + f.More - some; n > 0 {
		words = append(words, fmt.Sprintf("and %d series", n))
	}
	if f.Span != (message.Failure{}).Span {
		words = append(words, f.Span.String())
	}
	words = append(words, f.Error)
	if f.Attempts > 1 {
		words = append(words, fmt.Sprintf("after %d attempts", f.Attempts))
	}
	text := strings.Join(words, " ")
	if f.Message != "" {
		text += " (" + f.Message + ")"
	}
	return text
}
