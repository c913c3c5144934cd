package source

import (
	"context"
	"fmt"
)

// Ask answers r with one request for path. Errors begin with what: the publisher
// and its names of the series. refused is given what Get returned and says whether
// there is an answer, as Response.Refused does; parse reads it.
func (c *Client) Ask(ctx context.Context, r Request, what, path string, refused func(Response, error) error, parse func(Response) (Answer, error)) (Answer, error) {
	release, err := c.Reserve(ctx, Room(r.Span, len(r.Series)))
	if err != nil {
		return Answer{}, fmt.Errorf("%s: %w", what, err)
	}
	defer release()
	response, err := c.Get(ctx, path)
	if err = refused(response, err); err != nil {
		return Answer{Requests: response.Requests}, fmt.Errorf("%s: %w", what, err)
	}
	answer, err := parse(response)
	answer.Requests = response.Requests
	if err != nil {
		return answer, fmt.Errorf("%s %s: %w", what, r.Span, err)
	}
	return answer, nil
}
