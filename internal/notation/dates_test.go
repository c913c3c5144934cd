package notation_test

import (
	"strings"
	"testing"

	"lacuna/internal/notation"
	"lacuna/internal/span"
)

func TestDates(t *testing.T) {
	tests := []struct{ form, text, day string }{
		{"yyyy-MM-dd", "2024-03-01", "2024-03-01"},
		{"2006-01-02", "2024-03-01", "2024-03-01"},
		{"02/01/2006", "01/03/2024", "2024-03-01"},
		{"DD/MM/YYYY", "01/03/2024", "2024-03-01"},
		{"d.M.yyyy", "1.3.2024", "2024-03-01"},
		{"d.M.yyyy", "01.03.2024", "2024-03-01"},
		{"yyyyMMdd", "20240301", "2024-03-01"},
		{"yyyyMM", "202403", "2024-03-01"},
		{"yyyy'M'MM", "2024M03", "2024-03-01"},
		{"yyyy-'Q'Q", "2024-Q2", "2024-04-01"},
		{"Qq/yyyy", "", ""},
		{"yyyy-'W'ww", "2024-W05", "2024-01-29"},
		{"yyyy-'W'ww", "2020-W53", "2020-12-28"},
		{"yyyy-'W'ww", "2025-W01", "2024-12-30"},
		{"w/yyyy", "5/2024", "2024-01-29"},
		{"yyyy-MM 'W'ww", "", ""},
		{"yyyy Q w", "", ""},
		{"yyyy", "2024", "2024-01-01"},
		{"dd/MM/yy", "01/03/24", "2024-03-01"},
		{"dd/MM/yy", "01/03/94", "1994-03-01"},
		{"MMM/yyyy", "mar/2024", "2024-03-01"},
		{"MMM yyyy", "Out. 2024", "2024-10-01"},
		{"MMM. yyyy", "Jan. 2025", "2025-01-01"},
		{"MMM. yyyy", "Jan 2025", "2025-01-01"},
		{"yyyy-M", "2025-4", "2025-04-01"},
		{"unix", "1709251200.0", "2024-03-01"},
		{"d MMMM yyyy", "1 März 2024", "2024-03-01"},
		{"Jan 2, 2006", "March 1, 2024", "2024-03-01"},
		{"d 'de' MMMM 'de' yyyy", "1 de março de 2024", "2024-03-01"},
		{"yyyy-MM-ddTHH:mm:ss", "2024-03-01T23:59:59", "2024-03-01"},
		{"2006-01-02T15:04:05Z07:00", "2024-03-01T23:59:59-03:00", "2024-03-01"},
		{"yyyy-MM-dd*", "2024-03-01 00:00:00.0", "2024-03-01"},
		{"unix", "1709251200", "2024-03-01"},
		{"unix-ms", "1709251200000", "2024-03-01"},
		{"unix-ms", "-1", "1969-12-31"},
		{"unix-ms Europe/Berlin", "1709247600000", "2024-03-01"},
		{"unix Europe/Berlin", "1709247599", "2024-02-29"},
		{"unix America/Sao_Paulo", "1541300400", "2018-11-04"}, // clocks went from midnight to one
		{"unix Europe/Berin", "", ""},
		{"unix Local", "", ""},
		{"unix ", "", ""},
	}
	for _, tt := range tests {
		f, err := notation.ParseDates(tt.form)
		if (err == nil) != (tt.day != "") {
			t.Errorf("ParseDates(%q): %v", tt.form, err)
		}
		if err != nil {
			continue
		}
		day, err := f.Parse(tt.text)
		if err != nil || day.String() != tt.day {
			t.Errorf("%q by %q is %s, %v; want %s", tt.text, tt.form, day, err, tt.day)
		}
		if again, err := f.Parse(f.Format(day)); err != nil || again != day {
			t.Errorf("%s by %q is written %q and read as %s, %v", day, tt.form, f.Format(day), again, err)
		}
	}
}

func TestDatesRefuse(t *testing.T) {
	for _, tt := range []struct{ form, text, want string }{
		{"dd/MM/yyyy", "02.01.2024", `"02.01.2024" is not dd/MM/yyyy; it could be dd.MM.yyyy`},
		{"yyyy-MM-dd", "2024-01-02T10:00:00", `"2024-01-02T10:00:00" is not yyyy-MM-dd; it could be yyyy-MM-ddT*`},
		{"MM/dd/yyyy", "31/12/2024", `"31/12/2024": no such date; it could be dd/MM/yyyy`},
		{"yyyy-MM-dd", "2023-02-29", `"2023-02-29": no such date`},
		{"yyyy-MM-dd", "x", `"x" is not yyyy-MM-dd`},
		{"yyyy-MM-dd", "2024-01-023", `"2024-01-023" is not yyyy-MM-dd`},
		{"MMM yyyy", "foo 2024", `"foo 2024" is not MMM yyyy`},
		{"unix-ms", "1.7041536E12", `"1.7041536E12" is not unix-ms`},
		{"yyyy-'Q'Q", "2024-Q5", `"2024-Q5": no such date`},
		{"yyyy-'W'ww", "2024-W53", `"2024-W53": no such date`},
		{"yyyy-'W'ww", "2024-W00", `"2024-W00": no such date`},
		{"yyyy-MM-dd", "2024-W05", `"2024-W05" is not yyyy-MM-dd; it could be yyyy-'W'ww`},
		{"MMM/yyyy", "Jun-2026", `"Jun-2026" is not MMM/yyyy; it could be MMM-yyyy`},
		{"yyyyMM", "2026M06", `"2026M06" is not yyyyMM; it could be yyyy'M'MM`},
	} {
		f, err := notation.ParseDates(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Parse(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("%q by %q: %v, want %s", tt.text, tt.form, err, tt.want)
		}
	}
	for _, form := range []string{"", "MM", "dd/MM", "yyyy-mm", "yyyy yyyy", "yyyy dd", "yyyyy", "yyyy-MM Q", "'x", "%Y", "jj.MM.yyyy", "dd/MM/yyyy dd/MM/yyyy dd/MM/yyyy dd/MM/yyyy"} {
		if f, err := notation.ParseDates(form); err == nil {
			t.Errorf("ParseDates(%q) = %v, want an error", form, f)
		}
	}
}

// What is read is written again, and nothing else is read.
func FuzzDates(f *testing.F) {
	for _, form := range []string{"yyyy-MM-dd", "d/M/yyyy", "MMM yyyy", "yyyyMMdd", "yyyy-'Q'Q", "dd.MM.yy *", "unix", "unix-ms Asia/Tokyo", "2006-01-02T15:04:05Z07:00", "yyyy'W'ww"} {
		f.Add(form, "2024-03-01")
	}
	f.Fuzz(func(t *testing.T, form, text string) {
		dates, err := notation.ParseDates(form)
		if err != nil {
			return
		}
		day, err := dates.Parse(text)
		if err != nil {
			return
		}
		if day < span.Date(1, 1, 1) && !strings.HasPrefix(form, "unix") {
			t.Fatalf("%q by %q is %s", text, form, day)
		}
		if year, _, _ := day.Date(); year < 1970 || year > 2069 {
			return // two digits do not say which
		}
		if again, err := dates.Parse(dates.Format(day)); err != nil || again != day {
			t.Fatalf("%s by %q is written %q and read as %s, %v", day, form, dates.Format(day), again, err)
		}
	})
}
