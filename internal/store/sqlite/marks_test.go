package sqlite

import (
	"path/filepath"
	"testing"

	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// Marks as one text are those that are read row by row, whatever people put into the rows,
// and so is what is wrong with them.
func TestMarksAsText(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "days.db"), Live)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	year := span.Span{From: span.Date(2000, 1, 1), To: span.Date(2000, 12, 31)}
	const plain = `'2000-03-01', 'observed', '2026-07-01T00:00:00Z', NULL, NULL`
	tests := []struct {
		name, values string
		asText       bool
	}{
		{"observed", plain, true},
		{"another time", plain + `), ('A', '2000-03-02', 'observed', '2026-07-02T00:00:00.5Z', NULL, NULL`, true},
		{"no time", `'2000-03-01', 'observed', '', NULL, NULL`, true},
		{"withdrawn", `'2000-03-01', 'observed', '2026-07-01T00:00:00Z', NULL, 'since' || char(10) || '2000-03-02o é '`, true},
		{"settled", `'2000-03-01', 'absent', '2026-07-01T00:00:00Z', NULL, 'between witnesses'`, true},
		{"on the ladder", `'2000-03-01', 'absent', '2026-07-01T00:00:00Z', '2026-07-02', 'no row of it'`, true},
		{"incomplete", `'2000-03-01', 'incomplete', '2026-07-01T00:00:00Z', '2026-07-02', NULL`, true},
		{"quarantined", `'2000-03-01', 'quarantined', '2026-07-01T00:00:00Z', '', 'sell is missing'`, true},
		{"no row", "", true},
		{"no status of ours", `'2000-03-01', 'fine', '2026-07-01T00:00:00Z', NULL, NULL`, false},
		{"a status that begins as another", `'2000-03-01', 'obs', '2026-07-01T00:00:00Z', NULL, NULL`, false},
		{"no such day", plain + `), ('A', '2000-02-31', 'absent', '', NULL, NULL`, false},
		{"a day with a time", `'2000-03-01T00:00', 'absent', '', NULL, NULL`, false},
		{"no time of ours", `'2000-03-01', 'observed', 'yesterday', NULL, NULL`, false},
		{"a time with a space", `'2000-03-01', 'observed', '2026-07-01 00:00:00', NULL, NULL`, false},
		{"a time with a space behind it", `'2000-03-01', 'absent', '2026-07-01T00:00:00Z ', NULL, NULL`, false},
		{"a time with a day behind it", `'2000-03-01', 'absent', '2026-07-01T00:00:00Z 2026-05-05', NULL, NULL`, false},
		{"a time with a day behind it, and one to ask again", `'2000-03-01', 'absent', '2026-07-01T00:00:00Z 2026-05-05', '2026-07-02', 'x'`, false},
		{"a day to ask again that there is not", `'2000-03-01', 'absent', '', '2026-07-99', NULL`, false},
		{"a time with a line of its own", `'2000-03-01', 'observed', '2026-07-01T00:00:00Z' || char(10) || '2000-03-02o2026-07-01T00:00:00Z', NULL, NULL`, false},
		{"a row that is long", `'2000-03-01', 'observed', '', NULL, hex(zeroblob(1100000))`, false}, // twice as long in hex
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := s.writer.Exec(`DELETE FROM rows`); err != nil {
				t.Fatal(err)
			}
			if tt.values != "" {
				if _, err := s.writer.Exec(`INSERT INTO rows(info_type, date, status, fetched_at, retry_at, reason) VALUES ('A', ` + tt.values + `)`); err != nil {
					t.Fatal(err)
				}
			}
			want, wantErr := s.marks(t.Context(), "A", year)
			got, err := s.Marks(t.Context(), "A", year)
			if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
				t.Errorf("error %v, want %v; marks (-row by row +as text):\n%.500s", err, wantErr, diff)
			}
			text, n, err := s.marksText(t.Context(), "A", year)
			if marks, ok := readMarks(text, n); (ok && err == nil) != tt.asText || ok && len(marks) != n {
				t.Errorf("%d of %d marks from the text: %t, %v; want %t", len(marks), n, ok, err, tt.asText)
			}
		})
	}
	if marks, ok := readMarks("2000-03-02o\n2000-03-01o", 2); ok {
		t.Errorf("marks out of order: %v", marks)
	}
	if _, ok := readMarks("2000-03-02o", maxRead/rowCost+1); ok {
		t.Error("more marks than a call may hold")
	}
	if m, err := readMark("2000-03-02o 2026-01-01 zz", &clock{}); err == nil {
		t.Errorf("a reason that is no hex: %v", m)
	}
}
