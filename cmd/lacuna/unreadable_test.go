package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One cell that cannot be read is shown by series try, and costs a run its own day alone.
func TestAnUnreadableCell(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "day,USD,EUR\n2024-01-02,1.10,2.10\n2024-01-03,n/a,2.20\n2024-01-04,1.30,2.30\n") //nolint:errcheck // the client tells
	}))
	defer server.Close()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "series.yaml")
	writeFile(t, file, `version: 1
sources:
  bank: {kind: http-csv, url: "`+server.URL+`/rates?from={from}&to={to}", day: day, values: {value: "{code}"}}
series:
- {key: "BANK#{code}", each: {code: [USD, EUR]}, title: a rate, unit: x, source: bank, code: "{code}", calendar: weekdays, since: 2024-01-02, until: 2024-01-04}
`)
	b.env = append(b.env, "LACUNA_CATALOGUE="+file, "LACUNA_WAIT_TIME_SCALE=0")
	const reason = `line 3: USD: "n/a" is not a number with the decimal mark "."`
	if code, stdout, stderr := b.run("series", "try", "BANK#USD"); code != 1 || !strings.Contains(stdout, "2024-01-03") || !strings.Contains(stdout, reason) || !strings.Contains(stderr, `value: USD "n/a" is unreadable`) {
		t.Errorf("series try: exit code %d\n%s%s", code, stdout, stderr)
	}
	var got result
	b.read(&got, 3, "backfill")
	rows := append(b.exportedRows("BANK#EUR"), b.exportedRows("BANK#USD")...)
	want := []string{
		"BANK#EUR,2024-01-02,observed,2.10", "BANK#EUR,2024-01-03,observed,2.20", "BANK#EUR,2024-01-04,observed,2.30",
		"BANK#USD,2024-01-02,observed,1.10", "BANK#USD,2024-01-03,incomplete,", "BANK#USD,2024-01-04,observed,1.30",
	}
	if got.Status != "pending" || got.Retries != 1 || !slices.Equal(rows, want) {
		t.Errorf("%s after %d retries, rows %q", got.Status, got.Retries, rows)
	}
	if _, why, _ := b.run("why", "BANK#USD", "2024-01-03"); !strings.Contains(why, reason) {
		t.Errorf("why does not tell:\n%s", why)
	}
	b.read(&got, 0, "backfill") // it waits, and is no news
}
