package dynamo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// capacity is a table that takes as many puts of each batch as take says, and
// keeps their keys.
type capacity struct {
	t    *testing.T
	take func(batch, size int) int

	batches int
	stored  map[string]int
}

func newCapacity(t *testing.T, take func(batch, size int) int) *capacity {
	return &capacity{t: t, take: take, stored: map[string]int{}}
}

func (tb *capacity) reply(_ int, r request) (answer, error) {
	if r.op == "Query" {
		return ok(`{"Count":0,"Items":[],"ScannedCount":0,"ConsumedCapacity":{"TableName":"lacuna","CapacityUnits":1}}`), nil
	}
	if r.op != "BatchWriteItem" {
		tb.t.Errorf("%s: want Query or BatchWriteItem", r.op)
	}
	puts := r.body["RequestItems"].(map[string]any)["lacuna"].([]any)
	taken := tb.take(tb.batches, len(puts))
	tb.batches++
	if taken < 0 {
		return refused(400, "ProvisionedThroughputExceededException", ""), nil
	}
	keys := map[string]bool{}
	for i, put := range puts {
		key := keyOf(put)
		keys[key] = true
		if i < taken {
			tb.stored[key]++
		}
	}
	if len(puts) > 25 || len(keys) != len(puts) {
		tb.t.Errorf("batch of %d with %d keys: want at most 25, each once", len(puts), len(keys))
	}
	left := map[string]any{}
	if taken < len(puts) {
		left["lacuna"] = puts[taken:]
	}
	text, err := json.Marshal(left)
	return ok(fmt.Sprintf(`{"UnprocessedItems":%s,"ConsumedCapacity":[{"TableName":"lacuna","CapacityUnits":%d}]}`, text, taken)), err
}

func keyOf(put any) string {
	it := put.(map[string]any)["PutRequest"].(map[string]any)["Item"].(map[string]any)
	return it["info_type"].(map[string]any)["S"].(string) + " " + it["date"].(map[string]any)["S"].(string)
}

// rowsOf returns n rows of each series, one series after the other.
func rowsOf(n int, series ...string) []row.Row {
	var rows []row.Row
	for _, key := range series {
		for i := range n {
			rows = append(rows, observed(key, day1+span.Day(i), "5.10"))
		}
	}
	return rows
}

func TestInsertUntilEveryRowIsTaken(t *testing.T) {
	all := func(_, size int) int { return size }
	tests := []struct {
		name        string
		take        func(batch, size int) int // -1: the request is refused
		wantBatches int
	}{
		{"everything at once", all, 4},
		{"half of each batch", func(_, size int) int { return (size + 1) / 2 }, 11},
		{"half of the first batch", func(b, size int) int { return map[bool]int{true: size / 2, false: size}[b == 0] }, 5},
		{"one row at a time", func(_, size int) int { return 1 }, 100},
		{"nothing, five times", func(b, size int) int { return map[bool]int{true: 0, false: size}[b < 5] }, 9},
		{"refused seven times", func(b, size int) int { return map[bool]int{true: -1, false: size}[b < 7] }, 11},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := newCapacity(t, tt.take)
				s, _ := newFake(tb.reply)
				rows := rowsOf(50, "A", "B")
				if err := s.Insert(t.Context(), rows); err != nil {
					t.Fatalf("Insert: %v", err)
				}
				want := map[string]int{}
				for _, r := range rows {
					want[r.Series+" "+r.Day.String()] = 1
				}
				if diff := cmp.Diff(want, tb.stored); diff != "" {
					t.Errorf("stored mismatch (-want +got):\n%s", diff)
				}
				if tb.batches != tt.wantBatches {
					t.Errorf("%d batches, want %d", tb.batches, tt.wantBatches)
				}
				if got := s.Consumed(); got.Write != 100 || got.Read != 2 {
					t.Errorf("consumed %+v, want 100 written and 2 read", got)
				}
			})
		})
	}
}

func TestInsertMixesSeries(t *testing.T) {
	s, w := newFake(newCapacity(t, func(_, size int) int { return size }).reply)
	rows := append(rowsOf(2, "A", "B"), rowsOf(4, "C")...)
	rows = append(rows, rows[1], rows[0]) // again, in another order
	if err := s.Insert(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, put := range w.got[len(w.got)-1].body["RequestItems"].(map[string]any)["lacuna"].([]any) {
		got = append(got, keyOf(put))
	}
	want := []string{"A 2024-01-02", "B 2024-01-02", "C 2024-01-02", "A 2024-01-03", "B 2024-01-03", "C 2024-01-03", "C 2024-01-04", "C 2024-01-05"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("batch mismatch (-want +got):\n%s", diff)
	}
}

// Waits double from 50 ms to 5 s, and each is anything up to that. A batch that
// is taken whole ends that.
func TestInsertBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const turns = 40
		s, w := newFake(newCapacity(t, func(b, size int) int {
			if b < turns || b == turns+1 {
				return size - 1
			}
			return size
		}).reply)
		if err := s.Insert(t.Context(), rowsOf((turns+3)*25, usd)); err != nil {
			t.Fatal(err)
		}
		waits := map[time.Duration]bool{}
		batches := w.when[1:] // the first is the query
		wantWait := func(i int, most time.Duration) {
			wait := batches[i+1].Sub(batches[i])
			if wait <= 0 || wait > most {
				t.Errorf("wait %d is %s, want above 0 and at most %s", i, wait, most)
			}
			waits[wait] = true
		}
		for i := range turns {
			wantWait(i, min(50*time.Millisecond<<min(i, 10), 5*time.Second))
		}
		wantWait(turns+1, 50*time.Millisecond)
		if longest := slices.Max(slices.Collect(maps.Keys(waits))); len(waits) < turns/2 || longest < time.Second {
			t.Errorf("%d different waits of %d, the longest %s: want jitter over the whole range", len(waits), turns, longest)
		}
	})
}

