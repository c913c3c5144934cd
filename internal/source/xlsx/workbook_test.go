package xlsx

import (
	"bytes"
	"strings"
	"testing"

	"lacuna/internal/source/xlsx/xlsxtest"

	"github.com/google/go-cmp/cmp"
)

func TestSheets(t *testing.T) {
	w, err := Open(t.Context(), xlsxtest.Zip(t, plainBook(), `<sheet name="S" sheetId="1" r:id="r1"/>`, `<sheet name="S" sheetId="1" r:id="r1"/>`+
		`<sheet name=" a &amp; b" sheetId="2" state="visible" r:id="r9"/><sheet name="H" sheetId="3" state="veryHidden" r:id="r1"/>`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Sheet{{Name: "S", part: "xl/worksheets/s1.xml"}, {Name: " a & b"}, {Name: "H", Hidden: true, part: "xl/worksheets/s1.xml"}}
	if diff := cmp.Diff(want, w.Sheets, cmp.AllowUnexported(Sheet{})); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	for i, want := range []bool{true, false, true} {
		if w.Sheets[i].IsTable() != want {
			t.Errorf("sheet %d is a table: %t", i, !want)
		}
	}
}

// What a file may say of its parts and sheets.
func TestBooks(t *testing.T) {
	rels := `<Relationship Id="r3"`
	for _, tt := range []struct {
		name    string
		changes []string
		wantErr string
	}{
		{"as it is", nil, ""},
		{"a sheet that is in no part", []string{`r:id="r1"`, `r:id="r9"`}, "no table of the file"},
		{"a sheet that is a chart", []string{xlsxtest.Documents + `/worksheet"`, xlsxtest.Documents + `/chartsheet"`}, "no table of the file"},
		{"a sheet elsewhere", []string{`Target="worksheets/s1.xml"`, `Target="http://x/s1.xml" TargetMode="External"`}, "no table of the file"},
		{"a sheet of another name in the file", []string{`Target="worksheets/s1.xml"`, `Target="worksheets/s2.xml"`}, `no part "xl/worksheets/s2.xml"`},
		{"names in capitals", []string{`Target="worksheets/s1.xml"`, `Target="Worksheets/S1.XML"`}, ""},
		{"texts outside the file", []string{`Target="/xl/texts.xml"`, `Target="/xl/texts.xml" TargetMode="External"`}, "two parts for sharedStrings, or one outside the file"},
		{"two parts with texts", []string{rels, `<Relationship Id="r4" Type="x/sharedStrings" Target="/xl/styles.xml"/>` + rels}, "two parts for sharedStrings"},
		{"a relation twice", []string{rels, `<Relationship Id="r1" Type="x/y" Target="z"/>` + rels}, `two relations "r1"`},
		{"no workbook", []string{`/officeDocument"`, `/elsewhere"`}, "no workbook in the ZIP"},
		{"texts of another kind", []string{`<si><t>two</t></si>`, `<si><t>two</t></si><m:x xmlns:m="m"/>`}, `xl/texts.xml: a tag of another kind, "x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, _, err := readAll(t, xlsxtest.Zip(t, plainBook(), tt.changes...))
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if err == nil && len(rows) != 2 {
				t.Errorf("%d rows, want 2", len(rows))
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	book := plainBook()
	whole := xlsxtest.Zip(t, book)
	emptyZIP := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	many := `<sst>` + strings.Repeat("<si><t>0123456789</t></si>", maxOther/20) + `</sst>`
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"half of it":        {whole[:len(whole)/2], "not a valid zip file"},
		"no ZIP":            {[]byte("DATA INICIAL;DATA FINAL"), "23 bytes that are no ZIP"},
		"another ZIP":       {emptyZIP, `no part "_rels/.rels"`},
		"too many texts":    {bare(t, "<worksheet/>", many), "xl/sharedStrings.xml: more than 16777216 bytes"},
		"broken texts":      {bare(t, "<worksheet/>", "<sst>"), "unexpected EOF"},
		"a part twice":      {xlsxtest.Zip(t, append(book, xlsxtest.Part{Name: "XL/workbook.xml", Content: "<x/>"})), `two parts "XL/workbook.xml"`},
		"many parts":        {bytes.Repeat([]byte("PK\x01\x02"), maxParts+1), "a ZIP of 1001 entries"},
		"a file of old":     {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an OLE file"},
		"encrypted parts":   {encrypted(xlsxtest.Zip(t, book)), "encrypted"},
		"a part that broke": {bytes.Replace(xlsxtest.Zip(t, book[:1]), []byte("PK\x01\x02"), []byte("PK\x01\x03"), 1), "not a valid zip file"},
	} {
		if w, err := Open(t.Context(), tt.body); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, error %v, want %q", name, w, err, tt.want)
		}
	}
}

// encrypted sets the flag of that in each entry of a ZIP's list.
func encrypted(body []byte) []byte {
	for at := 0; ; {
		next := bytes.Index(body[at:], []byte("PK\x01\x02"))
		if next < 0 {
			return body
		}
		at += next + 8
		body[at] |= 1
	}
}
