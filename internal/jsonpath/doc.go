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
// The evaluator is ours and not that of github.com/ohler55/ojg/jp, which the tests
// use as a second opinion. The two dialects part where Step Functions users notice:
// a filter applies to an object itself, not to its members; a missing
// member is not null in a comparison; `in`, `nin`, `subsetof`, `anyof`, `noneof`,
// `contains`, `size` and `===` exist; and a definite path that finds nothing says why.
package jsonpath
