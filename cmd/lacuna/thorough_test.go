//go:build !integration

package main

// The loops of hostile texts take every third of what they try; make integration has them
// try all.
const thorough = false
