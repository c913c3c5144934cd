// Package drawing draws what is known as pictures for a browser: state machines as graphs,
// coverage as cells, values as charts. A picture is SVG; within a page it has classes alone,
// and as a file of its own the style that they need.
package drawing
