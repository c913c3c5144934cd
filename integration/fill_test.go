//go:build integration

package integration

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/publisher"
	"lacuna/internal/span"
)

// What the emulator (ministack 1.5.33) answers wrongly when Terraform reads
// back what it made. AWS's own provider would change these again and again.
var readBack = map[*regexp.Regexp][]string{
	regexp.MustCompile(`^aws_cloudwatch_metric_alarm\.this\["[a-z-]+"\]$`): {
		"actions_enabled", "alarm_actions", "alarm_description", "dimensions", "ok_actions", "period", "statistic", "treat_missing_data",
	},
}

// TestStack puts the stack into an emulated account from nothing, fills it,
// changes it and takes it away again.
func TestStack(t *testing.T) {
	began := time.Now()
	s := newStack(t)
	fmt.Printf("terraform apply: %d resources, %s with emulator and zips\n", len(s.resources(t)), time.Since(began).Round(time.Second))

	input := fmt.Sprintf(`{"series":[%q],"to":"2026-06-30"}`, strings.Join(filled, `","`))
	input = strings.ReplaceAll(input, `\"`, `"`)
	days := span.Span{From: span.Date(1999, time.January, 4), To: publisher.Today - 1}

	// The first request of a publisher fails: the state machine asks again.
	if err := s.publisher.Fail(publisher.Fault{Source: publisher.ECB, Kind: publisher.Status, Status: 503, Times: 1}); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	succeeds(t, s.execute(t, "fill", input))
	requests := len(s.publisher.Requests(""))
	rows := s.compare(t, days)
	fmt.Printf("fill: %d rows, %d requests, %s\n", rows, requests, time.Since(began).Round(100*time.Millisecond))
	if t.Failed() {
		t.FailNow()
	}

	succeeds(t, s.execute(t, "again", input))
	if more := len(s.publisher.Requests("")) - requests; more != 0 {
		t.Errorf("a second run made %d requests, want none", more)
	}
	fmt.Println("second run: 0 requests")

	changes := s.changes(t)
	for address, attributes := range changes {
		if !isReadBackFault(address, attributes) {
			t.Errorf("a second plan would change %s: %s", address, attributes)
		}
	}
	fmt.Printf("second plan: %d changes, each a known read-back fault of the emulator\n", len(changes))

	began = time.Now()
	s.apply(t, map[string]any{"deletion_protection": false})
	s.run(t, "destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=30")
	if left := s.resources(t); len(left) != 0 {
		t.Errorf("destroy left %s", left)
	}
	fmt.Printf("destroy: %s\n", time.Since(began).Round(time.Second))
}

// isReadBackFault reports whether a change, in place and of no other attributes
// than those, is one of readBack.
func isReadBackFault(address string, change []string) bool {
	for pattern := range maps.Keys(readBack) {
		if !pattern.MatchString(address) || change[0] != "update" {
			continue
		}
		return !slices.ContainsFunc(change[1:], func(name string) bool { return !slices.Contains(readBack[pattern], name) })
	}
	return false
}
