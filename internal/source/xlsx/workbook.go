// Package xlsx reads the cells of workbooks (ECMA-376, SpreadsheetML, transitional
// or strict), sheet by sheet as a stream. Unlike excelize, whose reader ends a broken
// sheet without an error, everything here that cannot be read is an error, and so is
// every setting that changes what numbers mean and is not followed here: a row that is
// lost would be taken for days without values. What the cells say is the caller's.
package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"lacuna/internal/lazy"
)

// What a part of a workbook may have, in bytes after decompression. The largest one
// that is read, ANP's of the states since 2013, has some 70 MB in one sheet; a sheet
// is read as a stream, so its length costs time and no memory.
const (
	maxSheet = 200 << 20
	maxOther = 16 << 20          // the list of sheets, the shared texts, the styles
	maxAll   = maxSheet + 64<<20 // all that is read of a workbook
	maxToken = 64 << 10          // one tag or text, the texts of one cell
	maxCells = 256               // cells of a row
	maxParts = 1000              // entries of the ZIP, relations of a part, sheets
)

// What else it may have. That of the states has 115,479 rows of 18 cells, which are
// 4.3 million tags, and some 50 texts.
const (
	maxTags    = 13_000_000 // of all that is read, with comments and instructions
	maxTexts   = 1_000_000
	maxNumber  = 1 << 20 // of a row: spreadsheets have no more (ECMA-376 leaves it open)
	maxForms   = 65_490  // styles of cells, by Excel's own limits
	maxFormats = 10_000  // formats of numbers; Excel bears 250
	maxFormat  = 255     // bytes of one, by Excel's own limits
)

// Workbook is an open XLSX file. It is for one goroutine.
type Workbook struct {
	Sheets []Sheet // in the file's order

	parts map[string]*zip.File // by name in small letters
	done  func() error         // why nobody waits for it any more
	left  int64                // bytes that may still be read
	tags  int                  // read so far
	texts []string             // shared by the cells
	forms []Form               // by the number of a cell's style
	stale bool                 // the results of formulas are still to be calculated
}

// Sheet is what a workbook says of a sheet.
type Sheet struct {
	Name   string
	Hidden bool
	part   string // that holds it, "" for one that is no table
}

// IsTable reports whether the sheet has rows in the file: charts have none.
func (s Sheet) IsTable() bool { return s.part != "" }

// Open reads what a workbook says about itself, not its sheets. When ctx ends, so
// does all reading, that of Rows too.
func Open(ctx context.Context, body []byte) (*Workbook, error) {
	w, err := unzip(body)
	if err != nil {
		return nil, err
	}
	w.done = ctx.Err
	root, err := w.relations("")
	if err != nil {
		return nil, err
	}
	main, err := root.only("officeDocument")
	if err == nil && main == "" {
		err = errors.New("no workbook in the ZIP")
	}
	if err != nil {
		return nil, err
	}
	rels, err := w.relations(main)
	if err != nil {
		return nil, err
	}
	if err := w.readMain(main, rels); err != nil {
		return nil, err
	}
	texts, err := rels.only("sharedStrings")
	if err == nil && texts != "" {
		err = w.readTexts(texts)
	}
	if err != nil {
		return nil, err
	}
	styles, err := rels.only("styles")
	if err == nil && styles != "" {
		err = w.readStyles(styles)
	}
	return w, err
}

func unzip(body []byte) (*Workbook, error) {
	if bytes.HasPrefix(body, []byte("\xd0\xcf\x11\xe0")) {
		return nil, errors.New("an OLE file: a workbook of the old kind, or an encrypted one")
	}
	if !bytes.HasPrefix(body, []byte("PK")) {
		return nil, fmt.Errorf("%d bytes that are no ZIP", len(body))
	}
	if n := bytes.Count(body, []byte("PK\x01\x02")); n > maxParts {
		return nil, fmt.Errorf("a ZIP of %d entries", n)
	}
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	w := &Workbook{parts: make(map[string]*zip.File, len(archive.File)), left: maxAll}
	for _, part := range archive.File {
		name := strings.ToLower(part.Name)
		if w.parts[name] != nil {
			return nil, fmt.Errorf("two parts %.100q", part.Name)
		}
		w.parts[name] = part
	}
	return w, nil
}

