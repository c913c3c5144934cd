package source

import (
	"bytes"
	"encoding/csv"
	"fmt"
)

// What a line of a CSV body may have. The ECB's lines with all columns have 32
// fields, some of them with commas, and 700 bytes.
const (
	maxLine   = 8 << 10
	maxCommas = 200
)

// ReadCSV returns a reader of the records of body, whose fields have comma between
// them: a header and at most most rows, and about how many there are. It refuses,
// before the library reads them, lines that would fill the memory.
func ReadCSV(body []byte, comma rune, most int) (in *csv.Reader, records int, err error) {
	size, commas, open, lines := 0, 0, false, 0
	between := []byte(string(comma))
	for line := range bytes.Lines(body) {
		lines++
		size += len(line)
		if size > maxLine {
			return nil, 0, fmt.Errorf("line %d: more than %d bytes", lines, maxLine)
		}
		if commas += bytes.Count(line, between); commas > maxCommas {
			return nil, 0, fmt.Errorf("line %d: more than %d fields", lines, maxCommas)
		}
		if bytes.IndexByte(line, '"') >= 0 && bytes.Count(line, []byte{'"'})%2 == 1 {
			open = !open
		}
		if open { // a field goes on in the next line
			continue
		}
		size, commas = 0, 0
		if records++; records > most+1 {
			return nil, 0, fmt.Errorf("more than %d rows", most)
		}
	}
	in = csv.NewReader(bytes.NewReader(body))
	in.Comma, in.ReuseRecord = comma, true
	return in, records, nil
}
