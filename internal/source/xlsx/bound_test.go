package xlsx

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/source/xlsx/xlsxtest"
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
	sheet := `<sheet name="S" sheetId="1" r:id="r1"/>`
	for name, tt := range map[string]struct {
		changes []string
		want    string
	}{
		"sheets":           {[]string{sheet, sheet + many(maxParts, func(int) string { return "<sheet/>" })}, "more than 1000 sheets"},
		"relations":        {[]string{`<Relationship Id="r3"`, many(maxParts, func(i int) string { return fmt.Sprintf(`<Relationship Id="x%d"/>`, i) }) + `<Relationship Id="r3"`}, "more than 1000 relations"},
		"styles":           {[]string{`<xf numFmtId="0"/>`, many(maxForms, func(int) string { return "<xf/>" })}, "more than 65490 styles of cells"},
		"formats":          {[]string{`<numFmt numFmtId="164"`, many(maxFormats, func(i int) string { return fmt.Sprintf(`<numFmt numFmtId="%d"/>`, 1000+i) }) + `<numFmt numFmtId="164"`}, "more than 10000 number formats"},
		"a row far away":   {[]string{`<row r="2">`, fmt.Sprintf(`<row r="%d"/><row r="2">`, maxNumber+1)}, "row 1048577, and a sheet has 1048576"},
		"attributes":       {[]string{`<row r="2">`, `<row r="2" ` + many(maxAttrs, func(i int) string { return fmt.Sprintf(`a%d="" `, i) }) + `>`}, `"row" with more than 64 attributes`},
		"a name of a part": {[]string{`Target="worksheets/s1.xml"`, `Target="worksheets/` + strings.Repeat("s", 50_000) + `.xml"`}, "no part "},
		"a text in parts":  {[]string{`<si><t>two</t></si>`, `<si>` + strings.Repeat("<t>123456789</t>", maxToken/8) + `</si>`}, "a text of more than 65536 bytes"},
	} {
		_, _, err := readAll(t, xlsxtest.Zip(t, plainBook(), tt.changes...))
		if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: error %.500v, want %q", name, err, tt.want)
		}
	}
}

// Up to its end a long extension list costs a sheet nothing, however long it is.
func TestALongExtension(t *testing.T) {
	ext := "<extLst>" + strings.Repeat(`<ext><x a="1">y</x></ext>`, maxToken/10) + "</extLst>"
	got, merged, err := readAll(t, xlsxtest.Zip(t, plainBook(), "</sheetData>", "</sheetData>"+ext))
	if len(got) != 2 || merged != nil || err != nil {
		t.Errorf("%v, merged %v, error %v", got, merged, err)
	}
}

// A tag is one wherever it lies, so that all of a workbook has an end.
func TestTagsAreCounted(t *testing.T) {
	w, err := Open(t.Context(), xlsxtest.Zip(t, plainBook(), "<sheetData>", "<!--a--><?b?><sheetData>"))
	if err != nil {
		t.Fatal(err)
	}
	take := func(int, []Cell) error { return nil }
	before := w.tags
	if err := w.Rows(w.Sheets[0], take, nil); err != nil || w.tags != before+14 {
		t.Errorf("%d tags after %d, error %v", w.tags, before, err)
	}
	w.tags = maxTags - 10
	if err := w.Rows(w.Sheets[0], take, nil); err == nil || !strings.Contains(err.Error(), "more than 13000000 tags") {
		t.Errorf("error %v", err)
	}
}

// When nobody waits any more, a sheet is left: it is not a broken one.
func TestASheetIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := Open(ctx, bare(t, `<worksheet><sheetData>`+strings.Repeat("<row/>", 10_000)+`</sheetData></worksheet>`, "<sst/>"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	err = w.Rows(w.Sheets[0], func(int, []Cell) error {
		if rows++; rows == 10 {
			cancel()
		}
		return nil
	}, nil)
	if !errors.Is(err, context.Canceled) || rows > 2000 {
		t.Errorf("%d rows, error %v", rows, err)
	}
}

// A sheet that is long when it is unpacked ends at the limit, and fills no memory.
func TestALongSheetIsRefused(t *testing.T) {
	in := &bounded{in: zeros{}, done: t.Context().Err, limit: maxSheet, next: maxSheet + 1}
	buffer, read := make([]byte, 1<<20), int64(0)
	for {
		n, err := in.Read(buffer)
		read += int64(n)
		if err != nil {
			if want := fmt.Sprintf("more than %d bytes", maxSheet); err.Error() != want || read > maxSheet+1<<20 {
				t.Errorf("%v after %d bytes, want %s", err, read, want)
			}
			return
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
