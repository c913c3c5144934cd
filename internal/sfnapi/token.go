package sfnapi

import (
	"context"
	"encoding/json"
)

type taskInput struct {
	Token *string `json:"taskToken"`
}

// maxToken is how many characters a task token has at most.
const maxToken = 2048

func (in taskInput) token() (v validation) {
	v.required("taskToken", in.Token)
	v.most("taskToken", in.Token, maxToken)
	return v
}

func (in taskInput) check() error {
	v := in.token()
	return v.err()
}

// The operations first look at what the members are (their text, their length), then at
// the token, and last at the output.

type successInput struct {
	taskInput
	Output *string `json:"output"`
}

func (in successInput) check() error {
	v := in.token()
	if in.Output == nil {
		v.required("output", in.Output)
	}
	return v.err()
}

func (s *Server) sendTaskSuccess(_ context.Context, in successInput) (empty, error) {
	return empty{}, s.engine.SendTaskSuccess(*in.Token, json.RawMessage(*in.Output))
}

type failureInput struct {
	taskInput
	Error *string `json:"error"`
	Cause *string `json:"cause"`
}

func (in failureInput) check() error {
	v := in.token()
	v.failure(in.Error, in.Cause)
	return v.err()
}

func (s *Server) sendTaskFailure(_ context.Context, in failureInput) (empty, error) {
	return empty{}, s.engine.SendTaskFailure(*in.Token, deref(in.Error), deref(in.Cause))
}

func (s *Server) sendTaskHeartbeat(_ context.Context, in taskInput) (empty, error) {
	return empty{}, s.engine.SendTaskHeartbeat(*in.Token)
}
