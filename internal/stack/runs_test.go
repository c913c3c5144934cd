package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// answered is a stack whose Step Functions answers with what is in answers, by operation; a
// text with __type is an error.
func answered(t *testing.T, answers map[string]string) *Stack {
	t.Helper()
	s, _ := counted(t, answers)
	return s
}

// counted is answered, and counts the calls of an operation.
func counted(t *testing.T, answers map[string]string) (*Stack, func(operation string) int) {
	t.Helper()
	var mu sync.Mutex
	calls := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		mu.Lock()
		answer := answers[operation]
		calls[operation]++
		mu.Unlock()
		if strings.Contains(answer, "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	s, err := newStack(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), RetryMaxAttempts: 1,
	}, parts{Table: "rates", StateMachineARN: "arn:aws:states:eu-west-1:123456789012:stateMachine:rates"})
	if err != nil {
		t.Fatal(err)
	}
	return s, func(operation string) int {
		mu.Lock()
		defer mu.Unlock()
		return calls[operation]
	}
}

// A list that is asked for again describes what goes on, and of what has ended only what was
// not described, or was redriven since.
func TestEndedExecutionsAreDescribedOnce(t *testing.T) {
	answers := map[string]string{"Query": `{"Items":[],"Count":0}`}
	s, calls := counted(t, answers)
	tests := []struct {
		name, status, stopped string
		want                  int // descriptions so far
	}{
		{"it goes on", "RUNNING", "", 1}, {"it goes on still", "RUNNING", "", 2}, {"it has ended", "FAILED", "1782864009", 3}, {"again", "FAILED", "1782864009", 3},
		{"it was redriven", "RUNNING", "", 4}, {"and has ended so again", "FAILED", "1782864099", 5}, {"again after that", "FAILED", "1782864099", 5},
	}
	for _, tt := range tests {
		end := ""
		if tt.stopped != "" {
			end = `,"stopDate":` + tt.stopped
		}
		answers["ListExecutions"] = `{"executions":[{"executionArn":"arn","stateMachineArn":"arn","name":"x","status":"` + tt.status + `","startDate":1782864000` + end + `}]}`
		answers["DescribeExecution"] = `{"executionArn":"arn","stateMachineArn":"arn","name":"x","input":"{}","status":"` + tt.status + `","startDate":1782864000` + end + `}`
		list, err := s.Executions(t.Context(), 5)
		if err != nil || len(list) != 1 || list[0].Status != tt.status || list[0].Stopped.IsZero() != (tt.stopped == "") {
			t.Errorf("%s: %+v, %v", tt.name, list, err)
		}
		if n := calls("DescribeExecution"); n != tt.want {
			t.Errorf("%s: described %d times, want %d", tt.name, n, tt.want)
		}
	}
}

// What is kept of executions has a bound.
func TestEndedExecutionsAreBounded(t *testing.T) {
	var e ended
	for i := range 100 {
		name, stopped := fmt.Sprint(i), time.Unix(1, 0)
		x := types.ExecutionListItem{Name: &name, Status: types.ExecutionStatusFailed, StopDate: &stopped}
		e.keep(x, store.Execution{Name: name, Status: "FAILED", Cause: strings.Repeat("x", 1<<20)})
		if _, ok := e.find(x); !ok {
			t.Fatalf("%s is not kept", name)
		}
	}
	if e.bytes > maxEnded || len(e.of) > maxEnded>>20 {
		t.Errorf("%d bytes of %d executions are kept", e.bytes, len(e.of))
	}
}

// The definition is the one that a run ran; who may not ask for it gets the one of now, and
// is told so.
func TestDefinition(t *testing.T) {
	const (
		ran    = `{"definition":"{\"StartAt\":\"Ran\"}","name":"rates","roleArn":"arn:aws:iam::1:role/r","stateMachineArn":"arn","updateDate":1}`
		now    = `{"definition":"{\"StartAt\":\"Now\"}","name":"rates","roleArn":"arn:aws:iam::1:role/r","stateMachineArn":"arn","type":"STANDARD","creationDate":1}`
		denied = `{"__type":"AccessDeniedException","message":"not authorized to perform: states:DescribeStateMachineForExecution"}`
	)
	tests := []struct {
		name, ran, now, want string
		as                   error
		says                 string
	}{
		{"known", ran, now, `{"StartAt":"Ran"}`, nil, ""},
		{"not allowed", denied, now, `{"StartAt":"Now"}`, store.ErrNotItsDefinition, "states:DescribeStateMachineForExecution"},
		{"nothing is allowed", denied, denied, "", nil, "definition of run x: "},
		{"forgotten", `{"__type":"ExecutionDoesNotExist","message":"gone"}`, now, "", nil, ""},
		{"throttled", `{"__type":"ThrottlingException","message":"slow down"}`, now, "", nil, "definition of run x: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := answered(t, map[string]string{"DescribeStateMachineForExecution": tt.ran, "DescribeStateMachine": tt.now})
			text, err := s.Definition(t.Context(), "x")
			if string(text) != tt.want || errors.Is(err, store.ErrNotItsDefinition) != (tt.as != nil) || (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Definition = %s, %v", text, err)
			}
		})
	}
}

func TestEventsAfterAnId(t *testing.T) {
	var events []string
	for id := 5; id > 0; id-- { // as they are asked for: from the end
		events = append(events, fmt.Sprintf(`{"id":%d,"previousEventId":%d,"timestamp":1782864001,"type":"PassStateEntered","stateEnteredEventDetails":{"name":"S%[1]d"}}`, id, id-1))
	}
	s := answered(t, map[string]string{"GetExecutionHistory": `{"events":[` + strings.Join(events, ",") + `]}`})
	for after, want := range map[int64]string{0: "12345", 3: "45", 5: ""} {
		found, err := s.Events(t.Context(), "x", after)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range found {
			got += fmt.Sprint(e.ID)
		}
		if got != want {
			t.Errorf("Events behind %d have the ids %q, want %q", after, got, want)
		}
	}
	one, err := s.Event(t.Context(), "x", 4)
	if err != nil || one.ID != 4 || !json.Valid(one.Details) || !strings.Contains(string(one.Details), "S4") {
		t.Errorf("Event = %+v, %v", one, err)
	}
	if _, err := s.Event(t.Context(), "x", 6); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("Event that is not there: %v, want ErrUnknown", err)
	}
}