// relations are those of a part, by their Id.
type relations map[string]relation

type relation struct {
	kind, part string
	external   bool
}

// relations reads those of a part, or for "" of the whole file.
func (w *Workbook) relations(of string) (relations, error) {
	folder, name := path.Split(of)
	list := relations{}
	err := w.each(folder+"_rels/"+name+".rels", maxOther, func(t token) error {
		if t.start != "Relationship" {
			return nil
		}
		id, target := t.attr("Id"), t.attr("Target")
		if _, twice := list[id]; twice {
			return fmt.Errorf("two relations %.50q", id)
		}
		if len(list) == maxParts {
			return fmt.Errorf("more than %d relations", maxParts)
		}
		if !strings.HasPrefix(target, "/") {
			target = "/" + folder + target
		}
		list[id] = relation{path.Base(t.attr("Type")), path.Clean(target)[1:], t.is("TargetMode", "External")}
		return nil
	})
	return list, err
}

// only returns the part of the one relation of a kind; "" when there is none.
func (r relations) only(kind string) (part string, err error) {
	for _, one := range r {
		if one.kind != kind {
			continue
		}
		if part != "" || one.external {
			return "", fmt.Errorf("two parts for %s, or one outside the file", kind)
		}
		part = one.part
	}
	return part, nil
}

// readMain reads the list of sheets and the settings that change numbers.
func (w *Workbook) readMain(part string, rels relations) error {
	return w.each(part, maxOther, func(t token) error {
		switch {
		case t.start == "workbookPr" && !t.is("date1904", "", "0", "false"):
			return errors.New("its days are counted from 1904 (date1904)")
		case t.start == "calcPr" && !t.is("fullPrecision", "", "1", "true"):
			return errors.New("its numbers are as precise as displayed (fullPrecision)")
		case t.start == "calcPr":
			w.stale = !t.is("fullCalcOnLoad", "", "0", "false") || !t.is("forceFullCalc", "", "0", "false") || !t.is("calcCompleted", "", "1", "true")
		case t.start == "sheet" && !t.foreign:
			s := Sheet{Name: t.attr("name"), Hidden: !t.is("state", "", "visible")}
			for _, a := range t.attrs {
				if r := rels[a.Value]; a.Name.Local == "id" && a.Name.Space != "" && r.kind == "worksheet" && !r.external {
					s.part = r.part
				}
			}
			if w.Sheets = append(w.Sheets, s); len(w.Sheets) > maxParts {
				return fmt.Errorf("more than %d sheets", maxParts)
			}
		}
		return nil
	})
}

// readTexts reads the shared texts; parts of a text in different type are one.
func (w *Workbook) readTexts(part string) error {
	var text []byte
	in, phonetic := false, false
	return w.each(part, maxOther, func(t token) error {
		switch {
		case t.foreign:
			return fmt.Errorf("a tag of another kind, %.50q", t.start+t.end)
		case t.start == "si":
			text = text[:0]
		case t.end == "si":
			if w.texts = append(w.texts, unescape(string(text))); len(w.texts) > maxTexts {
				return fmt.Errorf("more than %d texts", maxTexts)
			}
		case t.start == "rPh" || t.end == "rPh":
			phonetic = t.end == ""
		case t.start == "t" || t.end == "t":
			in = t.end == ""
		case in && !phonetic:
			if text = append(text, t.text...); len(text) > maxToken {
				return fmt.Errorf("a text of more than %d bytes", maxToken)
			}
		}
		return nil
	})
}

var escaped = lazy.Regexp(`_x[0-9A-Fa-f]{4}_`)

// unescape reads the characters that XML cannot have, such as _x000D_.
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	return escaped().ReplaceAllStringFunc(text, func(code string) string {
		n, err := strconv.ParseUint(code[2:6], 16, 16)
		if err != nil {
			return code
		}
		return string(rune(n))
	})
}