func TestInsertGivesUp(t *testing.T) {
	tests := []struct {
		name     string
		take     func(batch, size int) int
		deadline time.Duration
		want     func(error) bool
		least    time.Duration
		most     time.Duration
	}{
		{"after 30 s when nothing is taken", func(b, size int) int { return 0 }, time.Hour, isThrottled, 30 * time.Second, 31 * time.Second},
		{"after 30 s when every request is refused", func(b, size int) int { return -1 }, time.Hour, isThrottled, 30 * time.Second, 90 * time.Second},
		{"30 s after the last progress", func(b, size int) int { return map[bool]int{true: 2, false: 0}[b < 10] }, time.Hour, isThrottled, 30 * time.Second, 80 * time.Second},
		{"at the caller's deadline", func(b, size int) int { return 0 }, 7 * time.Second, isDeadline, 7 * time.Second, 7 * time.Second},
		{"at the caller's deadline when every request is refused", func(b, size int) int { return -1 }, 7 * time.Second, isDeadline, 6 * time.Second, 7 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newFake(newCapacity(t, tt.take).reply)
				ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
				defer cancel()
				begin := time.Now()
				err := s.Insert(ctx, rowsOf(60, usd))
				if !tt.want(err) {
					t.Errorf("Insert: error %v", err)
				}
				if took := time.Since(begin); took < tt.least || took > tt.most {
					t.Errorf("Insert took %s, want %s to %s", took, tt.least, tt.most)
				}
			})
		})
	}
}

func isThrottled(err error) bool { return fault.NameOf(err) == fault.StoreThrottled }
func isDeadline(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && fault.NameOf(err) == fault.Internal
}

// A day that was there already costs a read, not a write; one with another value
// becomes a revision, and is read again when somebody else was quicker.
func TestInsertLeavesEqualRows(t *testing.T) {
	stored := `{"Items":[
		{"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"M":{"buy":{"N":"5.1"}}}},
		{"date":{"S":"2024-01-03"},"status":{"S":"observed"},"fields":{"M":{"buy":{"N":"5.2"}}}},
		{"date":{"S":"2024-01-04"},"status":{"S":"incomplete"},"fields":{"M":{"buy":{"N":"5.1"}}}}],"Count":3,"ScannedCount":3}`
	meanwhile := `{"Items":[{"date":{"S":"2024-01-03"},"status":{"S":"observed"},"source":{"S":"bcb-ptax"},"fetched_at":{"S":"2026-06-30T12:30:00Z"},
		"run":{"S":"run-0"},"fields":{"M":{"buy":{"N":"5.3"}}}}],"Count":1,"ScannedCount":1}`
	s, w := newFake(inOrder(ok(stored), reasons("ConditionalCheckFailed", "None"), ok(meanwhile), ok(`{}`), ok(`{"UnprocessedItems":{}}`)))
	if err := s.Insert(t.Context(), rowsOf(4, usd)); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w.got[0], "Query", `{"TableName":"lacuna","ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL",
		"KeyConditionExpression":"info_type = :series AND #date BETWEEN :from AND :to","ExpressionAttributeNames":{"#date":"date"},
		"ExpressionAttributeValues":{":series":{"S":"CURRENCY#USD"},":from":{"S":"2024-01-02"},":to":{"S":"2024-01-05"}}}`)
	put := func(day string) string {
		return `{"PutRequest":{"Item":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"` + day + `"},"status":{"S":"observed"},"source":{"S":"bcb-ptax"},
			"fetched_at":{"S":"2026-07-01T12:30:00Z"},"run":{"S":"run-1"},"fields":{"M":{"buy":{"N":"5.1"}}},"digits":{"M":{"buy":{"S":"5.10"}}}}}}`
	}
	for i, value := range map[int]string{1: "5.2", 3: "5.3"} {
		if text := jsonOf(t, w.got[i].body); w.got[i].op != "TransactWriteItems" || !strings.Contains(text, `"CURRENCY#USD#REVISIONS"`) || !strings.Contains(text, value) {
			t.Errorf("another value that is there is not made a revision: %v", w.got[i])
		}
	}
	wantSent(t, w.got[4], "BatchWriteItem", `{"ReturnConsumedCapacity":"TOTAL","RequestItems":{"lacuna":[`+
		strings.Join([]string{put("2024-01-04"), put("2024-01-05")}, ",")+`]}}`)
	if len(w.got) != 5 {
		t.Errorf("%d requests, want 5", len(w.got))
	}
}
