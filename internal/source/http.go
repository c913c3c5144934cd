package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/fault"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Client asks one publisher over HTTP, no faster than the publisher is promised.
// It may be used by several goroutines. Use NewClient.
type Client struct {
	base    string // without user and password: it may be shown
	agent   string
	reach   *reach
	timeout time.Duration
	limiter *rate.Limiter
	http    *http.Client
	headers []Header            // sent besides the client's own
	secret  *Secret             // nil: none
	limit   int                 // bytes of a body
	room    *semaphore.Weighted // bytes for its answers
}

// NewClient returns a client for the publisher at base, an http or https URL up
// to and including the path prefix, without a query. A user and a password in it
// are sent, and never shown. A request, its body included, may last timeout; at
// most perSecond requests are sent in a second.
//
// A redirect may lead to https at the publisher's site, or to the same host over
// http when base is of http; it keeps the port. Private addresses are asked only
// when base has one.
func NewClient(base string, timeout time.Duration, perSecond float64, options ...Option) (*Client, error) {
	to, err := parseAddress(base)
	if err != nil {
		return nil, err
	}
	if timeout <= 0 || perSecond <= 0 {
		return nil, fmt.Errorf("client of %s: time-out %s and rate %g must be positive", to, timeout, perSecond)
	}
	c := &Client{
		base:    to.String(),
		agent:   userAgent,
		reach:   newReach(to),
		timeout: timeout,
		limiter: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond))),
		limit:   maxBody,
		room:    semaphore.NewWeighted(room),
	}
	c.http = &http.Client{Transport: c.reach, CheckRedirect: c.reach.checkRedirect}
	for _, option := range options {
		if err := option(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Response is what a publisher sent. Its meaning is in the body: the same
// status says "nothing there" at one publisher and "wrong request" at another.
type Response struct {
	Requests int // HTTP requests made: 0 or 1, with an error too
	Status   int // 0: no answer; that of an error in the body rather than HTTP's
	Body     []byte
	Link     string // the header of that name: where else there is more
}

// RetryAfter is a publisher's wish not to be asked again for so long. It is
// found with errors.As in an error named Throttled or Unavailable.
type RetryAfter time.Duration

func (r RetryAfter) Error() string { return "retry after " + time.Duration(r).String() }

// Get asks for base+path; path begins with a slash and is escaped.
//
// Errors are named Throttled (429, or a page that says so), Unavailable (no
// answer in time, a broken transfer, 5xx, 201 to 399, an HTML page whatever its status, an
// error of that kind in a body whatever its status) or
// Malformed (a body over the size cap); the response then holds what came.
// When ctx ends it is ctx's error, without a name. Any other status is not an
// error here: the caller knows the publisher's words.
func (c *Client) Get(ctx context.Context, path string) (Response, error) {
	return c.get(ctx, path, false)
}

// GetPage is Get for what is an HTML page, such as a folder's listing: a page
// with the status 200 or 404 is no error.
func (c *Client) GetPage(ctx context.Context, path string) (Response, error) {
	return c.get(ctx, path, true)
}

func (c *Client) get(ctx context.Context, path string, page bool) (Response, error) {
	address := c.base + path
	tape, _ := ctx.Value(tapeKey{}).(*Tape)
	if tape != nil && tape.plays {
		return tape.play(address, path, page)
	}
	if err := c.limiter.Wait(ctx); err != nil {
		if ctx.Err() == nil { // its turn would come after ctx's deadline
			return Response{}, fmt.Errorf("%w: %w (GET %s)", err, context.DeadlineExceeded, address)
		}
		return Response{}, fmt.Errorf("%w (GET %s)", ctx.Err(), address)
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	response, header, err := c.do(timed, address)
	c.watched(ctx, address, response)
	switch {
	case err == nil:
		tape.keep(path, response, c.secret.short())
		return response, judge(address, response, header, page)
	case ctx.Err() != nil:
		return response, fmt.Errorf("%w (GET %s)", ctx.Err(), address)
	case timed.Err() != nil:
		return response, fault.New(fault.Unavailable, "no whole answer within %s (GET %s)", c.timeout, address)
	case errors.Is(err, errTooLong):
		return response, fault.New(fault.Malformed, "%w (GET %s)", err, address)
	}
	return response, fault.New(fault.Unavailable, "%w (GET %s)", short(c.secret.maskError(err)), address)
}

func (c *Client) do(ctx context.Context, address string) (Response, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Response{}, nil, err
	}
	c.introduce(request)
	c.secret.addTo(request)
	response := Response{Requests: 1}
	answer, err := c.http.Do(request)
	if err != nil {
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err // the address is in our own message
		}
		return response, nil, err
	}
	defer answer.Body.Close()
	response.Status = answer.StatusCode
	response.Link = string(c.secret.mask([]byte(strings.Join(answer.Header.Values("Link"), ", "))))
	body, err := readBody(answer.Body, answer.ContentLength, c.limit)
	response.Body = c.secret.mask(bytes.TrimPrefix(body, []byte("\ufeff")))
	if said, _ := response.Said(); said != 0 && !passes(response.Status) {
		response.Status = said
	}
	return response, answer.Header, err
}

// judge names the answers that mean the same at every publisher; page says that
// one was asked for. The address comes last, because messages are cut to fit
// into a Cause.
func judge(address string, r Response, header http.Header, page bool) error {
	isPage := bytes.HasPrefix(bytes.TrimSpace(r.Body[:min(len(r.Body), 512)]), []byte("<"))
	what := "status " + strconv.Itoa(r.Status)
	if isPage {
		what += ", an HTML page"
	}
	name := fault.Unavailable
	switch {
	case r.Status == http.StatusTooManyRequests || isPage && saysTooMany(r.Body):
		name = fault.Throttled
	case r.Status == http.StatusOK && squeezed(header):
		return fault.New(fault.Malformed, "a body in the Content-Encoding %.30q, which was not asked for (GET %s)", header.Get("Content-Encoding"), address)
	case !isPage && !passes(r.Status),
		page && (r.Status == http.StatusOK || r.Status == http.StatusNotFound):
		return nil
	}
	if after, ok := retryAfter(header, time.Now()); ok {
		return fault.New(name, "%s, %w (GET %s)", what, after, address)
	}
	return fault.New(name, "%s (GET %s)", what, address)
}

// passes reports whether a status is of a breakdown that may pass: also one of no
// content, a part of it, or a redirect to nowhere, whose bodies prove nothing.
func passes(status int) bool {
	return status >= 500 || status != http.StatusOK && status < 400 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
}

// squeezed reports whether a body is still compressed, as one in gzip, which is asked for,
// no longer is.
func squeezed(header http.Header) bool {
	switch strings.ToLower(header.Get("Content-Encoding")) {
	case "deflate", "br", "zstd", "gzip", "x-gzip", "compress":
		return true
	}
	return false
}

func saysTooMany(body []byte) bool {
	return bytes.Contains(bytes.ToLower(body[:min(len(body), 4096)]), []byte("too many requests"))
}

// retryAfter reads the Retry-After header: seconds, or a date by the
// publisher's own clock.
func retryAfter(header http.Header, now time.Time) (RetryAfter, bool) {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return RetryAfter(time.Duration(seconds) * time.Second), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if theirs, err := http.ParseTime(header.Get("Date")); err == nil {
		now = theirs
	}
	return RetryAfter(max(0, at.Sub(now))), true
}

// Refused returns err, that of Get, or where it is nil the error, named Rejected, for
// a status of 400 or more that the caller has no better words for.
func (r Response) Refused(err error) error {
	if err != nil || r.Status < 400 {
		return err
	}
	text := strings.Join(strings.Fields(string(r.Body[:min(len(r.Body), 200)])), " ")
	return fault.New(fault.Rejected, "status %d: %q", r.Status, text)
}
