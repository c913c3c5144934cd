package span

import (
	"fmt"
	"strings"
)

// Span is a run of days, both ends included. As text it is one day, or two
// days joined by a slash. From is never after To.
type Span struct{ From, To Day }

// ParseSpan reads `2024-01-05` or `2024-01-05/2024-01-09`.
func ParseSpan(text string) (Span, error) {
	first, last, two := strings.Cut(text, "/")
	from, err := Parse(first)
	if err != nil {
		return Span{}, fmt.Errorf("range %.80q: %w", text, err)
	}
	if !two {
		return Span{from, from}, nil
	}
	to, err := Parse(last)
	if err != nil {
		return Span{}, fmt.Errorf("range %.80q: %w", text, err)
	}
	if from > to {
		return Span{}, fmt.Errorf("range %.80q: %s is after %s", text, from, to)
	}
	return Span{from, to}, nil
}

// Days returns the number of days in s.
func (s Span) Days() int { return int(s.To-s.From) + 1 }

// Contains reports whether d is in s.
func (s Span) Contains(d Day) bool { return s.From <= d && d <= s.To }

// Intersect returns the days that s and o share; ok is false when there are none.
func (s Span) Intersect(o Span) (both Span, ok bool) {
	both = Span{max(s.From, o.From), min(s.To, o.To)}
	return both, both.From <= both.To
}

// String returns the text form.
func (s Span) String() string {
	b, _ := s.AppendText(nil) // the error only matters where text is kept
	return string(b)
}

// AppendText implements encoding.TextAppender.
func (s Span) AppendText(b []byte) ([]byte, error) {
	b, err := s.From.AppendText(b)
	if err != nil || s.From == s.To {
		return b, err
	}
	return s.To.AppendText(append(b, '/'))
}

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	parsed, err := ParseSpan(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
