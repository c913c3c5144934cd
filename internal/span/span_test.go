package span_test

import (
	"encoding/json"
	"testing"
	"time"

	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text    string
		want    span.Day
		wantErr string
	}{
		{text: "1970-01-01", want: 0},
		{text: "1969-12-31", want: -1},
		{text: "2024-02-29", want: 19782},
		{text: "0000-01-01", want: -719528},
		{text: "9999-12-31", want: 2932896},
		{text: "2023-02-29", wantErr: `day "2023-02-29": no such date`},
		{text: "2023-13-01", wantErr: `day "2023-13-01": no such date`},
		{text: "2023-1-01", wantErr: `day "2023-1-01": want YYYY-MM-DD`},
		{text: "01/02/2023", wantErr: `day "01/02/2023": want YYYY-MM-DD`},
		{text: "2023-+1-01", wantErr: `day "2023-+1-01": want YYYY-MM-DD`},
		{text: "", wantErr: `day "": want YYYY-MM-DD`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := span.Parse(tt.text)
			if errText(err) != tt.wantErr || got != tt.want {
				t.Errorf("Parse(%q) = %d, %v; want %d, %s", tt.text, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2024-01-05", "2024-02-30", "0001-01-01", "x", "2024-01-05/2024-01-09"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := span.Parse(text)
		want, wantErr := time.Parse(time.DateOnly, text)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("Parse(%q) = %v, time.Parse = %v", text, err, wantErr)
		}
		if err == nil && (got.String() != text || got != span.DayOf(want) || got.Weekday() != want.Weekday()) {
			t.Fatalf("Parse(%q) = %s on a %s, want a %s", text, got, got.Weekday(), want.Weekday())
		}
		if s, err := span.ParseSpan(text); err == nil && s.From == s.To && s.String() != s.From.String() {
			t.Fatalf("ParseSpan(%q) = %s", text, s)
		}
	})
}

func TestDayOfUsesTheZoneOfTheTime(t *testing.T) {
	saoPaulo := time.FixedZone("-03", -3*3600)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC).In(saoPaulo), "2026-06-30"},
		{time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), "1969-12-31"},
		{time.Date(1970, 1, 1, 1, 0, 0, 0, time.UTC).In(saoPaulo), "1969-12-31"},
	} {
		if got := span.DayOf(tt.at).String(); got != tt.want {
			t.Errorf("DayOf(%s) = %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestSpanText(t *testing.T) {
	for text, wantErr := range map[string]string{
		"2024-01-05":            "",
		"2024-01-05/2024-01-09": "",
		"2024-01-09/2024-01-05": `range "2024-01-09/2024-01-05": 2024-01-09 is after 2024-01-05`,
		"2024-01-09/":           `range "2024-01-09/": day "": want YYYY-MM-DD`,
	} {
		var s span.Span
		err := json.Unmarshal([]byte(`"`+text+`"`), &s)
		if errText(err) != wantErr {
			t.Errorf("span %q: error %v, want %q", text, err, wantErr)
		}
		if err == nil && s.String() != text {
			t.Errorf("span %q reads back as %q", text, s)
		}
	}
}

// The set operations against one bit a day.
func TestRunsAgainstBits(t *testing.T) {
	const horizon = 60
	draw := func(rt *rapid.T, name string) (span.Runs, [horizon]bool) {
		var bits [horizon]bool
		var r span.Runs
		for i, b := range rapid.SliceOfN(rapid.Bool(), horizon, horizon).Draw(rt, name) {
			if bits[i] = b; b {
				r = r.Append(span.Day(i))
			}
		}
		return r, bits
	}
	collect := func(keep func(i int) bool) span.Runs {
		var spans []span.Span
		for i := range horizon {
			if keep(i) {
				spans = append(spans, span.Span{From: span.Day(i), To: span.Day(i)})
			}
		}
		return span.Collect(spans...)
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, inA := draw(rt, "a")
		b, inB := draw(rt, "b")
		check := func(name string, got, want span.Runs) {
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Errorf("%s(%v, %v) mismatch (-want +got):\n%s", name, a, b, diff)
			}
		}
		check("Union", a.Union(b), collect(func(i int) bool { return inA[i] || inB[i] }))
		check("Intersect", a.Intersect(b), collect(func(i int) bool { return inA[i] && inB[i] }))
		check("Subtract", a.Subtract(b), collect(func(i int) bool { return inA[i] && !inB[i] }))
		n := 0
		for d := range a.All() {
			if n++; !inA[d] {
				rt.Errorf("All of %v yields %d", a, d)
			}
		}
		if n != a.Days() {
			rt.Errorf("Days of %v = %d, All yields %d", a, a.Days(), n)
		}
		for i := range horizon {
			if a.Contains(span.Day(i)) != inA[i] {
				rt.Errorf("%v contains %d: %v", a, i, !inA[i])
			}
		}
	})
}
