package anp

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// What a part of a workbook may have, in bytes after decompression. The states
// since 2013 have some 70 MB in one sheet; a sheet is read as a stream, so its
// length costs time and no memory.
const (
	maxSheet = 200 << 20
	maxOther = 16 << 20 // the list of sheets, the shared texts
	maxToken = 64 << 10 // one tag or text, the texts of one cell
	maxCells = 256      // cells of a row
)

// workbook is an open XLSX file. Unlike excelize, whose reader ends a broken
// sheet without an error, everything here that cannot be read is an error: a row
// that is lost would be taken for a week without prices.
type workbook struct {
	parts  map[string]*zip.File
	sheets []sheet
	texts  []string // shared by the cells
}

// sheet is a sheet's name and the part that holds it.
type sheet struct{ name, part string }

// openWorkbook reads what a workbook says about itself, not its sheets.
func openWorkbook(body []byte) (*workbook, error) {
	if !bytes.HasPrefix(body, []byte("PK")) {
		return nil, fmt.Errorf("%d bytes that are no ZIP", len(body))
	}
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	w := &workbook{parts: make(map[string]*zip.File, len(archive.File))}
	for _, part := range archive.File {
		w.parts[part.Name] = part
	}
	if err := w.readSheets(); err != nil {
		return nil, err
	}
	if w.parts["xl/sharedStrings.xml"] == nil {
		return w, nil
	}
	return w, w.readTexts()
}

func (w *workbook) readSheets() error {
	targets := map[string]string{}
	err := w.each("xl/_rels/workbook.xml.rels", maxOther, func(t token) error {
		if t.start == "Relationship" {
			target := t.attr("Target")
			if !strings.HasPrefix(target, "/") {
				target = "/xl/" + target
			}
			targets[t.attr("Id")] = path.Clean(target)[1:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.each("xl/workbook.xml", maxOther, func(t token) error {
		if t.start == "sheet" {
			w.sheets = append(w.sheets, sheet{t.attr("name"), targets[t.attr("id")]})
		}
		return nil
	})
}

// readTexts reads the shared texts; parts of a text in different type are one.
func (w *workbook) readTexts() error {
	var text []byte
	in, phonetic := false, false
	return w.each("xl/sharedStrings.xml", maxOther, func(t token) error {
		switch {
		case t.start == "si":
			text = text[:0]
		case t.end == "si":
			w.texts = append(w.texts, string(text))
		case t.start == "rPh" || t.end == "rPh":
			phonetic = t.end == ""
		case t.start == "t" || t.end == "t":
			in = t.end == ""
		case in && !phonetic:
			text = append(text, t.text...)
		}
		return nil
	})
}

// rows calls take with each row of a sheet: its number, from 1, and its cells as
// the texts that the file has. A cell without a value is "". cells is used again.
func (w *workbook) rows(part string, take func(number int, cells []string) error) error {
	r := rowReader{texts: w.texts, take: take}
	return w.each(part, maxSheet, r.token)
}

// rowReader makes rows of a sheet's tokens.
type rowReader struct {
	texts []string
	take  func(number int, cells []string) error

	number int
	cells  []string
	kind   string // of the cell
	in     bool   // a v or t of the cell
	value  []byte
}

func (r *rowReader) token(t token) error {
	switch {
	case t.start == "row":
		r.number++
		if n := t.attr("r"); n != "" {
			number, err := strconv.Atoi(n)
			if err != nil || number < r.number {
				return fmt.Errorf("row %.20q after row %d", n, r.number-1)
			}
			r.number = number
		}
		r.cells = r.cells[:0]
	case t.end == "row":
		return r.take(r.number, r.cells)
	case t.start == "c":
		return r.cell(t)
	case t.end == "c":
		return r.keep()
	case t.start == "v" || t.start == "t" || t.end == "v" || t.end == "t":
		r.in = t.end == ""
	case r.in:
		r.value = append(r.value, t.text...)
		if len(r.value) > maxToken {
			return fmt.Errorf("row %d: a cell of more than %d bytes", r.number, maxToken)
		}
	}
	return nil
}

// cell begins a cell, in the column that it names or the next one.
func (r *rowReader) cell(t token) error {
	at := len(r.cells)
	if name := t.attr("r"); name != "" {
		at = column(name)
	}
	if at < len(r.cells) || at >= maxCells {
		return fmt.Errorf("row %d: cell %.20q after %d cells", r.number, t.attr("r"), len(r.cells))
	}
	for len(r.cells) <= at {
		r.cells = append(r.cells, "")
	}
	r.kind, r.value = t.attr("t"), r.value[:0]
	return nil
}

func (r *rowReader) keep() error {
	text := string(r.value)
	if r.kind == "s" {
		i, err := strconv.Atoi(text)
		if err != nil || i < 0 || i >= len(r.texts) {
			return fmt.Errorf("row %d: shared text %.20q of %d", r.number, text, len(r.texts))
		}
		text = r.texts[i]
	}
	r.cells[len(r.cells)-1] = text
	return nil
}

// column returns 0 for A7, 26 for AA7, and -1 for what names no column.
func column(cell string) int {
	n := 0
	for i := range len(cell) {
		if cell[i] < 'A' || cell[i] > 'Z' || n > maxCells {
			break
		}
		n = n*26 + int(cell[i]-'A') + 1
	}
	return n - 1
}

// token is a tag or a text of XML, names without their prefix.
type token struct {
	start, end string
	attrs      []xml.Attr
	text       []byte
}

func (t token) attr(name string) string {
	for _, a := range t.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// each calls take with the tokens of a part that has at most limit bytes.
func (w *workbook) each(part string, limit int64, take func(token) error) error {
	file := w.parts[part]
	if file == nil {
		return fmt.Errorf("no part %q", part)
	}
	content, err := file.Open()
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	defer content.Close()
	in := &bounded{in: content, limit: limit}
	decoder := xml.NewDecoder(in)
	for {
		in.next = decoder.InputOffset() + maxToken
		t, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = take(tokenOf(t))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
}

func tokenOf(t xml.Token) token {
	switch t := t.(type) {
	case xml.StartElement:
		return token{start: t.Name.Local, attrs: t.Attr}
	case xml.EndElement:
		return token{end: t.Name.Local}
	case xml.CharData:
		return token{text: t}
	}
	return token{}
}

// bounded refuses to read far beyond what has been understood: XML of which a
// single token would fill the memory, and parts that are too long.
type bounded struct {
	in    io.Reader
	limit int64 // of all
	next  int64 // the end of the next token, at the latest
	read  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.read > b.limit {
		return 0, fmt.Errorf("more than %d bytes", b.limit)
	}
	if b.read > b.next {
		return 0, fmt.Errorf("a tag or text of more than %d bytes", maxToken)
	}
	n, err := b.in.Read(p)
	b.read += int64(n)
	return n, err
}
