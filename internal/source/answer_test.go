package source_test

import (
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
			answer, err := c.Answer()
			if errText(err) != tt.wantErr {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, answer.Observations, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("observations mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.damaged, answer.Damaged); diff != "" {
				t.Errorf("damaged mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.empty, answer.Empty); diff != "" {
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
