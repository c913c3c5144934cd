package row_test

import (
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

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
