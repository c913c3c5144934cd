package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// answered is a stack whose Step Functions answers with what is in answers, by operation; a
// text with __type is an error.
func answered(t *testing.T, answers map[string]string) *Stack {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		answer := answers[operation]
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
	return s
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
