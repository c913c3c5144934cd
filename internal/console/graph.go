package console

import (
	"fmt"
	"html/template"
	"strings"

	"lacuna/internal/asl"
	"lacuna/internal/drawing"
	"lacuna/internal/history"
)

// draw draws the states of a run, if its definition is known.
func (d *runData) draw(run *knownRun, states map[string]history.State) error {
	if run.machine == nil {
		return nil
	}
	count := 0
	eachState(&run.machine.Graph, 0, func(*asl.State, int) { count++ })
	if count > maxStates {
		d.Remark = fmt.Sprintf("A graph of %d states is not drawn, %d are the most.", count, maxStates)
		return nil
	}
	var b strings.Builder
	err := drawing.Layout(run.machine).SVG(&b, "States of run "+d.Run, func(state string) drawing.Mark {
		is := states[state]
		return drawing.Mark{Status: is.Status, Note: is.Note(), Link: d.to(d.View, state, d.At) + "#state", Chosen: state == d.State}
	}, false)
	d.SVG = template.HTML(b.String()) //nolint:gosec // drawing has escaped it
	return err
}
