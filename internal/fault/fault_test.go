package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"lacuna/internal/fault"
)

func TestNameOf(t *testing.T) {
	throttled := fault.New(fault.Throttled, "GET %s: 429", "http://x")
	tests := []struct {
		name     string
		err      error
		want     fault.Name
		wantText string
	}{
		{"named", throttled, fault.Throttled, "Source.Throttled: GET http://x: 429"},
		{"wrapped", fmt.Errorf("scrape: %w", throttled), fault.Throttled, "scrape: Source.Throttled: GET http://x: 429"},
		{"outermost name wins", fault.New(fault.Down, "probe: %w", throttled), fault.Down, "Source.Down: probe: Source.Throttled: GET http://x: 429"},
		{"without a name", errors.New("boom"), fault.Internal, "boom"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.NameOf(tt.err); got != tt.want {
				t.Errorf("NameOf(%v) = %s, want %s", tt.err, got, tt.want)
			}
			if got := fault.Message(tt.err); got != tt.wantText {
				t.Errorf("Message = %q, want %q", got, tt.wantText)
			}
		})
	}
}

func TestMessageIsBoundedAndWhole(t *testing.T) {
	for n := range 8 {
		got := fault.Message(errors.New(strings.Repeat("x", n) + strings.Repeat("ção€", 200)))
		if len(got) > 300 || !utf8.ValidString(got) || !strings.HasSuffix(got, "...") {
			t.Errorf("Message of a long text = %d bytes, valid %v: %q", len(got), utf8.ValidString(got), got)
		}
	}
}
