package source_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func observation(key string, day span.Day, values ...string) source.Observation {
	o := source.Observation{Key: key, Day: day}
	for i, value := range values {
		if value != "" {
			o.Fields = append(o.Fields, row.Field{Name: fields[i], Value: value})
		}
	}
	return o
}

var fields = []string{"buy", "sell"}

func TestCollector(t *testing.T) {
	asked := span.Span{From: 10, To: 19}
	tests := []struct {
		name    string
		add     func(c *source.Collector)
		want    []source.Observation
		damaged []source.Damage
		empty   map[string]span.Runs
		failed  map[string]string // by key
		wantErr string
	}{
		{name: "nothing", add: func(*source.Collector) {}},
		{
			name: "newest first",
			add: func(c *source.Collector) {
				c.Add("A", 19, fields, []string{"3", "4"}, "")
				c.Add("A", 10, fields, []string{"1", "2"}, "")
			},
			want: []source.Observation{observation("A", 10, "1", "2"), observation("A", 19, "3", "4")},
		},
		{
			name: "two series in turn",
			add: func(c *source.Collector) {
				c.Add("B", 10, fields[:1], []string{"1"}, "")
				c.Add("A", 10, fields[:1], []string{"2"}, "")
			},
			want: []source.Observation{observation("A", 10, "2"), observation("B", 10, "1")},
		},
		{
			name: "one field without a value",
			add:  func(c *source.Collector) { c.Add("A", 10, fields, []string{"", "2"}, "") },
			want: []source.Observation{observation("A", 10, "", "2")},
		},
		{
			name: "days shown without a value, one of them with one elsewhere",
			add: func(c *source.Collector) {
				for _, day := range []span.Day{12, 10, 11, 11} {
					c.Add("A", day, fields, []string{"", ""}, "")
				}
				c.Add("A", 12, fields, []string{"1", ""}, "")
			},
			want:  []source.Observation{observation("A", 12, "1")},
			empty: map[string]span.Runs{"A": {{From: 10, To: 11}}},
		},
		{
			name: "no value that can be read",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields, []string{"", ""}, "")
				c.Add("A", 11, fields, []string{"", ""}, "unreadable")
			},
			damaged: []source.Damage{{Observation: observation("A", 11), Reason: "unreadable"}},
		},
		{
			name: "rows outside alone, even without a value",
			add: func(c *source.Collector) {
				c.Add("A", 9, fields, []string{"1", "2"}, "")
				c.Add("A", 20, fields, []string{"", ""}, "")
			},
			wantErr: "Source.Malformed: 2 rows, none of them of 1970-01-11/1970-01-20, the first of 1970-01-10",
		},
		{
			name: "the same day three times",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields[:1], []string{"1"}, "")
				c.Add("A", 11, fields[:1], []string{"1"}, "")
				c.Add("A", 11, fields[:1], []string{"2"}, "")
			},
			damaged: []source.Damage{{Observation: observation("A", 11, "1"), Reason: "1970-01-12 has different values: buy 1 and buy 2"}},
		},
		{
			name: "the same value with other digits",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields, []string{"1.6", "2"}, "")
				c.Add("A", 11, fields, []string{"1.60", "2.0"}, "")
			},
			want: []source.Observation{observation("A", 11, "1.6", "2")},
		},
		{
			name: "a damaged row, twice",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields[:1], []string{"1"}, "impossible")
				c.Add("A", 11, fields[:1], []string{"1"}, "impossible")
			},
			damaged: []source.Damage{{Observation: observation("A", 11, "1"), Reason: "impossible"}},
		},
		{
			name: "a value that cannot be read, among others",
			add: func(c *source.Collector) {
				c.Unreadable("A", 11, errors.New("line 3: n/a"))
				c.Add("A", 10, fields[:1], []string{"1"}, "")
				c.Add("A", 12, fields[:1], []string{"1"}, "")
				c.Add("B", 11, fields[:1], []string{"2"}, "")
			},
			want:    []source.Observation{observation("A", 10, "1"), observation("A", 12, "1"), observation("B", 11, "2")},
			damaged: []source.Damage{{Observation: observation("A", 11), Reason: "line 3: n/a"}},
		},
		{
			name: "as many values of a series that cannot be read as others of it",
			add: func(c *source.Collector) {
				c.Unreadable("A", 11, errors.New("line 3: 1.10"))
				c.Unreadable("A", 12, errors.New("line 4: 1.11"))
				c.Add("A", 10, fields[:1], []string{"1123"}, "")
				c.Add("A", 13, fields[:1], []string{"1124"}, "")
				c.Add("A", 14, fields[:1], []string{""}, "")
				c.Add("B", 11, fields[:1], []string{"2"}, "")
			},
			want:   []source.Observation{observation("B", 11, "2")},
			failed: map[string]string{"A": "Source.Malformed: line 3: 1.10"},
		},
		{
			name: "as many values that cannot be read as others, and a series that has none such",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields[:1], []string{"5123"}, "")
				c.Unreadable("B", 11, errors.New("line 3: 1.10"))
				c.Unreadable("C", 11, errors.New("line 3: 1.11"))
			},
			wantErr: "Source.Malformed: line 3: 1.10",
		},
		{
			name: "a body that is forgotten, of a series that others have",
			add: func(c *source.Collector) {
				c.Add("A", 10, fields[:1], []string{"1"}, "")
				c.Add("A", 12, fields[:1], []string{"1"}, "")
				c.Unreadable("A", 13, errors.New("line 3: n/a"))
				c.Begin(asked)
				c.Unreadable("A", 11, errors.New("line 2: no data"))
				c.Forget()
			},
			want:    []source.Observation{observation("A", 10, "1"), observation("A", 12, "1")},
			damaged: []source.Damage{{Observation: observation("A", 13), Reason: "line 3: n/a"}},
		},
		{
			name: "a value that cannot be read, and another row of its day",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields[:1], []string{"1"}, "")
				c.Add("A", 12, fields[:1], []string{"2"}, "")
				c.Unreadable("A", 11, errors.New("line 3: n/a"))
			},
			want:    []source.Observation{observation("A", 12, "2")},
			damaged: []source.Damage{{Observation: observation("A", 11), Reason: "line 3: n/a"}},
		},
		{
			name: "as many values that cannot be read as others",
			add: func(c *source.Collector) {
				c.Add("A", 9, fields, []string{"", "1"}, "")
				c.Add("A", 10, fields, []string{"", ""}, "")
				c.Unreadable("A", 12, errors.New("line 4: 1,5"))
				c.Unreadable("A", 11, errors.New("line 5: 1,6"))
				c.Add("A", 13, fields, []string{"2", "3"}, "")
			},
			wantErr: "Source.Malformed: line 4: 1,5",
		},
		{
			name: "rows that are passed over tell how values are written",
			add: func(c *source.Collector) {
				c.Begin(span.Span{From: 0, To: 29})
				c.Add("A", 0, fields[:1], []string{"1"}, "")
				c.Add("A", 1, fields[:1], []string{"2"}, "")
				c.Add("A", 2, fields[:1], []string{"3"}, "")
				c.Unreadable("A", 3, errors.New("line 4: n/a"))
				c.Unreadable("A", 11, errors.New("line 9: n/a"))
			},
			damaged: []source.Damage{{Observation: observation("A", 11), Reason: "line 9: n/a"}},
		},
		{
			name: "none but rows that are passed over, which cannot be read",
			add: func(c *source.Collector) {
				c.Begin(span.Span{From: 0, To: 29})
				c.Unreadable("A", 3, errors.New("line 4: 1,5"))
			},
			wantErr: "Source.Malformed: line 4: 1,5",
		},
		{
			name: "a body that is forgotten",
			add: func(c *source.Collector) {
				c.Add("A", 10, fields[:1], []string{"1"}, "")
				c.Add("A", 12, fields[:1], []string{"1"}, "")
				c.Begin(asked)
				c.Unreadable("A", 11, errors.New("line 2: no data"))
				c.Forget()
				c.Unreadable("A", 13, errors.New("line 3: n/a"))
			},
			want:    []source.Observation{observation("A", 10, "1"), observation("A", 12, "1")},
			damaged: []source.Damage{{Observation: observation("A", 13), Reason: "line 3: n/a"}},
		},
		{
			name: "both edges and past them",
			add: func(c *source.Collector) {
				for _, day := range []span.Day{9, 10, 19, 20} {
					c.Add("A", day, fields[:1], []string{"1"}, "")
				}
			},
			want: []source.Observation{observation("A", 10, "1"), observation("A", 19, "1")},
			damaged: []source.Damage{
				{Observation: observation("A", 9, "1"), Reason: "1970-01-10 is outside the range asked for, 1970-01-11/1970-01-20"},
				{Observation: observation("A", 20, "1"), Reason: "1970-01-21 is outside the range asked for, 1970-01-11/1970-01-20"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := source.NewCollector(asked, 0)
			tt.add(c)
			answer, err := c.Answer()
			if errText(err) != tt.wantErr {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, answer.Observations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			failed := map[string]string{}
			for key, why := range answer.Failed {
				failed[key] = errText(why)
			}
			if diff := cmp.Diff(tt.failed, failed, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("failed mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.damaged, answer.Damaged, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("damaged mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.empty, answer.Empty, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("empty mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// Each day against its own list of all values.
func TestCollectorAgainstLists(t *testing.T) {
	asked := span.Span{From: 5, To: 10}
	rapid.Check(t, func(rt *rapid.T) {
		c := source.NewCollector(asked, 3)
		values := map[string]map[string]bool{}
		inside := false
		n := rapid.IntRange(0, 40).Draw(rt, "rows")
		for range n {
			key := rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "key")
			day := span.Day(rapid.IntRange(4, 11).Draw(rt, "day"))
			value := rapid.SampledFrom([]string{"", "1", "1", "2"}).Draw(rt, "value")
			c.Add(key, day, fields[:1], []string{value}, "")
			inside = inside || asked.Contains(day)
			at := fmt.Sprint(key, " ", day)
			if values[at] == nil {
				values[at] = map[string]bool{}
			}
			if value != "" {
				values[at][value] = true
			}
		}
		got, err := c.Answer()
		if (err != nil) != (n > 0 && !inside) {
			rt.Fatalf("error %v of %d rows, inside %v", err, n, inside)
		}
		if err != nil {
			return
		}
		days := len(got.Observations) + len(got.Damaged)
		for key, empty := range got.Empty {
			days += empty.Days()
			for day := range empty.All() {
				if v := values[fmt.Sprint(key, " ", day)]; len(v) != 0 || !asked.Contains(day) {
					rt.Errorf("empty %s %s of %v", key, day, v)
				}
			}
		}
		if days != len(values) {
			rt.Errorf("%+v of %d days", got, len(values))
		}
		for _, o := range got.Observations {
			v := values[fmt.Sprint(o.Key, " ", o.Day)]
			if len(v) != 1 || !v[o.Fields[0].Value] || !asked.Contains(o.Day) {
				rt.Errorf("observation %v of %v", o, v)
			}
		}
		for _, d := range got.Damaged {
			v := values[fmt.Sprint(d.Key, " ", d.Day)]
			if len(v) < 2 && asked.Contains(d.Day) {
				rt.Errorf("damaged %v of %v", d, v)
			}
		}
	})
}

// What is left out of an answer that has others, and how much is said of it.
func TestWarnings(t *testing.T) {
	asked := span.Span{From: 10, To: 19}
	c := source.NewCollector(asked, 0)
	c.Add("SHOWN", 10, fields, []string{"1", ""}, "")
	c.Add("EMPTY", 10, fields, []string{"", ""}, "")
	c.Add("BROKEN", 10, fields, []string{"1", ""}, "impossible")
	c.Add("OUTSIDE", 9, fields, []string{"1", ""}, "")
	a, err := c.Answer()
	if err != nil {
		t.Fatal(err)
	}
	a.WarnOfMissing([]source.Series{{Key: "SHOWN"}, {Key: "EMPTY"}, {Key: "BROKEN"}, {Key: "OUTSIDE", Code: "o"}, {Key: "ABSENT", Code: "a"}}, asked)
	want := []string{`OUTSIDE: no row of "o" in an answer that has others`, `ABSENT: no row of "a" in an answer that has others`}
	if diff := cmp.Diff(want, a.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	var none source.Answer
	none.WarnOfMissing([]source.Series{{Key: "ABSENT"}}, asked)
	if none.Warnings != nil {
		t.Errorf("warnings of an answer without rows: %q", none.Warnings)
	}
	for range 30 {
		a.Warn("%s", strings.Repeat("ção", 200))
	}
	if n := len(a.Warnings); n != 20 || len(a.Warnings[2]) > 300 || a.Warnings[19] != "there are more warnings of this answer" {
		t.Errorf("%d warnings, %q, %q", n, a.Warnings[2], a.Warnings[n-1])
	}
}
