package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/span"
)

func TestPlanBounds(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no object", `[]`, "cannot unmarshal"},
		{"another version", `{"schema_version": 2, "input": {}}`, "schema_version 2, this program reads 1"},
		{"no input", `{"schema_version": 1}`, "input: missing"},
		{"streams", `{"schema_version": 1, "input": {}, "streams": [` + strings.Repeat("{},", 1_000_000) + `{}]}`, "1000001 streams: want at most 1000000"},
		{"series of a stream", `{"schema_version": 1, "input": {}, "streams": [{"series": [` + strings.Repeat(`"",`, 20_000) + `""]}]}`, "streams[0]: more than 20000 values"},
		{"depth", `{"schema_version": 1, "input": ` + strings.Repeat("[", 100), "nested more than 20 deep"},
	}
	for _, tt := range tests {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestAPlanOfTheMostStreams(t *testing.T) {
	text := `{"schema_version": 1, "input": {"series": ["A"]}, "streams": [` + strings.Repeat(`{"series": ["A"]},`, 2499) + `{"id": "last"}]}`
	if p, err := Parse([]byte(text)); err != nil || len(p.Streams) != 2500 || p.Streams[2499].ID != "last" {
		t.Errorf("%d streams, %v", len(p.Streams), err)
	}
}

// What a person approved and what would be asked for now are told apart, five of each.
func TestChanged(t *testing.T) {
	streams := func(from, n int) (list []Stream) {
		for i := range n {
			day := span.Date(2024, time.January, from+i)
			list = append(list, Stream{Source: "s", Series: []string{"A", "B"}, From: day, To: day, Days: 2})
		}
		return list
	}
	line := func(d int) string { return fmt.Sprintf("s A B from 2024-01-%02d to 2024-01-%02d (2 days)", d, d) }
	long := streams(1, 1)
	long[0].Series[0] = strings.Repeat("x", 1000)
	tests := []struct {
		name     string
		was, now []Stream
		want     string
	}{
		{"nothing", streams(1, 9), streams(1, 9), ""},
		{"another order", streams(1, 2), append(streams(2, 1), streams(1, 1)...), ""},
		{"one less", streams(1, 2), streams(2, 1), "no longer needed: " + line(1)},
		{"one more", nil, streams(2, 1), "not in it: " + line(2)},
		{"one for another", streams(1, 1), streams(2, 1), "no longer needed: " + line(1) + "; not in it: " + line(2)},
		{"five", streams(1, 5), nil, "no longer needed: " + strings.Join([]string{line(1), line(2), line(3), line(4), line(5)}, ", ")},
		{"seven", streams(1, 7), nil, "no longer needed: " + strings.Join([]string{line(1), line(2), line(3), line(4), line(5)}, ", ") + ", and 2 more"},
		{"a long one", long, nil, "no longer needed: " + output.Shorten("s "+long[0].Series[0], output.MaxQuoted)},
	}
	for _, tt := range tests {
		p := Approved{Streams: tt.was}
		if got := p.Changed(Plan{Streams: tt.now}); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
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
