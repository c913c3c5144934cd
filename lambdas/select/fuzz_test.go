package selection_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	selection "lacuna/lambdas/select"
)

func TestInputBounds(t *testing.T) {
	h := &selection.Handler{Catalogue: parse(t, three), Queues: queues, Now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	tests := []struct{ name, input, want string }{
		{"long", `{"from":"` + strings.Repeat("x", 300_000) + `"}`, "want at most 262144"},
		{"patterns", `{"series":[` + strings.Repeat(`"*",`, 5000) + `"*"]}`, "5001 keys and patterns: want at most 5000"},
		{"values", `{"series":[` + strings.Repeat(`"",`, 10_000) + `""]}`, "more than 10000 values"},
		{"a pattern", `{"series":["` + strings.Repeat(`*a`, 200) + `"]}`, "a text of 400 bytes: want at most 256"},
		{"a field", `{"` + strings.Repeat("x", 200_000) + `":1}`, "unknown field"},
		{"deep", `{"series":` + strings.Repeat("[", 50), "nested more than 10 deep"},
	}
	for _, tt := range tests {
		_, err := h.Handle(context.Background(), message.Start{Input: json.RawMessage(tt.input)})
		if fault.NameOf(err) != fault.InputInvalid || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 500 {
			t.Errorf("%s: error %.600v, want a short one with %s", tt.name, err, tt.want)
		}
	}
}

// Any input selects series that there are, within their days, or is Input.Invalid.
func FuzzInput(f *testing.F) {
	f.Add(`{}`, int64(1_782_864_000))
	f.Add(`{"from":"-10d","to":"today","series":["ECB#*"],"only":"failed","dry_run":true}`, int64(0))
	f.Add(`{"from":"0000-01-01","to":"9999-12-31"}`, int64(253_402_300_799))
	f.Add(`{"from":"-9223372036854775808d"} {}`, int64(-1))
	c := parse(f, three)
	f.Fuzz(func(t *testing.T, input string, at int64) {
		asOf := time.Unix(at%253_402_300_800, 0).UTC()
		got, err := (&selection.Handler{Catalogue: c, Queues: queues}).Handle(context.Background(), message.Start{Run: "r", StartedAt: asOf, Input: json.RawMessage(input)})
		if err != nil {
			if fault.NameOf(err) != fault.InputInvalid || len(err.Error()) > 1000 {
				t.Errorf("error of %d bytes, %.300v; want a short %s", len(err.Error()), err, fault.InputInvalid)
			}
			return
		}
		for _, source := range got.Sources {
			for _, r := range source.Series() {
				if s, ok := c.Lookup(r.Key); !ok || r.From < s.Since || r.From > r.To || s.Until != 0 && r.To > s.Until {
					t.Errorf("%s: selected %+v", input, r)
				}
			}
		}
	})
}
