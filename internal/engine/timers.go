package engine

import (
	"container/heap"
	"time"
)

// timers are the times an execution waits for. Those of the same time fire in the order
// in which they were added.
type timers struct {
	heap timerHeap
	seq  int64
}

type timer struct {
	when time.Time
	seq  int64
	fire func() // nil of one that was stopped
}

// stop keeps t from firing; t may be nil. It stays in the heap until its turn: to look for it
// there would cost more than to pass over it. What fire would have worked with is let go.
func (t *timer) stop() {
	if t != nil {
		t.fire = nil
	}
}

func (ts *timers) add(when time.Time, fire func()) *timer {
	ts.seq++
	t := &timer{when: when, seq: ts.seq, fire: fire}
	heap.Push(&ts.heap, t)
	return t
}

// next is the time of the next timer that was not stopped.
func (ts *timers) next() (time.Time, bool) {
	for len(ts.heap) > 0 && ts.heap[0].fire == nil {
		heap.Pop(&ts.heap)
	}
	if len(ts.heap) == 0 {
		return time.Time{}, false
	}
	return ts.heap[0].when, true
}

// fire calls all timers that are due.
func (ts *timers) fire(now time.Time) {
	for {
		when, ok := ts.next()
		if !ok || when.After(now) {
			return
		}
		heap.Pop(&ts.heap).(*timer).fire()
	}
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].when.Equal(h[j].when) {
		return h[i].seq < h[j].seq
	}
	return h[i].when.Before(h[j].when)
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(*timer)) }
func (h *timerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
