package plainbody_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"lacuna/internal/plainbody"
)

// late is the transport at the moment that matters: it has sent the body, the answer has
// begun and the SDK has closed the body, and only then it looks whether more follows.
type late struct{ seen error }

func (l *late) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.CopyN(io.Discard, r.Body, r.ContentLength); err != nil {
		return nil, err
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	_, l.seen = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func request(t *testing.T) *http.Request {
	t.Helper()
	r, err := smithyhttp.NewStackRequest().(*smithyhttp.Request).SetStream(strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Build(t.Context())
}

func TestAClosedBodyEnds(t *testing.T) {
	var transport late
	if _, err := (plainbody.Client{Next: &transport}).Do(request(t)); err != nil || transport.seen != nil {
		t.Errorf("a body that was closed after it was sent: %v, %v", err, transport.seen)
	}
}

// When this fails, the SDK does it right and the package may go.
func TestTheSDKStillNeedsIt(t *testing.T) {
	var transport late
	if _, err := transport.Do(request(t)); err != nil || transport.seen == nil {
		t.Errorf("the SDK's own body: %v, %v", err, transport.seen)
	}
}

func TestNoBody(t *testing.T) {
	r := request(t)
	r.Body = nil
	seen := sees{}
	if _, err := (plainbody.Client{Next: &seen}).Do(r); err != nil || seen.body != nil {
		t.Errorf("a request without a body got %v, %v", seen.body, err)
	}
}

type sees struct{ body io.ReadCloser }

func (s *sees) Do(r *http.Request) (*http.Response, error) {
	s.body = r.Body
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}
