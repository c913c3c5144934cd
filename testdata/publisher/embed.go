// Package publisherdata holds the observations that internal/publisher serves,
// one CSV file a series. README.md beside them tells where they come from.
package publisherdata

import "embed"

// Files has ptax/*.csv with the columns date, buy, sell, sgs/*.csv, ecb/*.csv and
// fred/*.csv with date, value, and anp/*.csv with date, average, stations, min,
// max: ascending, digits as published. A line of fred may have no value.
//
//go:embed ptax/*.csv sgs/*.csv ecb/*.csv fred/*.csv anp/*.csv
var Files embed.FS
