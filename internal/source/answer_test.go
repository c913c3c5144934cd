package source_test

import (
	"fmt"
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
			name: "no value at all, even outside the range",
			add:  func(c *source.Collector) { c.Add("A", 9, fields, []string{"", ""}, "impossible") },
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
			name: "a damaged row, twice",
			add: func(c *source.Collector) {
				c.Add("A", 11, fields[:1], []string{"1"}, "impossible")
				c.Add("A", 11, fields[:1], []string{"1"}, "impossible")
			},
			damaged: []source.Damage{{Observation: observation("A", 11, "1"), Reason: "impossible"}},
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
			got, damaged := c.Answer()
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.damaged, damaged); diff != "" {
				t.Errorf("damaged mismatch (-want +got):\n%s", diff)
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
		for range rapid.IntRange(0, 40).Draw(rt, "rows") {
			key := rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "key")
			day := span.Day(rapid.IntRange(4, 11).Draw(rt, "day"))
			value := rapid.SampledFrom([]string{"", "1", "1", "2"}).Draw(rt, "value")
			c.Add(key, day, fields[:1], []string{value}, "")
			if value != "" {
				at := fmt.Sprint(key, " ", day)
				if values[at] == nil {
					values[at] = map[string]bool{}
				}
				values[at][value] = true
			}
		}
		got, damaged := c.Answer()
		if len(got)+len(damaged) != len(values) {
			rt.Errorf("%d observations and %d damaged of %d days", len(got), len(damaged), len(values))
		}
		for _, o := range got {
			v := values[fmt.Sprint(o.Key, " ", o.Day)]
			if len(v) != 1 || !v[o.Fields[0].Value] || !asked.Contains(o.Day) {
				rt.Errorf("observation %v of %v", o, v)
			}
		}
		for _, d := range damaged {
			v := values[fmt.Sprint(d.Key, " ", d.Day)]
			if len(v) < 2 && asked.Contains(d.Day) {
				rt.Errorf("damaged %v of %v", d, v)
			}
		}
	})
}
