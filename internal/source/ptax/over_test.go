package ptax

import (
	"math/big"
	"strings"
	"testing"
)

// Two numbers as texts compare as numbers do.
func FuzzOver(f *testing.F) {
	f.Add("5.20", "5.2")
	f.Add("10.1", "9.9")
	f.Add("0.09", "0.1")
	f.Add("007", "7.0")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, text := range []string{a, b} {
			if strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 || strings.HasPrefix(text, ".") || strings.HasSuffix(text, ".") || text == "" || len(text) > 40 {
				return
			}
		}
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if !okX || !okY {
			t.Fatalf("%s or %s is no number", a, b)
		}
		if got, want := over(a, b), x.Cmp(y) > 0; got != want {
			t.Errorf("over(%s, %s) = %t, want %t", a, b, got, want)
		}
	})
}
