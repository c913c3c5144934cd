package lazy_test

import (
	"testing"

	"lacuna/internal/lazy"
)

func TestRegexp(t *testing.T) {
	digits := lazy.Regexp(`^[0-9]+$`)
	first := digits()
	if !first.MatchString("42") || first.MatchString("4x") || digits() != first {
		t.Error("want the pattern, compiled once")
	}
	wrong := lazy.Regexp(`(`)
	defer func() {
		if recover() == nil {
			t.Error("want what is no pattern to panic, at its first use")
		}
	}()
	wrong()
}
