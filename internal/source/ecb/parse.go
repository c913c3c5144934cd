package ecb

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// Parse reads a body in the CSV of SDMX by the names of its columns. An empty
// body is an empty answer. It does no I/O; its errors are named Malformed.
func Parse(body []byte, series []source.Series, asked span.Span) (source.Answer, error) {
	if len(body) == 0 {
		return source.Answer{}, nil
	}
	if body[len(body)-1] != '\n' { // the value is the last column: half of one would look whole
		return source.Answer{}, fault.New(fault.Malformed, "body of %d bytes ends in mid-line", len(body))
	}
	in, records, err := source.ReadCSV(body, ',', source.MaxRows(asked, len(series)))
	if err != nil {
		return source.Answer{}, fault.New(fault.Malformed, "%w", err)
	}
	header, err := in.Read()
	if err != nil {
		return source.Answer{}, fault.New(fault.Malformed, "header: %w", err)
	}
	key, period, value := slices.Index(header, "KEY"), slices.Index(header, "TIME_PERIOD"), slices.Index(header, "OBS_VALUE")
	if key < 0 || period < 0 || value < 0 {
		return source.Answer{}, fault.New(fault.Malformed, "header %.50q lacks KEY, TIME_PERIOD or OBS_VALUE", header[:min(len(header), 5)])
	}
	byKey := make(map[string][]source.Series, len(series))
	for _, s := range series {
		k := "EXR.D." + s.Code + ".EUR.SP00.A"
		byKey[k] = append(byKey[k], s)
	}
	rows := source.NewCollector(asked, records)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			answer, err := rows.Answer()
			answer.WarnOfMissing(series, asked)
			return answer, err
		}
		if err != nil { // it names the line
			return source.Answer{}, fault.New(fault.Malformed, "%w", err)
		}
		line, _ := in.FieldPos(0)
		at := func(err error) error { return fmt.Errorf("line %d, %.50q: %w", line, record[key], err) }
		if err := add(rows, byKey[record[key]], record[period], record[value], at); err != nil {
			return source.Answer{}, fault.New(fault.Malformed, "%w", at(err))
		}
	}
}

func add(rows *source.Collector, series []source.Series, period, value string, at func(error) error) error {
	if len(series) == 0 {
		return errors.New("a series that was not asked for")
	}
	day, err := span.Parse(period)
	if err != nil {
		return fmt.Errorf("TIME_PERIOD: %w", err)
	}
	number, err := source.Decimal(value)
	for _, s := range series {
		if err != nil {
			rows.Unreadable(s.Key, day, at(fmt.Errorf("OBS_VALUE: %w", err)))
			continue
		}
		rows.Add(s.Key, day, s.Fields, []string{number}, "")
	}
	return nil
}
