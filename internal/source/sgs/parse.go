package sgs

import (
	"encoding/json"
	"fmt"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// Parse reads the rows of a body. It does no I/O; its errors are named
// Malformed.
func Parse(body []byte, series source.Series, asked span.Span) (source.Answer, error) {
	var list []struct {
		Day   string          `json:"data"`
		Value json.RawMessage `json:"valor"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return source.Answer{}, fault.New(fault.Malformed, "body of %d bytes: %w", len(body), err)
	}
	if list == nil {
		return source.Answer{}, fault.New(fault.Malformed, "null instead of a list")
	}
	rows := source.NewCollector(asked, len(list))
	for i, r := range list {
		day, err := parseDay(r.Day)
		if err != nil {
			return source.Answer{}, fault.New(fault.Malformed, "row %d: data: %w", i+1, err)
		}
		value, err := source.JSONDecimal(r.Value)
		if err != nil {
			return source.Answer{}, fault.New(fault.Malformed, "row %d: valor: %w", i+1, err)
		}
		rows.Add(series.Key, day, series.Fields, []string{value}, "")
	}
	return rows.Answer()
}

// parseDay reads dd/MM/yyyy.
func parseDay(text string) (span.Day, error) {
	if len(text) != len(brazilian) || text[2] != '/' || text[5] != '/' {
		return 0, fmt.Errorf("day %.20q: want dd/MM/yyyy", text)
	}
	return span.Parse(text[6:] + "-" + text[3:5] + "-" + text[:2])
}
