package engine

import "testing"

// The end of a child in the run before a redrive, told late, is not that of the child
// that runs now.
func TestAStaleChildIsNotCounted(t *testing.T) {
	r := &mapRun{redrives: 2, running: map[int]bool{0: true}}
	r.childDone(0, 1)
	if !r.running[0] || r.failed != 0 {
		t.Errorf("running %v, %d failed", r.running, r.failed)
	}
}
