package main

import (
	"bytes"
	"errors"
	"io"
	"lacuna/internal/exit"
	"lacuna/internal/output"
)

// hushed does do. When it is to be quiet, what that prints waits until it is known
// how it ends, and is dropped unless that is for somebody to see. Where somebody is
// asked a question, there is somebody to see it all.
func (a *app) hushed(quiet bool, do func() error) error {
	if !quiet || a.asks() {
		return do()
	}
	stdout, stderr := a.stdout, a.stderr
	var out, errs bytes.Buffer
	a.stdout, a.stderr = output.NewScreen(&out), output.NewScreen(&errs)
	err := do()
	a.stdout, a.stderr = stdout, stderr
	if coded := (*exit.Error)(nil); err == nil || errors.As(err, &coded) && coded.Code == exit.CodeWaiting {
		return err
	}
	_, outErr := io.Copy(stdout.Foreign(), &out)
	_, errsErr := io.Copy(stderr.Foreign(), &errs)
	return errors.Join(err, outErr, errsErr)
}
