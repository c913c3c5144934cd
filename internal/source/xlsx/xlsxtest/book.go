// Package xlsxtest makes workbooks by hand, part by part, for tests of what reads
// them: what a spreadsheet would never write can be in them too.
package xlsxtest

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
)

// The namespaces of a workbook's tags and of the kinds of its relations.
const (
	Main      = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	Documents = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
)

// Part is a file in a workbook.
type Part struct{ Name, Content string }

// Book returns the six parts of a workbook: the relations, the list of sheets, its
// relations, one visible sheet of a name with rows, the texts that cells share, and
// the styles. Style 1 is a day, 2 a percentage, and 3 has the format FORMAT.
func Book(sheet, rows string, texts ...string) []Part {
	const packaged = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	shared := ""
	for _, text := range texts {
		shared += `<si><t>` + text + `</t></si>`
	}
	return []Part{
		{"_rels/.rels", `<Relationships ` + packaged + `><Relationship Id="r1" Type="` + Documents + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + Main + `" xmlns:r="` + Documents + `"><workbookPr/><sheets><sheet name="` + sheet + `" sheetId="1" r:id="r1"/></sheets><calcPr calcId="1"/></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships ` + packaged + `><Relationship Id="r1" Type="` + Documents + `/worksheet" Target="worksheets/s1.xml"/>` +
			`<Relationship Id="r2" Type="` + Documents + `/sharedStrings" Target="/xl/texts.xml"/><Relationship Id="r3" Type="` + Documents + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/worksheets/s1.xml", `<worksheet xmlns="` + Main + `"><sheetData>` + rows + `</sheetData></worksheet>`},
		{"xl/texts.xml", `<sst xmlns="` + Main + `">` + shared + `</sst>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + Main + `"><numFmts count="1"><numFmt numFmtId="164" formatCode="FORMAT"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="164"/></cellXfs></styleSheet>`},
	}
}

// Zip returns the file of a workbook's parts. changes are pairs: the first of each
// is replaced by the second in the part that has it, which must be there.
func Zip(t testing.TB, book []Part, changes ...string) []byte {
	t.Helper()
	book = slices.Clone(book)
	for i := 0; i < len(changes); i += 2 {
		at := slices.IndexFunc(book, func(p Part) bool { return strings.Contains(p.Content, changes[i]) })
		if at < 0 {
			t.Fatalf("no part has %q", changes[i])
		}
		book[at].Content = strings.ReplaceAll(book[at].Content, changes[i], changes[i+1])
	}
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, p := range book {
		out, err := archive.Create(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(p.Content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
