package row

import (
	"strings"
	"testing"
)

// exceedsShort gives an answer only where its whole numbers cannot overflow, and
// then the exact one.
func TestExceedsShortNeverOverflows(t *testing.T) {
	numbers := []string{"0", "0.0001", "-0.0001", "9999.9999", "-9999.9999", "99999999", "-99999999", "999999999", "-999999999", "1.0000", "1.00001", "9999999.9"}
	percents := []string{"0", "0.0001", "1", "9.9999", "99.99", "999.9", "9999", "0.9999"}
	short := 0
	for _, a := range numbers {
		for _, b := range numbers {
			for _, p := range percents {
				for _, steps := range []int{1, 100, 1_000_000} {
					got, ok := exceedsShort(a, b, p, steps)
					if !ok {
						continue
					}
					short++
					// A digit after the point too many for the short way, of the same value.
					long := a
					if !strings.Contains(long, ".") {
						long += "."
					}
					want, err := Exceeds(long+"00000000", b, p, steps)
					if err != nil {
						t.Fatal(err)
					}
					if got != want {
						t.Errorf("exceedsShort(%s, %s, %s, %d) = %t, want %t", a, b, p, steps, got, want)
					}
				}
			}
		}
	}
	if short < 1000 {
		t.Errorf("only %d comparisons went the short way", short)
	}
}
