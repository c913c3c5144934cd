package sfn_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/callback"
	"lacuna/internal/callback/sfn"
	"lacuna/internal/fault"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssfn "github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"
)

// sent is a request as it arrived.
type sent struct{ Target, ContentType, Body string }

// reply is an answer; status 0 breaks the connection off.
type reply struct {
	status int
	body   string
}

// api is Step Functions: it gives its replies one after the other, the last one
// for ever.
type api struct {
	mu      sync.Mutex
	replies []reply
	got     []sent
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	a.got = append(a.got, sent{r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"), string(body)})
	next := a.replies[0]
	if len(a.replies) > 1 {
		a.replies = a.replies[1:]
	}
	if next.status == 0 {
		panic(http.ErrAbortHandler) // resets the connection
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(next.status)
	io.WriteString(w, next.body) //nolint:errcheck // the client would say so
}

// start returns a Callback that asks a; it does not wait before it tries again.
func start(t *testing.T, replies ...reply) (*sfn.Callback, *api) {
	t.Helper()
	a := &api{replies: replies}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return sfn.New(awssfn.New(awssfn.Options{
		BaseEndpoint: aws.String(server.URL),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("id", "secret", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 3
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})), a
}

func TestWhatIsSent(t *testing.T) {
	tests := []struct {
		name, target string
		call         func(context.Context, *sfn.Callback) error
		want         map[string]string
	}{
		{
			"success", "AWSStepFunctions.SendTaskSuccess",
			func(ctx context.Context, c *sfn.Callback) error {
				return c.Success(ctx, "token", []byte(`{"ok":true}`))
			},
			map[string]string{"taskToken": "token", "output": `{"ok":true}`},
		},
		{
			"failure", "AWSStepFunctions.SendTaskFailure",
			func(ctx context.Context, c *sfn.Callback) error {
				return c.Failure(ctx, "token", fault.Throttled, "GET x: 429")
			},
			map[string]string{"taskToken": "token", "error": "Source.Throttled", "cause": "GET x: 429"},
		},
		{
			"heartbeat", "AWSStepFunctions.SendTaskHeartbeat",
			func(ctx context.Context, c *sfn.Callback) error { return c.Heartbeat(ctx, "token") },
			map[string]string{"taskToken": "token"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, a := start(t, reply{200, `{}`})
			if err := tt.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if len(a.got) != 1 || a.got[0].Target != tt.target || a.got[0].ContentType != "application/x-amz-json-1.0" {
				t.Fatalf("sent %+v, want %s", a.got, tt.target)
			}
			var body map[string]string
			if err := json.Unmarshal([]byte(a.got[0].Body), &body); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, body); diff != "" {
				t.Errorf("body mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// The messages are those that Step Functions answered; the name stands with and
// without its namespace.
const (
	timedOut     = `{"__type":"com.amazonaws.swf.service.v2.model#TaskTimedOut","message":"Task Timed Out: 'Provided task does not exist anymore'"}`
	doesNotExist = `{"__type":"TaskDoesNotExist","message":"Task does not exist"}`
	invalidToken = `{"__type":"com.amazonaws.swf.service.v2.model#InvalidToken","message":"Invalid Token: 'Invalid token'"}`
	invalidOut   = `{"__type":"InvalidOutput","message":"Invalid Output: 'Output is too long'"}`
	throttled    = `{"__type":"ThrottlingException","message":"Rate exceeded"}`
	denied       = `{"__type":"AccessDeniedException","message":"not authorized to perform: states:SendTaskSuccess"}`
)

func TestAnswersOfStepFunctions(t *testing.T) {
	tests := []struct {
		name     string
		replies  []reply
		gone     bool
		want     string // part of the error
		requests int
	}{
		{name: "taken", replies: []reply{{200, `{}`}}, requests: 1},
		{name: "timed out or answered already", replies: []reply{{400, timedOut}}, gone: true, want: "TaskTimedOut", requests: 1},
		{name: "no such task", replies: []reply{{400, doesNotExist}}, gone: true, want: "TaskDoesNotExist", requests: 1},
		{name: "no such token", replies: []reply{{400, invalidToken}}, gone: true, want: "InvalidToken", requests: 1},
		{name: "throttled, then taken", replies: []reply{{400, throttled}, {200, `{}`}}, requests: 2},
		{name: "throttled for ever", replies: []reply{{400, throttled}}, want: "Rate exceeded", requests: 3},
		{name: "down, then taken", replies: []reply{{503, ``}, {500, `{"__type":"InternalFailure"}`}, {200, `{}`}}, requests: 3},
		{name: "a reset, then taken", replies: []reply{{}, {200, `{}`}}, requests: 2},
		{name: "taken, but the answer was lost", replies: []reply{{}, {400, timedOut}}, gone: true, want: "TaskTimedOut", requests: 2},
		{name: "not permitted", replies: []reply{{400, denied}}, want: "states:SendTaskSuccess", requests: 1},
		{name: "output too large", replies: []reply{{400, invalidOut}}, want: "output of 11 bytes is refused", requests: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, a := start(t, tt.replies...)
			err := c.Success(t.Context(), "token-of-the-task", []byte(`{"ok":true}`))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if errors.Is(err, callback.ErrGone) != tt.gone || (err == nil) != (tt.want == "") || !strings.Contains(text, tt.want) {
				t.Errorf("Success = %v; want gone %t, %q", err, tt.gone, tt.want)
			}
			if strings.Contains(text, "token-of-the-task") {
				t.Errorf("the error carries the token: %v", err)
			}
			if len(a.got) != tt.requests {
				t.Errorf("%d requests, want %d", len(a.got), tt.requests)
			}
		})
	}
}

func TestEndOfTheContextEndsTheCall(t *testing.T) {
	c, _ := start(t, reply{200, `{}`})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Heartbeat(ctx, "token"); !errors.Is(err, context.Canceled) || errors.Is(err, callback.ErrGone) {
		t.Errorf("Heartbeat = %v, want context.Canceled", err)
	}
}

var _ callback.Callback = (*sfn.Callback)(nil)
