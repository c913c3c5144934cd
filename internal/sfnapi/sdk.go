package sfnapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lacuna/internal/engine"

	"github.com/google/uuid"
)

// callSDK is an operation of this API as the integration arn:aws:states:::aws-sdk:sfn:...:
// a child answers its parent by sendTaskSuccess.
func (s *Server) callSDK(ctx context.Context, name string, do operation, parameters json.RawMessage) (json.RawMessage, error) {
	body, err := request(parameters)
	if err != nil {
		return nil, sdkError(err)
	}
	if name == "StartExecution" {
		if err := s.starts.Wait(ctx); err != nil {
			return nil, err
		}
	}
	text, err := s.answer(ctx, name, do, body)
	if err != nil {
		return nil, sdkError(err)
	}
	done, err := s.hands.work(ctx, len(text))
	if err != nil {
		return nil, err
	}
	defer done()
	var answer any
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	return json.Marshal(sdkShape("", answer))
}

// request is the body of a request with the parameters of a state. Their names begin with
// a capital letter, which makes no difference when they are read. What is given to a
// member that wants JSON as text travels as its text.
func request(parameters json.RawMessage) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(parameters, &members); err != nil {
		return nil, fail("SerializationException", "%s", err)
	}
	for _, name := range []string{"Input", "Output", "Definition", "Cause"} {
		if value := given(members[name]); value != nil && value[0] != '"' {
			text, err := json.Marshal(string(value))
			if err != nil {
				return nil, err
			}
			members[name] = text
		}
	}
	return json.Marshal(members)
}

// sdkShape is a value of an answer as the aws-sdk integrations show it: names begin with a
// capital letter, times are text, and what is null is left out.
func sdkShape(name string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for key, member := range v {
			if member != nil {
				members[capital(key)] = sdkShape(key, member)
			}
		}
		return members
	case []any:
		for i := range v {
			v[i] = sdkShape(name, v[i])
		}
	case float64:
		if strings.HasSuffix(name, "Date") || name == "timestamp" {
			return time.UnixMilli(int64(math.Round(v * 1000))).UTC().Format("2006-01-02T15:04:05.000Z")
		}
	}
	return value
}

func capital(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return name
	}
	return string(unicode.ToUpper(first)) + name[size:]
}

// sdkError is a refusal as the aws-sdk integrations name it (recorded on AWS).
func sdkError(err error) error {
	return refusedBy("Sfn.", err, func(e *engine.APIError) string {
		return fmt.Sprintf("%s (Service: Sfn, Status Code: 400, Request ID: %s) (SDK Attempt Count: 1)", e.Message, uuid.NewString())
	})
}

// refusedBy is an error of the API with the beginning and the ending that an integration
// gives its name, and its cause.
func refusedBy(service string, err error, cause func(*engine.APIError) string) error {
	api, ok := errors.AsType[*engine.APIError](err)
	if !ok {
		return err
	}
	return &engine.Error{Name: service + strings.TrimSuffix(api.Name, "Exception") + "Exception", Cause: cause(api)}
}
