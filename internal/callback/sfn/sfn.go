// Package sfn answers task tokens through the API of Step Functions. It decides
// nothing about an answer.
package sfn

import (
	"context"
	"errors"
	"fmt"

	"lacuna/internal/callback"
	"lacuna/internal/fault"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Callback is a callback.Callback. Use New.
type Callback struct{ client *sfn.Client }

// New returns the Callback that asks through client. The client tries again
// what is throttled or gets no answer: a Success whose answer was lost is then
// told that the token is gone, which is as good.
func New(client *sfn.Client) *Callback { return &Callback{client} }

// Success implements callback.Callback. An output that is no JSON, or larger
// than Step Functions takes, is an error that says so.
func (c *Callback) Success(ctx context.Context, token string, output []byte) error {
	_, err := c.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(token), Output: aws.String(string(output))})
	if errors.As(err, new(*types.InvalidOutput)) {
		return fmt.Errorf("output of %d bytes is refused: %w", len(output), err)
	}
	return gone(err)
}

// Failure implements callback.Callback.
func (c *Callback) Failure(ctx context.Context, token string, name fault.Name, cause string) error {
	_, err := c.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{
		TaskToken: aws.String(token), Error: aws.String(string(name)), Cause: aws.String(cause),
	})
	return gone(err)
}

// Heartbeat implements callback.Callback.
func (c *Callback) Heartbeat(ctx context.Context, token string) error {
	_, err := c.client.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: aws.String(token)})
	return gone(err)
}

// gone gives the errors of a token that nobody waits for their one name. A
// token is InvalidToken too when it belongs to another account.
func gone(err error) error {
	if errors.As(err, new(*types.TaskTimedOut)) || errors.As(err, new(*types.TaskDoesNotExist)) || errors.As(err, new(*types.InvalidToken)) {
		return fmt.Errorf("%w: %w", callback.ErrGone, err)
	}
	return err
}
