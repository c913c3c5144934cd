package main

import (
	"errors"

	"lacuna/internal/exit"
)

// hushed does do. When it is to be quiet, what that prints waits until it is known
// how it ends, and is dropped unless that is for somebody to see. Where somebody is
// asked a question, there is somebody to see it all.
func (a *app) hushed(quiet bool, do func() error) error {
	if !quiet || a.asks() {
		return do()
	}
	stdout, stderr := a.stdout.Hold(), a.stderr.Hold()
	err := do()
	if told := errors.Join(stdout(!isGood(err)), stderr(!isGood(err))); told != nil {
		return errors.Join(err, told)
	}
	return err
}

// isGood reports whether a run that ends with err has nothing new to say.
func isGood(err error) bool {
	coded := (*exit.Error)(nil)
	return err == nil || errors.As(err, &coded) && coded.Code == exit.CodeWaiting
}
