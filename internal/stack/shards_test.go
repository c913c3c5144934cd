package stack

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/history"

	"github.com/google/go-cmp/cmp"
)

// Shards are no runs of their own in a list, however many of them lie between the runs.
func TestExecutionsWithoutShards(t *testing.T) {
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf(`{"name":"b-shard-%03d"}`, i+1))
	}
	names = append(names, `{"name":"b"}`, `{"name":"a-shard-001"}`, `{"name":"a"}`, `{"name":"older"}`)
	s := answered(t, map[string]string{
		"ListExecutions":    `{"executions":[` + strings.Join(names, ",") + `]}`,
		"DescribeExecution": `{"status":"SUCCEEDED","startDate":1782864000.5,"input":"{}"}`,
	})
	list, err := s.Executions(t.Context(), 2)
	if diff := cmp.Diff([]string{"b", "a"}, history.Names(list)); diff != "" || err != nil {
		t.Errorf("%v; runs (-want +got):\n%s", err, diff)
	}
	list, err = s.AllExecutions(t.Context(), 2)
	if diff := cmp.Diff([]string{"b-shard-001", "b-shard-002"}, history.Names(list)); diff != "" || err != nil {
		t.Errorf("%v; executions (-want +got):\n%s", err, diff)
	}
}

// Of a run with a long name the shards have the beginning alone.
func TestLinesOfARunAreThoseOfItsShards(t *testing.T) {
	long := strings.Repeat("r", 75)
	for run, want := range map[string]string{
		"2026-07-01T000000Z-abcdef": `"2026-07-01T000000Z-abcdef"`,
		"x-shard-001":               `"x-shard-001"`,
		long:                        `?"` + long + `" ?"` + long[:70] + `-shard-"`,
	} {
		if got := named(run); got != want {
			t.Errorf("pattern of %s: %s, want %s", run, got, want)
		}
	}
}
