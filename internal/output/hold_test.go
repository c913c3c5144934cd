package output_test

import (
	"bytes"
	"testing"

	"lacuna/internal/output"
)

func TestHold(t *testing.T) {
	var out bytes.Buffer
	s := output.NewScreen(&out)
	for _, write := range []bool{false, true} {
		release := s.Hold()
		if err := s.Printf("kept: %t, %s\n", write, "a\x1b"); err != nil {
			t.Fatal(err)
		}
		if out.Len() > 0 {
			t.Errorf("written while it is held: %q", &out)
		}
		if err := release(write); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Printf("after\n"); err != nil {
		t.Fatal(err)
	}
	if want := "kept: true, a\\x1b\nafter\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}
