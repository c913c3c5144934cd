package anp

import (
	"strings"
	"testing"

	"lacuna/internal/fault"
	"lacuna/internal/source/xlsx/xlsxtest"
)

// What would fill the memory or the time, in workbooks that can be read.
func TestTableBounds(t *testing.T) {
	long := strings.Repeat("x", maxName+1)
	for name, tt := range map[string]struct {
		changes []string
		want    string
	}{
		"notes":              {[]string{`<sheetData>`, `<sheetData><row r="1"/></sheetData></worksheet>`, `<row r="1"/></sheetData></worksheet>`, strings.Repeat("<row/>", maxNotes+1) + `</sheetData></worksheet>`}, "row 1001: no row with DATA INICIAL so far"},
		"a product":          {[]string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2" t="str"><v>` + long + `</v></c>`}, "row 2: PRODUTO: a text of more than 200 bytes"},
		"a day":              {[]string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="str"><v>` + long + `</v></c>`}, "row 2: DATA INICIAL: a text of more than 200 bytes"},
		"a text with spaces": {[]string{`<si><t>SAO PAULO</t></si>`, `<si><t>` + strings.Repeat(" ", 60_000) + `SAO PAULO</t></si>`}, "row 2: REGIAO or ESTADO: a text of more than 200 bytes"},
	} {
		_, _, err := readStates(t, xlsxtest.Zip(t, plainBook(), tt.changes...))
		if fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: error %.500v, want %q", name, err, tt.want)
		}
	}
}
