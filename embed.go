// Package lacuna holds the files that the programs carry along: the shipped
// catalogue and the schema of catalogues. It has no code.
package lacuna

import _ "embed"

// Series is the shipped series.yaml.
//
//go:embed series.yaml
var Series []byte

// CompiledSeries is Series as a catalogue that was checked and compiled: go test . -update makes it.
//
//go:embed series.jsonl
var CompiledSeries []byte

// Schema is series.schema.json, the JSON Schema of a catalogue.
//
//go:embed series.schema.json
var Schema []byte
