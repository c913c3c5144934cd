// Package cost says what a run costs in AWS: what it uses of each service, counted from a
// plan or from a history, and the price of that in a region. docs/costs.md is made with it.
// It has no floats, reads no clock and asks nobody.
package cost
