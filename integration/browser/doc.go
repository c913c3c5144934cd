// Package browser tests the console in a real browser. It has no code, and no test that
// runs without the build tag integration.
package browser
