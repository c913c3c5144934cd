package intrinsic

import (
	"errors"
	"fmt"

	"lacuna/internal/jsonpath"
)

// Call is a parsed intrinsic function with its arguments.
type Call struct {
	text string
	fn   *function
	args []argument
}

// argument is a literal, a path or a nested call.
type argument struct {
	literal any
	query   *jsonpath.Query
	call    *Call
}

// String is the call as it was written.
func (c *Call) String() string { return c.text }

// Eval returns the result of the call as a document. What it shares with the
// documents of env it does not change. The error is an *Error, also that of b, and
// jsonpath.ErrTooLarge of a text that is built.
func (c *Call) Eval(b *jsonpath.Budget, env jsonpath.Env) (any, error) {
	result, err := c.eval(b, env)
	if err != nil {
		return nil, &Error{Call: c.text, Err: err}
	}
	return result, nil
}

func (c *Call) eval(b *jsonpath.Budget, env jsonpath.Env) (any, error) {
	if err := b.Spend(3 * len(c.args)); err != nil { // a list that grows is there twice
		return nil, err
	}
	var few [4]any
	values := few[:0]
	for i := range c.args {
		value, err := c.args[i].eval(b, env)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return c.fn.apply(b, values)
}

func (a *argument) eval(b *jsonpath.Budget, env jsonpath.Env) (any, error) {
	switch {
	case a.call != nil:
		return a.call.eval(b, env)
	case a.query == nil:
		return a.literal, nil
	}
	value, err := a.query.Get(b, env)
	if _, ok := errors.AsType[*jsonpath.MissingError](err); ok {
		return nil, missingArgument(a.query, env)
	}
	return value, err
}

// missingArgument quotes the document in which the path found nothing, as AWS does.
func missingArgument(q *jsonpath.Query, env jsonpath.Env) error {
	return awsError("The JsonPath argument for the field '" + q.String() + "' could not be found in the input '" + q.Quoted(env) + "'")
}

// awsError is a text in AWS's own words.
type awsError string

func (e awsError) Error() string { return string(e) }

// Error says that a call could not be evaluated. AWS reports it as States.Runtime.
type Error struct {
	Call string // the whole expression, as written
	Err  error
}

// maxQuoted is how many characters of a call an error shows: three times what AWS takes for
// an argument that is a text.
const maxQuoted = 30_000

// Error is the text AWS shows after "An error occurred while executing the state ...".
func (e *Error) Error() string {
	return fmt.Sprintf("The function '%.*s' had the following error: %s", maxQuoted, e.Call, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
