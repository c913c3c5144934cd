package dynamo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/dynamo"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
)

const usd = "CURRENCY#USD"

var (
	asOf = time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC)
	day1 = span.Date(2024, 1, 2)
	ever = span.Span{From: span.Date(2000, 1, 1), To: span.Date(2030, 12, 31)}
)

// request is what a client sent: the operation and its JSON.
type request struct {
	op   string
	body map[string]any
}

// answer is what DynamoDB says to it: a status and a body of JSON.
type answer struct {
	status int
	body   string
}

func ok(body string) answer { return answer{200, body} }

// refused is an error as DynamoDB writes it.
func refused(status int, name, more string) answer {
	return answer{status, `{"__type":"com.amazonaws.dynamodb.v20120810#` + name + `","message":"refused"` + more + `}`}
}

// wire is a RoundTripper in place of the network: reply says what DynamoDB
// answers to the n-th request, from 0.
type wire struct {
	reply func(n int, r request) (answer, error)

	mu   sync.Mutex
	got  []request
	when []time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	in := request{op: op}
	if err := json.Unmarshal(sent, &in.body); err != nil {
		return nil, err
	}
	w.mu.Lock()
	n := len(w.got)
	w.got, w.when = append(w.got, in), append(w.when, time.Now())
	w.mu.Unlock()
	a, err := w.reply(n, in)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// inOrder answers the n-th request with the n-th answer, and the last one again.
func inOrder(answers ...answer) func(int, request) (answer, error) {
	return func(n int, _ request) (answer, error) { return answers[min(n, len(answers)-1)], nil }
}

// newFake returns a store of the table lacuna, and its wire.
func newFake(reply func(n int, r request) (answer, error)) (*dynamo.Store, *wire) {
	w := &wire{reply: reply}
	client := dynamodb.New(dynamodb.Options{
		Region: "sa-east-1", HTTPClient: &http.Client{Transport: w}, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		BaseEndpoint: aws.String("http://dynamodb.invalid"),
	})
	return dynamo.New(client, "lacuna"), w
}

// wantSent compares a request with one written as JSON.
func wantSent(t *testing.T, got request, op, want string) {
	t.Helper()
	w := request{op: op}
	if err := json.Unmarshal([]byte(want), &w.body); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(w, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("request mismatch (-want +got):\n%s", diff)
	}
}

func observed(key string, day span.Day, value string) row.Row {
	return row.Row{
		Series: key, Day: day, Status: row.Observed, Source: "bcb-ptax", FetchedAt: asOf, Run: "run-1", Fields: row.Fields{{Name: "buy", Value: value}},
	}
}
