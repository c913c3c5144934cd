package mockfile_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/sfnapi/mockfile"
)

// What is too much is refused with its place, and of many problems the first are told.
func TestBounds(t *testing.T) {
	entries := func(n int, format string) string {
		b := strings.Builder{}
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}
	tests := []struct{ name, text, want string }{
		{"problems", responses(entries(60_000, `"x%d": {"Return": 1},`)), "M.json: and 59980 more problems"},
		{"answers of the same number", responses(entries(60_000, `"%[1]d": {"Return": 1}, "%[1]d-%[1]d": {"Return": 1},`)), "and 59980 more problems"},
		{"fields", responses(entries(130_000, `"%d": {"Return": 1},`)), "M.json:1:2888902: the file: more than 250000 fields"},
		{"values", responses(`{"0": {"Return": [` + strings.Repeat("1,", 1<<20) + `1]}}`), "M.json:1:2097206: too many values"},
		{"depth", responses(`{"0": {"Return": ` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}}`), "M.json:1:1061: nested too deep"},
		{"a name", responses(`{"` + strings.Repeat("x", 5000) + `": {}}`), "a name of 5000 bytes: want at most 1000"},
		{"a text in an error", responses(`{"0": {"Throw": "` + strings.Repeat("x", 5000) + `"}}`), `want an object, not "xxxx`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mockfile.Parse("M.json", []byte(tt.text))
			wantError(t, err, tt.want)
			if err != nil && len(err.Error()) > 21*500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
	f := parse(t, `{"StateMachines": `+entries(3000, `"m%d": {"x": 1},`)+`}`)
	if n := len(f.Warnings()); n != 21 || !strings.Contains(f.Warnings()[20], "and 2980 more such entries") {
		t.Errorf("%d warnings, want 20 and how many more", n)
	}
	if _, err := f.Case("nobody", "c"); err == nil || len(err.Error()) > 500 {
		t.Errorf("error %.600v, want a short one", err)
	}
}

// A response of many entries finds each of them, and tells which one is missing.
func TestManyEntries(t *testing.T) {
	b := strings.Builder{}
	for i := range 30_000 {
		fmt.Fprintf(&b, `"%d-%d": {"Return": %d},`, 4*i, 4*i+2, i)
	}
	c, err := parse(t, `{"StateMachines": {"m": {"TestCases": {"c": {"A": "r"}}}}, "MockedResponses": {"r": {`+strings.TrimSuffix(b.String(), ",")+`}}}`).Case("m", "c")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(response(t, c, "A", 4*29_999+2).Return); got != "29999" {
		t.Errorf("the last answer is %s", got)
	}
	if _, err := c.Response("A", 4*17+3); err == nil {
		t.Error("a number between two entries has an answer")
	}
}
