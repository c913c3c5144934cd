// Package callback says how a worker answers the task token that Step
// Functions gave it. Nothing here knows AWS.
package callback

import (
	"context"
	"errors"

	"lacuna/internal/fault"
)

// ErrGone says that nobody waits for the token any more: it was answered, timed
// out, or its execution is over. The worker drops its message.
var ErrGone = errors.New("task token is gone")

// Callback answers task tokens. Every method returns ErrGone, wrapped or not,
// for a token that nobody waits for; any other error means that Step Functions
// could not be asked.
type Callback interface {
	// Success ends the task with output, which is JSON.
	Success(ctx context.Context, token string, output []byte) error
	// Failure ends the attempt with an error that Retry and Catch match by name.
	Failure(ctx context.Context, token string, name fault.Name, cause string) error
	// Heartbeat says that the worker lives.
	Heartbeat(ctx context.Context, token string) error
}
