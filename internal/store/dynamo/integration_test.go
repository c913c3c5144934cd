//go:build integration

package dynamo_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/dynamo"
	"lacuna/internal/store/dynamo/dynamotest"
	"lacuna/internal/store/storetest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func newStore(tb testing.TB) *dynamo.Store {
	tb.Helper()
	return dynamo.New(dynamotest.NewTable(tb))
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return newStore(t) })
}

// sizeOf is the size of an item in bytes by the rules of the developer guide,
// "item sizes and formats": names and texts as UTF-8, a number half a byte a
// digit and one more, a map or list three bytes and one an entry.
func sizeOf(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(strings.Trim(strings.Replace(v.Value, ".", "", 1), "0"))+1)/2 + 1
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + sizeOfItem(v.Value)
	}
	return math.MinInt // of a type that rows of a source do not have
}

func sizeOfItem(it map[string]types.AttributeValue) int {
	n := 0
	for name, v := range it {
		n += len(name) + sizeOf(v)
	}
	return n
}

// The units of docs/benchmarks.md, as computed and as DynamoDB Local counts them.
func TestUnitsOf25Years(t *testing.T) {
	client, table := dynamotest.NewTable(t)
	s := dynamo.New(client, table)
	rows := businessDays(usd, 25)
	if err := s.Insert(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	written := s.Consumed()
	if written.Write != float64(len(rows)) {
		t.Errorf("%v units written for %d rows, want one each", written.Write, len(rows))
	}
	if _, err := s.Marks(t.Context(), usd, ever); err != nil {
		t.Fatal(err)
	}
	marks := s.Consumed().Read - written.Read
	if _, err := s.Rows(t.Context(), usd, ever); err != nil {
		t.Fatal(err)
	}
	whole := s.Consumed().Read - written.Read - marks

	scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, Limit: aws.Int32(1000)})
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, it := range scan.Items {
		size += sizeOfItem(it)
	}
	mean := float64(size) / float64(len(scan.Items))
	computed := math.Ceil(mean*float64(len(rows))/4096) / 2
	t.Logf("%d rows of %.0f bytes: %.1f read units computed, %.1f counted for Marks, %.1f for Rows; %.1f units read by Insert",
		len(rows), mean, computed, marks, whole, written.Read)
	if math.Abs(marks-computed) > 0.03*computed || math.Abs(whole-2*marks) > 2 {
		t.Errorf("units of Marks and Rows: %v and %v, want %v and twice that", marks, whole, computed)
	}
}

// businessDays returns the rows of a series of so many years, as a source would
// hand them over.
func businessDays(key string, years int) []row.Row {
	var rows []row.Row
	first := span.Date(2026, 6, 30) - span.Day(years*365+years/4)
	for day := first; day <= span.Date(2026, 6, 30); day++ {
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			r := observed(key, day, fmt.Sprintf("5.%04d", day%9999+1))
			r.Run = "daily-2026-07-01-0123456789ab"
			r.Fields = append(r.Fields, row.Field{Name: "sell", Value: fmt.Sprintf("5.%04d", day%9998+2)})
			rows = append(rows, r)
		}
	}
	return rows
}

func BenchmarkLocal(b *testing.B) {
	rows := businessDays(usd, 25)
	b.Run("insert of 25 years", func(b *testing.B) {
		n := 0
		for b.Loop() {
			b.StopTimer()
			s := newStore(b)
			b.StartTimer()
			if err := s.Insert(b.Context(), rows); err != nil {
				b.Fatal(err)
			}
			n += len(rows)
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	})
	s := newStore(b)
	if err := s.Insert(b.Context(), rows); err != nil {
		b.Fatal(err)
	}
	b.Run("marks of 25 years", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Marks(b.Context(), usd, ever); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("change", func(b *testing.B) {
		s := newStore(b) // with -count this runs again
		old, next := row.Row{}, observed("CHANGED", day1, "1")
		for b.Loop() {
			next.Status, next.Attempts = row.Absent, old.Attempts+1
			if err := s.Change(b.Context(), old, next); err != nil {
				b.Fatal(err)
			}
			old = next
		}
	})
	b.Run("revision", func(b *testing.B) {
		s := newStore(b)
		old := observed("REVISED", day1, "1")
		if err := s.Change(b.Context(), row.Row{}, old); err != nil {
			b.Fatal(err)
		}
		for n := 2; b.Loop(); n++ {
			next := observed("REVISED", day1, fmt.Sprint(n))
			if err := s.Change(b.Context(), old, next); err != nil {
				b.Fatal(err)
			}
			old = next
		}
	})
}
