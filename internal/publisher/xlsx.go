package publisher

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// book is an XLSX file in the making: as much of one as spreadsheets need, with
// texts shared by the cells and numbers digit for digit.
type book struct {
	names  []string
	sheets []*bytes.Buffer
	texts  []string
	number map[string]int // of a text
	rows   int            // of the last sheet
}

// numeral is a cell with a number, as the file has it.
type numeral string

// sheet begins a sheet.
func (b *book) sheet(name string) {
	b.names, b.sheets, b.rows = append(b.names, name), append(b.sheets, &bytes.Buffer{}), 0
}

// row adds a row of texts and numerals; "" is an empty cell.
func (b *book) row(cells ...any) {
	b.rows++
	out := b.sheets[len(b.sheets)-1]
	fmt.Fprintf(out, `<row r="%d">`, b.rows)
	for i, cell := range cells {
		at := string(rune('A'+i)) + strconv.Itoa(b.rows)
		switch cell := cell.(type) {
		case numeral:
			out.WriteString(`<c r="` + at + `"><v>` + string(cell) + `</v></c>`)
		case string:
			if cell != "" {
				out.WriteString(`<c r="` + at + `" t="s"><v>` + strconv.Itoa(b.text(cell)) + `</v></c>`)
			}
		}
	}
	out.WriteString("</row>")
}

// text returns the number of a shared text.
func (b *book) text(text string) int {
	n, ok := b.number[text]
	if !ok {
		n = len(b.texts)
		b.number[text], b.texts = n, append(b.texts, text)
	}
	return n
}

// bytes returns the file; the same rows give the same bytes.
func (b *book) bytes() []byte {
	const (
		head      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
		main      = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
		packages  = `http://schemas.openxmlformats.org/package/2006/`
		documents = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
		form      = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
	)
	var file, types, list, rels bytes.Buffer
	archive := zip.NewWriter(&file)
	archive.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	add := func(name, content string) {
		part, _ := archive.Create(name) // into memory: it does not fail
		part.Write([]byte(head + content))
	}
	for i, sheet := range b.sheets {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, form)
		fmt.Fprintf(&list, `<sheet name=%q sheetId="%d" r:id="rId%d"/>`, b.names[i], n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, documents, n)
		add(fmt.Sprintf("xl/worksheets/sheet%d.xml", n), `<worksheet `+main+`><sheetData>`+sheet.String()+`</sheetData></worksheet>`)
	}
	fmt.Fprintf(&rels, `<Relationship Id="rIdTexts" Type="%s/sharedStrings" Target="sharedStrings.xml"/>`, documents)
	var texts bytes.Buffer
	for _, text := range b.texts {
		texts.WriteString(`<si><t xml:space="preserve">`)
		xml.EscapeText(&texts, []byte(text))
		texts.WriteString(`</t></si>`)
	}
	add("xl/sharedStrings.xml", fmt.Sprintf(`<sst %s uniqueCount="%d">%s</sst>`, main, len(b.texts), &texts))
	add("xl/workbook.xml", `<workbook `+main+` xmlns:r="`+documents+`"><sheets>`+list.String()+`</sheets></workbook>`)
	add("xl/_rels/workbook.xml.rels", `<Relationships xmlns="`+packages+`relationships">`+rels.String()+`</Relationships>`)
	add("_rels/.rels", `<Relationships xmlns="`+packages+`relationships"><Relationship Id="rId1" Type="`+documents+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	add("[Content_Types].xml", `<Types xmlns="`+packages+`content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`+
		`<Override PartName="/xl/workbook.xml" ContentType="`+form+`sheet.main+xml"/>`+
		`<Override PartName="/xl/sharedStrings.xml" ContentType="`+form+`sharedStrings+xml"/>`+types.String()+`</Types>`)
	archive.Close()
	return file.Bytes()
}
