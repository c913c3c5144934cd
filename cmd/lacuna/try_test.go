package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// Where no value is of a first day of a period, series try says what in the catalogue would
// make it one; and where the answer has no place for the next page, it says so.
func TestTrySuggests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, series, rows, want string
	}{
		{"months by their last day", "cadence: monthly, since: 2024-01-01, until: 2024-03-01", `{"d":"2024-01-31","v":1},{"d":"2024-02-29","v":2},{"d":"2024-03-29","v":3}`, "  period: month\n"},
		{"quarters by their last day", "cadence: quarterly, since: 2024-01-01, until: 2024-04-01", `{"d":"2024-03-31","v":1},{"d":"2024-06-30","v":2}`, "  period: quarter\n"},
		{"weeks by their Friday", "cadence: weekly, since: 2024-01-01, until: 2024-01-15", `{"d":"2024-01-05","v":1},{"d":"2024-01-12","v":2}`, "  since: 2024-01-05\n"},
		{"weeks by any day", "cadence: weekly, since: 2024-01-01, until: 2024-01-15", `{"d":"2024-01-05","v":1},{"d":"2024-01-11","v":2}`, ""},
		{"two days of one month", "cadence: monthly, since: 2024-01-01, until: 2024-03-01", `{"d":"2024-01-30","v":1},{"d":"2024-01-31","v":2}`, ""},
		{"one that is a first day", "cadence: monthly, since: 2024-01-01, until: 2024-03-01", `{"d":"2024-01-01","v":1},{"d":"2024-02-29","v":2}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"data":[%s]}`, tt.rows) //nolint:errcheck // the client tells
			}))
			defer server.Close()
			b := newBench(t)
			file := filepath.Join(t.TempDir(), "series.yaml")
			writeFile(t, file, `version: 1
sources:
  bank: {kind: http-json, url: "`+server.URL+`/rates", rows: "$.data[*]", day: d, values: {value: v}, paging: {next: $.links.next}}
series:
- {key: RATE, title: a rate, unit: x, source: bank, code: X, `+tt.series+`}
`)
			b.env = append(b.env, "LACUNA_CATALOGUE="+file)
			code, stdout, stderr := b.run("series", "try", "RATE")
			if code != 1 || tt.want == "" && strings.Contains(stdout, "say there") || !strings.Contains(stdout, tt.want) {
				t.Errorf("exit code %d, want 1 and %q\n%s%s", code, tt.want, stdout, stderr)
			}
			if !strings.Contains(stderr, "read: no next page: nothing is at $.links.next") {
				t.Errorf("nothing of the next page:\n%s", stderr)
			}
		})
	}
}
