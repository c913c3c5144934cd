// Package hostile attacks every reader of lacuna with generated inputs that are
// made to cost memory or time. Each attack is done in a process of its own whose
// peak memory and processor time are measured, printed and bounded.
package hostile
