package anptest_test

import (
	"path/filepath"
	"testing"

	"lacuna/internal/source/anp/anptest"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestWriteStates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "states.xlsx")
	if err := anptest.WriteStates(path, 2); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	const header, perWeek = 18, 27 * 7
	if len(rows) != header+2*perWeek {
		t.Fatalf("%d rows, want %d", len(rows), header+2*perWeek)
	}
	for _, tt := range []struct {
		row  int
		want []string
	}{
		{header - 1, []string{"DATA INICIAL", "DATA FINAL", "REGIÃO", "ESTADO", "PRODUTO"}},
		{header, []string{"41273", "41279", "REGIAO", "SAO PAULO", "ETANOL HIDRATADO"}},
		{header + 2*perWeek - 1, []string{"41280", "41286", "REGIAO", "ESTADO 26", "OLEO DIESEL S10"}},
	} {
		if diff := cmp.Diff(tt.want, rows[tt.row][:5]); diff != "" || len(rows[tt.row]) != 18 {
			t.Errorf("row %d, %d columns, mismatch (-want +got):\n%s", tt.row+1, len(rows[tt.row]), diff)
		}
	}
}
