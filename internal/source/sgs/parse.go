package sgs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// Parse reads the rows of a body. It does no I/O; its errors are named
// Malformed.
func Parse(body []byte, series source.Series, asked span.Span) (source.Answer, error) {
	most := source.MaxRows(asked, 1)
	rows := source.NewCollector(asked, min(bytes.Count(body, []byte{'{'}), most))
	var r observation
	err := source.ReadJSON(body, func(j *source.JSON) error {
		return j.Rows(most, func() error {
			r = observation{Value: r.Value[:0]}
			if err := j.Decode(&r); err != nil {
				return err
			}
			day, err := parseDay(r.Day)
			if err != nil {
				return fault.New(fault.Malformed, "row %d: data: %w", j.Row(), err)
			}
			value, err := source.JSONDecimal(r.Value)
			if err != nil {
				err = fmt.Errorf("row %d: valor: %w", j.Row(), err)
			}
			switch {
			case errors.Is(err, source.ErrMissing):
				return fault.New(fault.Malformed, "%w", err)
			case err != nil:
				rows.Unreadable(series.Key, day, err)
				return nil
			}
			rows.Add(series.Key, day, series.Fields, []string{value}, "")
			return nil
		})
	})
	if err != nil {
		return source.Answer{}, err
	}
	return rows.Answer()
}

// observation is one row.
type observation struct {
	Day   string          `json:"data"`
	Value json.RawMessage `json:"valor"`
}

// parseDay reads dd/MM/yyyy.
func parseDay(text string) (span.Day, error) {
	if len(text) != len(brazilian) || text[2] != '/' || text[5] != '/' {
		return 0, fmt.Errorf("day %.20q: want dd/MM/yyyy", text)
	}
	return span.Parse(text[6:] + "-" + text[3:5] + "-" + text[:2])
}
