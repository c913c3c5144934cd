package anp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/fault"
)

// What would fill the memory or the time, in parts that are small themselves.
func TestWorkbookBounds(t *testing.T) {
	many := func(n int, unit func(i int) string) string {
		var list strings.Builder
		for i := range n {
			list.WriteString(unit(i))
		}
		return list.String()
	}
	sheet := `<sheet name="ESTADOS" sheetId="1" r:id="r1"/>`
	long := strings.Repeat("x", maxName+1)
	for name, tt := range map[string]struct {
		changes []string
		want    string
	}{
		"sheets":             {[]string{sheet, sheet + many(maxParts, func(int) string { return "<sheet/>" })}, "more than 1000 sheets"},
		"relations":          {[]string{`<Relationship Id="r3"`, many(maxParts, func(i int) string { return fmt.Sprintf(`<Relationship Id="x%d"/>`, i) }) + `<Relationship Id="r3"`}, "more than 1000 relations"},
		"styles":             {[]string{`<xf numFmtId="0"/>`, many(maxForms, func(int) string { return "<xf/>" })}, "more than 65490 styles of cells"},
		"formats":            {[]string{`<numFmt numFmtId="164"`, many(maxFormats, func(i int) string { return fmt.Sprintf(`<numFmt numFmtId="%d"/>`, 1000+i) }) + `<numFmt numFmtId="164"`}, "more than 10000 number formats"},
		"notes":              {[]string{`<sheetData>`, `<sheetData><row r="1"/></sheetData></worksheet>`, `<row r="1"/></sheetData></worksheet>`, many(maxNotes+1, func(int) string { return "<row/>" }) + `</sheetData></worksheet>`}, "row 1001: no row with DATA INICIAL so far"},
		"a row far away":     {[]string{`<row r="3">`, fmt.Sprintf(`<row r="%d"/><row r="3">`, maxNumber+1)}, "row 1048577, and a sheet has 1048576"},
		"attributes":         {[]string{`<row r="3">`, `<row r="3" ` + many(maxAttrs, func(i int) string { return fmt.Sprintf(`a%d="" `, i) }) + `>`}, `"row" with more than 64 attributes`},
		"a name of a part":   {[]string{`Target="worksheets/s1.xml"`, `Target="worksheets/` + strings.Repeat("s", 50_000) + `.xml"`}, "no part "},
		"a product":          {[]string{`<c r="E2" t="s"><v>0</v></c>`, `<c r="E2" t="str"><v>` + long + `</v></c>`}, "row 2: PRODUTO: a text of more than 200 bytes"},
		"a day":              {[]string{`<c r="A2" s="1"><v>46243</v></c>`, `<c r="A2" t="str"><v>` + long + `</v></c>`}, "row 2: DATA INICIAL: a text of more than 200 bytes"},
		"a text with spaces": {[]string{`<si><t>SAO PAULO</t></si>`, `<si><t>` + strings.Repeat(" ", maxToken-100) + `SAO PAULO</t></si>`}, "row 2: REGIAO or ESTADO: a text of more than 200 bytes"},
		"a text in parts":    {[]string{`<si><t>SAO PAULO</t></si>`, `<si>` + strings.Repeat("<t>123456789</t>", maxToken/8) + `</si>`}, "a text of more than 65536 bytes"},
	} {
		_, _, err := readStates(t, edited(t, tt.changes...))
		if fault.NameOf(err) != fault.Malformed || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: error %.500v, want %q", name, err, tt.want)
		}
	}
}

// Up to its end a long extension list costs a sheet nothing, however long it is.
func TestALongExtension(t *testing.T) {
	ext := "<extLst>" + strings.Repeat(`<ext><x a="1">y</x></ext>`, maxToken/10) + "</extLst>"
	got, damaged, err := readStates(t, edited(t, "</sheetData>", "</sheetData>"+ext))
	if len(got) != 2 || damaged != nil || err != nil {
		t.Errorf("%v, damaged %v, error %v", got, damaged, err)
	}
}

// A tag is one wherever it lies, so that all of a workbook has an end.
func TestTagsAreCounted(t *testing.T) {
	w, err := openWorkbook(t.Context(), edited(t, "<sheetData>", "<!--a--><?b?><sheetData>"))
	if err != nil {
		t.Fatal(err)
	}
	take := func(int, []cell) error { return nil }
	before := w.tags
	if err := w.rows(w.sheets[0].part, take, nil); err != nil || w.tags < before+20 {
		t.Errorf("%d tags after %d, error %v", w.tags, before, err)
	}
	w.tags = maxTags - 10
	if err := w.rows(w.sheets[0].part, take, nil); err == nil || !strings.Contains(err.Error(), "more than 13000000 tags") {
		t.Errorf("error %v", err)
	}
}

// A number format is judged once, and not at all when no program writes such.
func TestALongFormat(t *testing.T) {
	if got := kindOf(strings.Repeat("0", maxFormat+1)); got != asOther {
		t.Errorf("kind %d", got)
	}
}

// When nobody waits any more, a sheet is left: it is not a broken one.
func TestASheetIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := openWorkbook(ctx, parts(t, `<worksheet><sheetData>`+strings.Repeat("<row/>", 10_000)+`</sheetData></worksheet>`))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	err = w.rows(w.sheets[0].part, func(int, []cell) error {
		if rows++; rows == 10 {
			cancel()
		}
		return nil
	}, nil)
	if !errors.Is(err, context.Canceled) || rows > 2000 {
		t.Errorf("%d rows, error %v", rows, err)
	}
}
