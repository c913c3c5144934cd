package engine

import "sync/atomic"

// turns let some executions work at once. Whoever waits gets a turn after a few states of
// the others, so none has to wait for the end of another, and as few as have a turn have
// values in the making.
type turns struct {
	taken   chan struct{} // nil without a limit
	waiting *atomic.Int64
}

func newTurns(most int) turns {
	if most <= 0 {
		return turns{}
	}
	return turns{make(chan struct{}, most), &atomic.Int64{}}
}

// takeTurn waits for a turn.
func (x *Execution) takeTurn() {
	turns := x.engine.turns
	if turns.taken == nil || x.turn {
		return
	}
	select {
	case turns.taken <- struct{}{}:
	default:
		turns.waiting.Add(1)
		turns.taken <- struct{}{}
		turns.waiting.Add(-1)
	}
	x.turn = true
}

// endTurn lets another execution work.
func (x *Execution) endTurn() {
	if x.turn {
		x.turn = false
		<-x.engine.turns.taken
	}
}

// yield lets others work if any wait.
func (x *Execution) yield() {
	if x.turn && x.engine.turns.waiting.Load() > 0 {
		x.endTurn()
		x.takeTurn()
	}
}
