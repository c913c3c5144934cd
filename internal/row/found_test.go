package row_test

import (
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// TestFoundBy plays the life of a day and asks after each answer whose news it is.
func TestFoundBy(t *testing.T) {
	good := row.Answer{Fields: row.Fields{{Name: "value", Value: "1"}}}
	revised := row.Answer{Fields: row.Fields{{Name: "value", Value: "2"}}}
	bad := row.Answer{Fields: row.Fields{{Name: "value", Value: "-1"}}, Reason: "negative"}
	settles := row.Empty{Kind: row.Between, Learn: true, Old: true}
	type step struct {
		run    string
		after  span.Day // of the first one
		answer row.Answer
		empty  row.Empty
		want   bool
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"absent, and asked again", []step{{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r2", 1, row.Answer{}, row.Empty{}, false}}},
		{"a delivery twice", []step{{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r1", 0, row.Answer{}, row.Empty{}, true}}},
		{"a bad value for a day that waited", []step{{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r2", 0, bad, row.Empty{}, false}, {"r3", 1, row.Answer{}, row.Empty{}, false}}},
		{"absent and incomplete in one run", []step{{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r1", 0, bad, row.Empty{}, true}}},
		{"a holiday, and then a bad value of it", []step{
			{"r1", 0, row.Answer{}, settles, false}, {"r2", 1, bad, row.Empty{}, true}, {"r2", 1, bad, row.Empty{}, true}, {"r3", 2, bad, row.Empty{}, false},
		}},
		{"to a holiday", []step{{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r2", 1, row.Answer{}, settles, false}}},
		{"absent, and there at last", []step{{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r2", 1, good, row.Empty{}, false}}},
		{"observed", []step{{"r1", 0, good, row.Empty{}, false}}},
		{"to quarantine, and out of it", []step{
			{"r1", 0, row.Answer{}, row.Empty{}, true}, {"r2", 1, row.Answer{}, row.Empty{}, false}, {"r3", 3, row.Answer{}, row.Empty{}, false},
			{"r4", 7, row.Answer{}, row.Empty{}, false}, {"r5", 15, row.Answer{}, row.Empty{}, false}, {"r6", 31, row.Answer{}, row.Empty{}, true},
			{"r7", 32, good, row.Empty{}, false}, {"r8", 33, revised, row.Empty{}, false},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := row.Row{Series: "A", Day: 20600}
			for i, s := range tt.steps {
				at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(s.after))
				wasQuarantined := r.Status == row.Quarantined
				r, _ = row.Next(r, s.answer, row.Asking{At: at, Run: s.run, Wanted: true, Empty: s.empty})
				if got := r.FoundBy(s.run); got != s.want {
					t.Errorf("step %d: FoundBy(%s) = %v of %+v", i, s.run, got, r)
				}
				if r.FoundBy("another") {
					t.Errorf("step %d: another run found it too", i)
				}
				if got := r.Healed(); got != (wasQuarantined && r.Status == row.Observed) {
					t.Errorf("step %d: Healed() = %v of %+v", i, got, r)
				}
			}
		})
	}
}
