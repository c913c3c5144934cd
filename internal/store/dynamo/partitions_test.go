package dynamo_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

// Everything that a scraper asks for, by operation and partition: as much as
// terraform/keys.tf lets its role do. More needs more rights there.
func TestPartitionsOfAScraper(t *testing.T) {
	s, w := newFake(inOrder(ok(`{}`)))
	old := observed(usd, day1, "4.8")
	revised := observed(usd, day1, "4.9")
	absent := row.Row{Series: usd, Day: day1, Status: row.Absent, Run: "run-1", FetchedAt: asOf, Attempts: 1}
	for _, do := range []func() error{
		func() error { _, err := s.Rows(t.Context(), usd, ever); return err },
		func() error { return s.Insert(t.Context(), []row.Row{old}) },
		func() error { return s.Change(t.Context(), row.Row{Series: usd, Day: day1}, absent) },
		func() error { return s.Change(t.Context(), old, revised) },
		func() error {
			return s.SaveStream(t.Context(), store.Stream{Run: "run-1", ID: "1", Source: "bcb-ptax", Span: ever})
		},
		func() error { _, err := s.Streams(t.Context(), "run-1"); return err },
		func() error { _, err := s.Breaker(t.Context(), "bcb-ptax"); return err },
		func() error {
			return s.SetBreaker(t.Context(), "bcb-ptax", store.Breaker{Run: "run-1", DownUntil: asOf})
		},
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]bool{}
	for _, r := range w.got {
		for _, key := range partitionsOf(r.body) {
			got[r.op+" "+key] = true
		}
	}
	want := []string{
		"BatchWriteItem CURRENCY#USD",
		"GetItem SOURCE#bcb-ptax",
		"PutItem CURRENCY#USD",
		"PutItem SOURCE#bcb-ptax",
		"Query CURRENCY#USD",
		"Query RUN#run-1",
		"TransactWriteItems CURRENCY#USD", // of puts
		"TransactWriteItems CURRENCY#USD#REVISIONS",
		"UpdateItem RUN#run-1",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("a scraper asks for something else (-want +got):\n%s", diff)
	}
}

// partitionsOf returns the partition keys in a request, wherever they stand.
func partitionsOf(v any) (keys []string) {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["info_type"].(map[string]any); ok {
			keys = append(keys, text["S"].(string))
		}
		if condition, ok := v["KeyConditionExpression"].(string); ok {
			name := strings.Fields(strings.TrimPrefix(condition, "info_type = "))[0]
			keys = append(keys, v["ExpressionAttributeValues"].(map[string]any)[name].(map[string]any)["S"].(string))
		}
		for _, inner := range v {
			keys = append(keys, partitionsOf(inner)...)
		}
	case []any:
		for _, inner := range v {
			keys = append(keys, partitionsOf(inner)...)
		}
	}
	return keys
}
