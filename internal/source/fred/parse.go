package fred

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// Parse reads a body: a header, whose first column was formerly called DATE,
// then a line for each weekday, whose value is empty, formerly a dot, when there
// is none. It does no I/O; its errors are named Malformed.
func Parse(body []byte, series source.Series, asked span.Span) (source.Answer, error) {
	if !bytes.HasSuffix(body, []byte("\n")) { // the value comes last: half of one would look whole
		return source.Answer{}, fault.New(fault.Malformed, "body of %d bytes ends in mid-line", len(body))
	}
	in, records, err := source.ReadCSV(body, ',', source.MaxRows(asked, 1))
	if err != nil {
		return source.Answer{}, fault.New(fault.Malformed, "%w", err)
	}
	header, err := in.Read()
	if err != nil {
		return source.Answer{}, fault.New(fault.Malformed, "header: %w", err)
	}
	if len(header) != 2 || header[0] != "observation_date" && header[0] != "DATE" || header[1] != series.Code {
		return source.Answer{}, fault.New(fault.Malformed, "header %.50q, want observation_date or DATE, and %s", header[:min(len(header), 5)], series.Code)
	}
	rows := source.NewCollector(asked, records)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows.Answer()
		}
		if err != nil { // it names the line
			return source.Answer{}, fault.New(fault.Malformed, "%w", err)
		}
		line, _ := in.FieldPos(0)
		day, err := span.Parse(record[0])
		if err != nil {
			return source.Answer{}, fault.New(fault.Malformed, "line %d: %w", line, err)
		}
		number, err := source.Decimal(record[1])
		if err != nil {
			rows.Unreadable(series.Key, day, fmt.Errorf("line %d: %s: %w", line, day, err))
			continue
		}
		rows.Add(series.Key, day, series.Fields, []string{number}, "")
	}
}
