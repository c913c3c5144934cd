package console

import "lacuna/internal/history"

func (d *runData) draw(*knownRun, map[string]history.State) error { return nil }
