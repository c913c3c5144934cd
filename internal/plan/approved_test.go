package plan

import (
	"strings"
	"testing"
)

func TestPlanBounds(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no object", `[]`, "cannot unmarshal"},
		{"another version", `{"schema_version": 2, "input": {}}`, "schema_version 2, this program reads 1"},
		{"no input", `{"schema_version": 1}`, "input: missing"},
		{"streams", `{"schema_version": 1, "input": {}, "streams": [` + strings.Repeat("{},", 3000) + `{}]}`, "3001 streams: want at most 2500"},
		{"series of a stream", `{"schema_version": 1, "input": {}, "streams": [{"series": [` + strings.Repeat(`"",`, 4000) + `""]}]}`, "streams[0]: more than 3000 values"},
		{"depth", `{"schema_version": 1, "input": ` + strings.Repeat("[", 100), "nested more than 20 deep"},
	}
	for _, tt := range tests {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
}

// Any text is a plan that can be compared, or is refused.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"input":{"from":"2024-01-01","series":["A"]},"streams":[{"id":"x","source":"ecb","series":["A"],"from":"2024-01-02","to":"2024-01-05","days":4}]}`))
	f.Add([]byte(`{"schema_version":1,"input":null,"streams":null}`))
	f.Add([]byte(`{"schema_version":1,"input":{},"streams":[null,{"series":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		if changed := p.Changed(Plan{Streams: p.Streams}); changed != "" {
			t.Errorf("a plan differs from itself: %s", changed)
		}
		if changed := p.Changed(Plan{}); (changed == "") != (len(p.Streams) == 0) || len(changed) > 3000 {
			t.Errorf("%d streams, said in %d bytes", len(p.Streams), len(changed))
		}
	})
}
