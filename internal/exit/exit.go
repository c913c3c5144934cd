// Package exit has the codes with which the program ends, and the errors that decide
// them. Whoever else shows such an error, a page for example, reads from its code whose
// fault it is.
package exit

import "fmt"

// Codes that scripts rely on.
const (
	CodeError       = 1
	CodeGaps        = 2 // only with --detailed-exitcode
	CodeRemain      = 3 // finished, and something new is wrong: failed, deferred, or days newly found so
	CodeRefused     = 4
	CodeUnreachable = 5
	CodeWaiting     = 6 // nothing new is wrong, but days wait for their next ask; only with --detailed-exitcode
	CodeUsage       = 64
	CodeInterrupted = 130
)

// Error is an error that decides the code. Without Err nothing is printed: the
// output has said it all.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// New returns an error with a code and a text; format may have %w.
func New(code int, format string, args ...any) error {
	return &Error{code, fmt.Errorf(format, args...)}
}

// Usage is the error of a flag or an argument that cannot be meant.
func Usage(format string, args ...any) error { return New(CodeUsage, format, args...) }
