package row_test

import (
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Only the answer that brought the first good value, before its day, came early.
func TestCameEarlyIsOfOneAnswer(t *testing.T) {
	at := time.Date(2026, 6, 1, 21, 0, 0, 0, time.UTC)
	steps := func(answers ...string) (trail []row.Step) {
		for _, a := range answers {
			trail = append(trail, row.Step{At: at, Answer: a})
		}
		return trail
	}
	tests := []struct {
		name     string
		status   row.Status
		attempts int
		trail    []row.Step
		want     bool
	}{
		{"early", row.Observed, 1, steps("absent", "observed"), true},
		{"by hand, without a trail", row.Observed, 2, nil, false},
		{"by hand, with one answer", row.Observed, 1, steps("absent"), false},
		{"absent", row.Absent, 1, steps("absent"), false},
		{"after a person's word", row.Observed, 0, steps("quarantine accept", "observed"), false},
		{"out of quarantine", row.Observed, 6, steps("absent", "observed"), false},
		{"revised since", row.Observed, 1, steps("absent", "observed", "revised"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := row.Row{Status: tt.status, Attempts: tt.attempts, Trail: tt.trail}
			if got := r.CameEarly(); got != tt.want {
				t.Errorf("CameEarly of %+v = %t", r, got)
			}
		})
	}
}

// A value that comes along on the very day to ask again is on time, not early.
func TestCameEarly(t *testing.T) {
	first := time.Date(2026, 6, 1, 21, 0, 0, 0, time.UTC)
	empty := row.Row{Series: "A", Day: day}
	for attempts := 1; attempts < 6; attempts++ {
		at := first
		if attempts > 1 {
			at = empty.RetryAt.Time()
		}
		empty, _ = row.Next(empty, row.Answer{}, asking(at))
		if empty.Attempts != attempts {
			t.Fatalf("%d attempts, want %d", empty.Attempts, attempts)
		}
		for _, tt := range []struct {
			on   span.Day
			want bool
		}{{empty.RetryAt - 1, true}, {empty.RetryAt, false}, {empty.RetryAt + 1, false}} {
			got, _ := row.Next(empty, row.Answer{Fields: fields("5.1")}, row.Asking{At: tt.on.Time(), Run: "later"})
			if got.CameEarly() != tt.want {
				t.Errorf("after %d attempts, due again on %s, a value on %s: early is %t", attempts, empty.RetryAt, tt.on, got.CameEarly())
			}
		}
	}
}
