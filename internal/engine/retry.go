package engine

import (
	"math"
	"time"

	"lacuna/internal/asl"
)

// delay is the time before the n-th retry (n = 1 is the first) of r: IntervalSeconds,
// multiplied by BackoffRate for each retry before, at most MaxDelaySeconds; with full
// jitter a part of it that random, in [0,1), draws.
func delay(r asl.Retrier, n int64, random func() float64) time.Duration {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(n-1))
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, float64(r.MaxDelaySeconds))
	}
	// An execution lives a year at most, so a longer delay is one that never ends.
	seconds = min(seconds, 2*366*24*60*60)
	if r.FullJitter {
		seconds *= random()
	}
	return time.Duration(seconds * float64(time.Second))
}
