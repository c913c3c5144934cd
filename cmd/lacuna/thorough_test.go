//go:build !integration

package main

// The loops of hostile texts and of faults take every third of what they try, and 30
// currencies are healed over 8 years; make integration has them try all.
const thorough = false
