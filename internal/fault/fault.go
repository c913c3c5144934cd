// Package fault has the error names that the state machine's Retry and Catch
// match. An error gets its name where it is understood; everything above wraps
// it with %w, and only the outermost layer of a Lambda reads the name back.
package fault

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Name is an error name as written in ErrorEquals of the ASL file.
type Name string

// The names, see the Retry of each state for what is done about them.
const (
	Throttled        Name = "Source.Throttled"   // 429, or the publisher's own words
	Unavailable      Name = "Source.Unavailable" // 5xx, reset, timeout, an HTML page
	Down             Name = "Source.Down"        // the breaker is open: not asked at all
	Malformed        Name = "Source.Malformed"   // unreadable or impossible body
	Rejected         Name = "Source.Rejected"    // our request is wrong
	StoreThrottled   Name = "Store.Throttled"
	StoreUnavailable Name = "Store.Unavailable" // no answer, or held by another for long
	StoreUnusable    Name = "Store.Unusable"    // full, damaged, gone, or not ours to use: asking again helps nobody
	InputInvalid     Name = "Input.Invalid"     // an execution's input, or a message, that cannot be meant
	Internal         Name = "Lacuna.Internal"   // any error without a name
)

// Error is an error with a Name. Match it with errors.As on *Error.
type Error struct {
	Name Name
	Err  error
}

func (e *Error) Error() string { return string(e.Name) + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// New returns an error called name; format and args are those of fmt.Errorf.
func New(name Name, format string, args ...any) error {
	return &Error{Name: name, Err: fmt.Errorf(format, args...)}
}

// NameOf returns the name of err: the first found when unwrapping, else Internal.
func NameOf(err error) Name {
	if named := (*Error)(nil); errors.As(err, &named) {
		return named.Name
	}
	return Internal
}

// maxMessage bounds what travels in a Cause, in bytes.
const maxMessage = 300

// Message returns the text of err for a Cause: at most 300 bytes, whole characters.
func Message(err error) string {
	text := err.Error()
	if len(text) <= maxMessage {
		return text
	}
	const more = "..."
	cut := maxMessage - len(more)
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + more
}

// Bare returns err without its name in front: the name is for the state machine.
func Bare(err error) error {
	if named := (*Error)(nil); errors.As(err, &named) {
		return named.Err
	}
	return err
}
