package standing

import (
	"strings"
	"testing"
	"time"

	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func day(year int, month time.Month, d int) span.Day { return span.Date(year, month, d) }

func runs(spans ...span.Span) span.Runs { return span.Collect(spans...) }

// patchy has every day due, with a run of each state.
func patchy(from, to span.Day) *Coverage {
	all := runs(span.Span{From: from, To: to})
	c := &Coverage{From: from, To: to, daysOf: daysOf{
		due:         all,
		missing:     runs(span.Span{From: day(2023, 3, 1), To: day(2023, 4, 2)}).Within(all[0]),
		waiting:     runs(span.Span{From: day(2024, 2, 29), To: day(2024, 2, 29)}).Within(all[0]),
		quarantined: runs(span.Span{From: day(2024, 3, 5), To: day(2024, 3, 5)}).Within(all[0]),
	}}
	settled := runs(span.Span{From: day(2023, 12, 11), To: day(2023, 12, 31)})
	c.observed = all.Subtract(settled.Union(c.missing).Union(c.waiting).Union(c.quarantined))
	return c
}

func TestPicture(t *testing.T) {
	tests := []struct {
		name     string
		width    int
		colour   bool
		from, to span.Day
		want     []string
	}{
		{"the usual width, five days a cell", 80, false, day(2023, 2, 20), day(2024, 3, 20), []string{
			"     Jan   Feb   Mar   Apr   May   Jun   Jul   Aug   Sep   Oct    Nov   Dec",
			"2023 " + strings.Repeat(" ", 10) + "oo" + strings.Repeat("m", 6) + "p" + strings.Repeat("o", 50) + strings.Repeat("a", 5),
			"2024 ooooooooooopqooo",
		}},
		{"weeks: all of one, one day of another", 60, false, day(2023, 2, 20), day(2024, 3, 20), []string{
			"     Jan Feb Mar  Apr May Jun  Jul Aug Sep  Oct Nov Dec",
			"2023 " + strings.Repeat(" ", 7) + "opmmmmp" + strings.Repeat("o", 36) + "aaa",
			"2024 oooooooopqoo",
		}},
		{"weeks that just fit", 58, false, day(2024, 12, 1), day(2025, 1, 31), []string{
			"     Jan Feb Mar  Apr May Jun  Jul Aug Sep  Oct Nov Dec",
			"2024 " + strings.Repeat(" ", 47) + "oooooo",
			"2025 ooooo",
		}},
		{"eight days, where weeks do not fit", 57, false, day(2023, 1, 1), day(2024, 12, 31), []string{
			"     J  F   M   A   M   J  J   A   S   O   N  D",
			"2023 " + "ooooooopmmmp" + strings.Repeat("o", 32) + "aa",
			"2024 " + "ooooooopq" + strings.Repeat("o", 37),
		}},
		{"days of a part of a year", 80, false, day(2024, 2, 25), day(2024, 3, 10), []string{
			"     Feb  Mar",
			"2024 oooom" + "oooo" + "q" + "ooooo",
		}},
		{"a terminal that is wide", 371, false, day(2023, 2, 25), day(2024, 1, 1), []string{
			"     " + "Jan                            Feb                          Mar                            Apr                           May                            Jun" +
				"                           Jul                            Aug                            Sep                           Oct                            Nov                           Dec",
			"2023 " + strings.Repeat(" ", 55) + "oooo " + strings.Repeat("m", 33) + strings.Repeat("o", 252) + strings.Repeat("a", 21),
			"2024 o",
		}},
		{"colours, and blocks that differ without them", 80, true, day(2023, 12, 10), day(2023, 12, 12), []string{
			"     Dec",
			"2023 \x1b[38;5;32m█\x1b[0m\x1b[38;5;245m░\x1b[0m\x1b[38;5;245m░\x1b[0m",
		}},
		{"colours of what lacks", 80, true, day(2024, 2, 29), day(2024, 3, 5), []string{
			"      Mar",
			"2024 \x1b[38;5;214m▒\x1b[0m" + strings.Repeat("\x1b[38;5;32m█\x1b[0m", 4) + "\x1b[38;5;175m▓\x1b[0m",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(Heat{Width: tt.width, Colour: tt.colour}.Picture(patchy(tt.from, tt.to)))
			if diff := cmp.Diff(strings.Join(tt.want, "\n")+"\n", got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A day or two that are due give a rhythm as well.
func TestPictureOfFewDays(t *testing.T) {
	for _, tt := range []struct {
		name string
		due  []int // days of January
		want string
	}{
		{"one", []int{2}, "     Jan\n2024  o\n"},
		{"two a week apart", []int{7, 14}, "     Jan\n2024 oo\n"},
	} {
		var due span.Runs
		for _, d := range tt.due {
			due = due.Append(day(2024, 1, d))
		}
		c := &Coverage{From: day(2024, 1, 1), To: day(2024, 1, 14), daysOf: daysOf{due: due, observed: due}}
		if got := string(Heat{Width: 80}.Picture(c)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A month is named above the cell in which it begins, the one in which the range begins
// above the first, and of several in a cell the first.
func TestAxis(t *testing.T) {
	tests := []struct {
		name  string
		days  span.Span
		width int
		least int
		want  string
	}{
		{"quarters", span.Span{From: day(2020, 1, 1), To: day(2025, 12, 31)}, 80, 91, "JAJO"},
		{"quarters of a year that begins late", span.Span{From: day(2025, 2, 15), To: day(2025, 12, 31)}, 80, 91, "FJSD"},
		{"weeks from the first Sunday on", span.Span{From: day(2026, 1, 4), To: day(2026, 4, 5)}, 80, 7, "Jan Feb Mar Apr"},
		{"weeks, too few of the first month", span.Span{From: day(2026, 1, 18), To: day(2026, 4, 5)}, 80, 7, "  Feb Mar Apr"},
		{"weeks, two months in the first", span.Span{From: day(2026, 1, 28), To: day(2026, 4, 8)}, 80, 7, "Jan Mar  Apr"},
		{"a month", span.Span{From: day(2026, 12, 7), To: day(2026, 12, 31)}, 80, 1, "Dec"},
	}
	for _, tt := range tests {
		if got := (Heat{Width: tt.width}).scale(tt.days, tt.least).axis(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A legend has as many words in a line as fit.
func TestLegend(t *testing.T) {
	const wide = "o observed   a no value, settled   p partly missing   m missing or asked again   q quarantined"
	tests := []struct {
		width int
		want  string
	}{
		{len(wide), wide},
		{len(wide) - 1, "o observed   a no value, settled   p partly missing   m missing or asked again\nq quarantined"},
		{45, "o observed   a no value, settled\np partly missing   m missing or asked again\nq quarantined"},
		{1, "o observed\na no value, settled\np partly missing\nm missing or asked again\nq quarantined"},
	}
	for _, tt := range tests {
		if got := string(Heat{Width: tt.width}.Legend()); got != tt.want {
			t.Errorf("width %d: got\n%s\nwant\n%s", tt.width, got, tt.want)
		}
	}
	want := "\x1b[38;5;32m█\x1b[0m observed   \x1b[38;5;245m░\x1b[0m no value, settled   \x1b[38;5;214m▄\x1b[0m partly missing   " +
		"\x1b[38;5;214m▒\x1b[0m missing or asked again   \x1b[38;5;175m▓\x1b[0m quarantined"
	if got := string(Heat{Width: len(wide), Colour: true}.Legend()); got != want {
		t.Errorf("in colours: %q, want %q", got, want)
	}
}

// The weeks of a weekly series stand side by side, however wide the terminal is.
func TestPictureOfAWeeklySeries(t *testing.T) {
	var due span.Runs
	for d := day(2024, 1, 7); d <= day(2024, 12, 29); d += 7 {
		due = due.Append(d)
	}
	c := &Coverage{From: day(2024, 1, 7), To: day(2024, 12, 31), daysOf: daysOf{due: due, observed: due}}
	for _, width := range []int{80, 400} {
		if got := string(Heat{Width: width}.Picture(c)); !strings.Contains(got, "\n2024 "+strings.Repeat("o", 51)) {
			t.Errorf("%d columns:\n%s", width, got)
		}
	}
}

// Every day of a range is in one cell, of whichever size.
func TestCellsHaveEveryDayOnce(t *testing.T) {
	for _, width := range []int{1, 60, 400} {
		s := Heat{Width: width}.scale(span.Span{From: day(2023, 1, 1), To: day(2024, 12, 31)}, 1)
		for year := 2023; year <= 2024; year++ {
			next := day(year, 1, 1)
			for cell := range s.cells() {
				d := s.days(year, cell)
				if d.From > d.To && d.From == next { // 29 February
					continue
				}
				if d.From != next {
					t.Fatalf("width %d, cell %d of %d: %v, want it to begin on %s", width, cell, year, d, next)
				}
				next = d.To + 1
			}
			if next != day(year+1, 1, 1) {
				t.Errorf("width %d: %d ends before %s", width, year, next)
			}
		}
	}
}

func TestWordsOfASeries(t *testing.T) {
	g := &Days{From: day(2024, 1, 2), To: day(2024, 1, 3), Days: 2}
	tests := []struct {
		name string
		of   Standing
		want string
	}{
		{"all there", Standing{Newest: day(2024, 1, 5)}, "no gap, fresh to 2024-01-05"},
		{"nothing there", Standing{OldestGap: g, Behind: 2}, "oldest gap 2024-01-02/2024-01-03, no value yet"},
		{"on the ladder", Standing{Newest: day(2024, 1, 5), Behind: 1, NextRecheck: day(2024, 1, 9)}, "no gap, newest value of 2024-01-05, 1 due day behind, asked again on 2024-01-09"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.of.Words(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A catalogue without series says nothing of days: rows may be stored all the same.
func TestAnyOfNoSeries(t *testing.T) {
	if err := Any(nil, span.Span{From: 1, To: 2}, 3); err != nil {
		t.Error(err)
	}
}
