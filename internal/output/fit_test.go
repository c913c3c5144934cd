package output

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func held(columns ...string) *Table {
	return NewTable(columns...).Cut("reason").GiveWay("at", "fields")
}

// at returns what is printed where COLUMNS is width.
func at(width int, print func(to *Screen)) string {
	var out bytes.Buffer
	to := NewScreen(&out)
	to.Fit(map[string]string{"COLUMNS": fmt.Sprint(width)})
	print(to)
	return out.String()
}

func table(width int, t *Table) string {
	return at(width, func(to *Screen) {
		out := to.Lines()
		t.Write(out)
		out.Flush() //nolint:errcheck // it is memory
	})
}

func TestTableFits(t *testing.T) {
	rows := held("key", "at", "expected", "missing", "freshness_days", "series", "reason")
	rows.Add("CURRENCY#USD", "2026-06-15", 4712, 0, As{"never", 6653}, Names{"A", "B", "C", "D"}, "no value, and no proof that there is none")
	rows.Add("A", "2026-06-16", 12, 0, As{"0", 0}, Names{"E"}, "")
	tests := []struct {
		width int
		want  string
	}{
		{120, `
KEY           AT          DAYS  BEHIND  SERIES            REASON
CURRENCY#USD  2026-06-15  4712   never  A B C and 1 more  no value, and no proof that there is none
A             2026-06-16    12       0  E
`},
		{80, `
KEY           AT          DAYS  BEHIND  SERIES          REASON
CURRENCY#USD  2026-06-15  4712   never  A B and 2 more  no value, and no proof …
A             2026-06-16    12       0  E
`},
		{66, `
KEY           DAYS  BEHIND  SERIES        REASON
CURRENCY#USD  4712   never  A and 3 more  no value, and no proof …
A               12       0  E
Too wide to show: AT. -o json has all.
`},
		{40, `
CURRENCY#USD
  at 2026-06-15, days 4712, behind
  never, series A B C and 1 more, reason
  no value, and no proof that there is
  none
A
  at 2026-06-16, days 12, series E
`},
		{8, `
CURRENCY
  #USD
  at
  2026-0
  6-15,
  days
  4712,
  behind
  never,
  series
  A B C
  and 1
  more,
  reason
  no
  value,
  and no
  proof
  that
  there
  is
  none
A
  at
  2026-0
  6-16,
  days
  12,
  series
  E
`},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, "\n"+table(tt.width, rows)); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", tt.width, diff)
		}
	}
	want := "key,at,expected,missing,freshness_days,series,reason\n" +
		"CURRENCY#USD,2026-06-15,4712,0,6653,A B C and 1 more,\"no value, and no proof that there is none\"\nA,2026-06-16,12,0,0,E,\n"
	if diff := cmp.Diff(want, printed(t, rows.writeCSV)); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	if got := table(80, held("key", "at")); got != "" {
		t.Errorf("a table without rows is %q", got)
	}
}

// What a person must see whole goes below its row.
func TestTableBelow(t *testing.T) {
	rows := NewTable("at", "answer", "reason").Below("reason")
	rows.Add("2026-06-15", "absent", "no value, and no proof")
	rows.Add("2026-06-16", "observed", "")
	want := "AT          ANSWER\n2026-06-15  absent\n  no value, and no proof\n2026-06-16  observed\n"
	if diff := cmp.Diff(want, table(30, rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = "AT          ANSWER    REASON\n2026-06-15  absent    no value, and no proof\n2026-06-16  observed\n"
	if diff := cmp.Diff(want, table(60, rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever is in a table: no line is wider than the terminal, and from 20 columns on
// every key and number is there in one piece.
func TestTablesNeverWrap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(most int) string { return strings.Repeat("ção ", most)[:4*random.IntN(most)] + "x" }
	for range 2000 {
		rows := NewTable("key", "a", "series", "b", "reason", "c").Cut("reason").GiveWay("c", "a")
		var whole []string
		for n := range random.IntN(4) {
			key := fmt.Sprintf("%s#%d", strings.Repeat("K", random.IntN(15)), n)
			number := random.IntN(1e6)
			first := strings.Repeat("N", 1+random.IntN(15))
			whole = append(whole, key, first)
			rows.Add(key, "", Names{first, "b", "c", "d"}, As{fmt.Sprint(number), number}, text(60), text(3))
		}
		width := 6 + random.IntN(130)
		got := table(width, rows)
		for line := range strings.Lines(got) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Fatalf("a line of %d characters in %d columns:\n%s", n, width, got)
			}
		}
		words := strings.Fields(got)
		for _, one := range whole {
			if width >= 20 && !slices.Contains(words, one) {
				t.Fatalf("%s is cut in %d columns:\n%s", one, width, got)
			}
		}
	}
}

func TestFold(t *testing.T) {
	tests := []struct{ line, want string }{
		{"short: it fits", "short: it fits"},
		{"some words of a person, who has more to say", "some words of a person,\n  who has more to say"},
		{"Next: lacuna status --series 'a b' --from 2026-06-01", "Next: lacuna status \\\n  --series 'a b' \\\n  --from 2026-06-01"},
		{"Next: lacuna why 'it'\\''s a key that is long' today", "Next: lacuna why \\\n  'it'\\''s a key that is long' \\\n  today"},
		{`input {"from":"2026-06-01","series":["A","B"]}`, "input\n  {\"from\":\"2026-06-01\",\n  \"series\":[\"A\",\"B\"]}"},
		{"2026 \x1b[38;5;32mooooooooooooooooooooooooooooooooo\x1b[0m", "2026 \x1b[38;5;32mooooooooooooooooooooooooooooooooo\x1b[0m"},
	}
	for _, tt := range tests {
		got := at(24, func(to *Screen) { to.Printf("%s\n", Drawn(tt.line)) }) //nolint:errcheck // it is memory
		if diff := cmp.Diff(tt.want+"\n", got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
		if got := at(0, func(to *Screen) { to.Printf("%s\n", Drawn(tt.line)) }); got != tt.line+"\n" { //nolint:errcheck
			t.Errorf("a file gets %q", got)
		}
	}
}
