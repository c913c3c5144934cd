package message

import (
	"encoding/json"
	"fmt"

	"lacuna/internal/span"
)

// Coverage is which days of a series have a row, by what the run does about them. A
// range may hold days that the series does not have. A series that failed has Key and
// Error alone.
//
// As JSON the days are four lists of ranges, or, where those would be long, one text
// with a letter for each two days of the range: 26 years have less than 5 KB whatever
// is stored of them.
type Coverage struct {
	SeriesRange
	Settled     span.Runs // not asked for
	Recheck     span.Runs // have a row and are asked for again
	Waiting     span.Runs // on the ladder, retry_at still to come
	Quarantined span.Runs // for a person
	Latest      span.Day  // newest observed day
	Error       string    // its name
}

// coverageText is a Coverage as JSON.
type coverageText struct {
	SeriesRange
	Settled     span.Runs `json:"settled,omitzero"`
	Recheck     span.Runs `json:"recheck,omitzero"`
	Waiting     span.Runs `json:"waiting,omitzero"`
	Quarantined span.Runs `json:"quarantined,omitzero"`
	Days        string    `json:"days,omitempty"`
	Latest      span.Day  `json:"latest,omitzero"`
	Error       string    `json:"error,omitempty"`
}

// shortRuns is up to how many bytes of text ranges are kept, because people read them.
const shortRuns = 1500

// MaxCoverage returns how many bytes the JSON of a Coverage of r has at most.
func MaxCoverage(r SeriesRange) int {
	const names = 160 // and days
	return names + len(r.Key) + max(shortRuns, r.Span().Days()/daysOfLetter+1)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (c Coverage) MarshalJSON() ([]byte, error) {
	t := coverageText{SeriesRange: c.SeriesRange, Latest: c.Latest, Error: c.Error}
	if c.Error != "" {
		return json.Marshal(t)
	}
	length := 0
	for _, runs := range c.kinds() {
		length += textLength(*runs)
	}
	if length > shortRuns && length > c.Span().Days()/daysOfLetter {
		t.Days = c.letters()
	}
	if t.Days == "" {
		t.Settled, t.Recheck, t.Waiting, t.Quarantined = listed(c.Settled), listed(c.Recheck), listed(c.Waiting), listed(c.Quarantined)
	}
	return json.Marshal(t)
}

// UnmarshalJSON reads either form.
func (c *Coverage) UnmarshalJSON(text []byte) error {
	var t coverageText
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	*c = Coverage{t.SeriesRange, t.Settled, t.Recheck, t.Waiting, t.Quarantined, t.Latest, t.Error}
	if t.Days == "" {
		return nil
	}
	return c.read(t.Days)
}

// kinds returns the days by what a run does about them; their places are the numbers of
// which letters are made, and 0 is a day without a row.
func (c *Coverage) kinds() [kindsOfDay - 1]*span.Runs {
	return [...]*span.Runs{&c.Settled, &c.Recheck, &c.Waiting, &c.Quarantined}
}

const (
	kindsOfDay   = 5
	daysOfLetter = 2
)

// letters returns the days of c's range as letters; "" when one is in two kinds, or
// outside the range.
func (c *Coverage) letters() string {
	all := c.Span()
	days := make([]byte, (all.Days()+1)/daysOfLetter*daysOfLetter)
	for kind, runs := range c.kinds() {
		for day := range runs.All() {
			if !all.Contains(day) || days[day-all.From] != 0 {
				return ""
			}
			days[day-all.From] = byte(kind + 1)
		}
	}
	letters := make([]byte, 0, len(days)/daysOfLetter)
	for i := 0; i < len(days); i += daysOfLetter {
		letters = append(letters, 'A'+days[i]*kindsOfDay+days[i+1])
	}
	return string(letters)
}

// read is the opposite of letters.
func (c *Coverage) read(letters string) error {
	all, kinds := c.Span(), c.kinds()
	if want := (all.Days() + 1) / daysOfLetter; all.From > all.To || len(letters) != want {
		return fmt.Errorf("coverage of %.80s: %d letters for the days %s to %s", c.Key, len(letters), all.From, all.To)
	}
	for i := range len(letters) {
		number := letters[i] - 'A'
		if number >= kindsOfDay*kindsOfDay {
			return fmt.Errorf("coverage of %.80s: the letter %q, want A to Y", c.Key, letters[i])
		}
		day := all.From + span.Day(i*daysOfLetter)
		for _, kind := range [...]byte{number / kindsOfDay, number % kindsOfDay} {
			switch {
			case kind > 0 && day > all.To:
				return fmt.Errorf("coverage of %.80s: the letter %q stands for a day after %s", c.Key, letters[i], all.To)
			case kind > 0:
				*kinds[kind-1] = kinds[kind-1].Append(day)
			}
			day++
		}
	}
	return nil
}

// textLength returns how many bytes runs have as JSON.
func textLength(runs span.Runs) int {
	const day, two = len(`"2024-01-05",`), len(`"2024-01-05/2024-01-09",`)
	n := 2
	for _, r := range runs {
		if r.From == r.To {
			n += day
		} else {
			n += two
		}
	}
	return n
}

// listed is never null in JSON.
func listed(runs span.Runs) span.Runs {
	if runs == nil {
		return span.Runs{}
	}
	return runs
}
