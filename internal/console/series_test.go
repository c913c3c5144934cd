package console

import (
	"testing"
)

func TestTmp(t *testing.T) {
	b := newBench(t, series, nil)
	b.observe("A#1", "2024-01-02", "2024-01-03")
	t.Log(b.get("/series/A%231?day=2024-01-02"))
	t.Log(b.get("/series/B%2F2:x"))
}
