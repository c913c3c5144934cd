package main

import "fmt"

// Exit codes that scripts rely on.
const (
	exitError       = 1
	exitGaps        = 2 // only with --detailed-exitcode
	exitRemain      = 3 // finished, but days of the series and range remain
	exitRefused     = 4
	exitUnreachable = 5
	exitUsage       = 64
	exitInterrupted = 130
)

// exitCode is an error that decides the exit code. Without err nothing is
// printed: the output has said it all.
type exitCode struct {
	code int
	err  error
}

func (e *exitCode) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitCode) Unwrap() error { return e.err }

func exit(code int, format string, args ...any) error {
	return &exitCode{code, fmt.Errorf(format, args...)}
}

func usage(format string, args ...any) error { return exit(exitUsage, format, args...) }
