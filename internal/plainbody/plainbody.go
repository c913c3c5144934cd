// Package plainbody keeps the AWS SDK from cutting its own connections.
//
// The SDK closes a request's body as soon as an answer begins. Where net/http still
// looks then whether more of the body follows, the closed body's WriteTo says io.EOF,
// which is no answer of a WriterTo but an error: net/http takes the connection for broken
// and the answer is cut. Read says io.EOF rightly, so bodies are sent that can only be read.
package plainbody

import (
	"io"
	"net/http"
)

// A Sender sends requests, as aws.HTTPClient does.
type Sender interface {
	Do(*http.Request) (*http.Response, error)
}

// Client is a Sender that sends by Next.
type Client struct{ Next Sender }

// Do implements Sender.
func (c Client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context()) // a copy: the caller's body is the caller's to close
		r.Body = body{r.Body}
	}
	return c.Next.Do(r)
}

// body hides every method of a body but these.
type body struct{ io.ReadCloser }
