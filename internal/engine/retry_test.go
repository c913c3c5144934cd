package engine

import (
	"math/big"
	"testing"
	"time"

	"lacuna/internal/asl"

	"pgregory.net/rapid"
)

func TestDelay(t *testing.T) {
	half := func() float64 { return 0.5 }
	tests := []struct {
		name string
		r    asl.Retrier
		want []time.Duration // of the first, second, ... retry
	}{
		{"AWS's defaults", asl.Retrier{IntervalSeconds: 1, BackoffRate: 2}, []time.Duration{1e9, 2e9, 4e9, 8e9}},
		{"constant", asl.Retrier{IntervalSeconds: 3, BackoffRate: 1}, []time.Duration{3e9, 3e9, 3e9}},
		{"capped", asl.Retrier{IntervalSeconds: 3, BackoffRate: 2, MaxDelaySeconds: 5}, []time.Duration{3e9, 5e9, 5e9}},
		{"fraction", asl.Retrier{IntervalSeconds: 1, BackoffRate: 1.5}, []time.Duration{1e9, 1.5e9, 2.25e9}},
		{"jitter after the cap", asl.Retrier{IntervalSeconds: 30, BackoffRate: 2, MaxDelaySeconds: 40, FullJitter: true}, []time.Duration{15e9, 20e9, 20e9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, want := range tt.want {
				if got := delay(tt.r, int64(i+1), half); got != want {
					t.Errorf("retry %d after %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

// TestDelayBounds holds delay against exact arithmetic.
func TestDelayBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := asl.Retrier{
			IntervalSeconds: rapid.Int64Range(1, 99_999_999).Draw(t, "interval"),
			BackoffRate:     float64(rapid.IntRange(4, 40).Draw(t, "rate in quarters")) / 4,
			MaxDelaySeconds: rapid.Int64Range(0, 31_622_399).Draw(t, "cap"),
			FullJitter:      rapid.Bool().Draw(t, "jitter"),
		}
		n := rapid.Int64Range(1, 60).Draw(t, "n")
		random := rapid.Float64Range(0, 0.999999).Draw(t, "random")
		exact := new(big.Float).SetInt64(r.IntervalSeconds)
		for range n - 1 {
			exact.Mul(exact, big.NewFloat(r.BackoffRate))
		}
		most, _ := exact.Float64()
		if r.MaxDelaySeconds > 0 {
			most = min(most, float64(r.MaxDelaySeconds))
		}
		most = min(most, 2*366*24*60*60)
		got := delay(r, n, func() float64 { return random }).Seconds()
		switch {
		case r.FullJitter && (got < 0 || got > most):
			t.Errorf("delay %v is outside 0..%v", got, most)
		case !r.FullJitter && (got < most*0.999999 || got > most*1.000001):
			t.Errorf("delay %v, want %v", got, most)
		}
	})
}
