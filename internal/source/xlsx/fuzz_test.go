package xlsx

import (
	"testing"

	"lacuna/internal/source"
	"lacuna/internal/source/xlsx/xlsxtest"
)

// What lies beneath the ZIP: the parts themselves, which a fuzzer that changes a
// ZIP hardly reaches.
func FuzzParts(f *testing.F) {
	book := plainBook()
	f.Add(book[0].Content, book[1].Content, book[2].Content, book[3].Content, book[4].Content, book[5].Content)
	f.Fuzz(func(t *testing.T, root, main, rels, sheet, texts, styles string) {
		book := plainBook()
		for i, content := range []string{root, main, rels, sheet, texts, styles} {
			book[i].Content = content
		}
		w, err := Open(t.Context(), xlsxtest.Zip(t, book))
		if err != nil {
			if len(err.Error()) > 4096 {
				t.Errorf("error %.200v", err)
			}
			return
		}
		for _, s := range w.Sheets {
			last := 0
			err := w.Rows(s, func(number int, cells []Cell) error {
				if number <= last || number > maxNumber || len(cells) > maxCells {
					t.Errorf("row %d of %d cells after row %d", number, len(cells), last)
				}
				last = number
				for _, c := range cells {
					if c.Number && c.Text != source.PlainNumber(c.Text) || len(c.Text) > maxToken || len(c.Bad) > 1000 {
						t.Errorf("row %d: %.200v", number, c)
					}
				}
				return nil
			}, func(a Area) error {
				if a.Left < 0 || a.Top < 1 || a.Right < a.Left || a.Bottom < a.Top {
					t.Errorf("merged %v", a)
				}
				return nil
			})
			if err != nil && len(err.Error()) > 4096 {
				t.Errorf("error %.200v", err)
			}
		}
	})
}

// The sheet itself, without a ZIP around it that a fuzzer can hardly make.
func FuzzRows(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>x</t></is></c><c><v>1</v></c></row></sheetData></worksheet>`)
	f.Add(`<worksheet><sheetData><row><c r="AAAAAAAAAAAAAA1"/></row></sheetData></worksheet>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		rows, _, err := readAll(t, bare(t, sheet, "<sst/>"))
		for _, r := range rows {
			if len(r.Cells) > maxCells {
				t.Errorf("%d cells, error %v", len(r.Cells), err)
			}
		}
	})
}
