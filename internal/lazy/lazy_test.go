package lazy_test

import (
	"testing"

	"lacuna/internal/lazy"
)

func TestRegexp(t *testing.T) {
	digits := lazy.Regexp(`^[0-9]+$`)
	if !digits().MatchString("42") || digits().MatchString("4x") || digits() != digits() {
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
