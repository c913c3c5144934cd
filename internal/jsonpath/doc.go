// Package jsonpath reads and writes JSON documents by path, in the dialect that
// AWS Step Functions speaks: Jayway JsonPath for reading, Reference Paths for
// writing results. It knows nothing of states or tasks, does no I/O and never
// changes a document that it is given.
//
// A document is a Go value: nil, bool, string, int64, float64, []any or *Object;
// a json.Number stands only for a number that neither int64 nor float64 can hold.
// Objects keep the order of their members, because AWS does and shows it, in
// States.JsonToString and in the causes that quote an input.
//
// The evaluator is ours and not that of github.com/ohler55/ojg/jp, which steps over
// some lists at `..` and parts from this dialect where Step Functions users notice: here
// a filter applies to an object itself, not to its members; an item past the end of a
// list is null; a missing member is in no relation; and a definite path that finds
// nothing says why.
//
// testdata/jayway.tsv holds answers of the version of Jayway's code that fits what is
// known of AWS, docs/decisions/0010-jsonpath-filters.md the reasons and where we part
// from it.
package jsonpath
