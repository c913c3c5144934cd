package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"lacuna/internal/asl"
	"lacuna/internal/bound"
	"lacuna/internal/drawing"
	"lacuna/internal/history"
	"lacuna/internal/standing"
	"lacuna/internal/store"

	"github.com/spf13/pflag"
)

// bindPicture adds the flag that writes a picture of what.
func bindPicture(f *pflag.FlagSet, file *string, what string) {
	f.StringVar(file, "svg", "", "`file` for a picture of "+what+"; another picture of lacuna's is replaced, any other file is not")
}

// maxPicture is how large a picture may be that is replaced, in bytes.
const maxPicture = 64 << 20

// savePicture writes a picture into a file, if it has a name.
func (a *app) savePicture(file string, draw func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	var b bytes.Buffer
	err := draw(&b)
	if err == nil {
		err = a.writeFile(file, b.Bytes(), func(name string) error {
			text, err := bound.ReadFile(name, maxPicture)
			if err == nil && !bytes.Contains(text, []byte(drawing.Made)) {
				err = errors.New("it is no picture of lacuna's")
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("--svg: %w", err)
	}
	return nil
}

// drawCoverage draws how series stand.
func drawCoverage(list []standing.Standing) func(io.Writer) error {
	coverages := make([]*standing.Coverage, len(list))
	for i := range list {
		coverages[i] = &list[i].Coverage
	}
	return func(w io.Writer) error { return drawing.Coverage(w, coverages) }
}

// drawRun draws what became of the states of a run.
func (a *app) drawRun(ctx context.Context, from runReader, run string, events []history.Event) func(io.Writer) error {
	return func(w io.Writer) error {
		text, err := from.Definition(ctx, run)
		if errors.Is(err, store.ErrNotItsDefinition) {
			a.note("warning: %v", err)
			err = nil
		}
		if err == nil && text == nil {
			err = fmt.Errorf("the definition of run %s was not kept: an older lacuna ran it", run)
		}
		if err != nil {
			return err
		}
		machine, err := asl.Parse(text)
		if err != nil {
			return err
		}
		view := history.NewView()
		view.Add(events)
		states := view.States("")
		return drawing.Layout(machine).SVG(w, "States of run "+run, func(state string) drawing.Mark {
			is := states[state]
			return drawing.Mark{Status: is.Status, Note: is.Note()}
		}, true)
	}
}
