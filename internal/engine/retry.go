package engine

import (
	"time"

	"lacuna/internal/asl"
)

// delay is the time before the n-th retry of r: with full jitter the part of Delay that
// random, in [0,1), draws.
func delay(r asl.Retrier, n int64, random func() float64) time.Duration {
	seconds := r.Delay(n).Seconds()
	if r.FullJitter {
		seconds *= random()
	}
	return time.Duration(seconds * float64(time.Second))
}
