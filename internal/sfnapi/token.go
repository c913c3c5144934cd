package sfnapi

import (
	"context"
	"encoding/json"
)

type taskInput struct {
	Token  *string `json:"taskToken"`
	Output *string `json:"output"`
	Error  *string `json:"error"`
	Cause  *string `json:"cause"`
}

// maxToken is how many characters a task token has at most.
const maxToken = 2048

// The operations first look at what the members are (their text, their length), then at
// the token, and last at the output.

func (s *Server) sendTaskSuccess(_ context.Context, in taskInput) (empty, error) {
	v := in.token()
	if in.Output == nil {
		v.required("output", in.Output)
	}
	if err := v.err(); err != nil {
		return empty{}, err
	}
	return empty{}, s.engine.SendTaskSuccess(*in.Token, json.RawMessage(*in.Output))
}

func (s *Server) sendTaskFailure(_ context.Context, in taskInput) (empty, error) {
	v := in.token()
	v.failure(in.Error, in.Cause)
	if err := v.err(); err != nil {
		return empty{}, err
	}
	return empty{}, s.engine.SendTaskFailure(*in.Token, deref(in.Error), deref(in.Cause))
}

func (s *Server) sendTaskHeartbeat(_ context.Context, in taskInput) (empty, error) {
	v := in.token()
	if err := v.err(); err != nil {
		return empty{}, err
	}
	return empty{}, s.engine.SendTaskHeartbeat(*in.Token)
}

func (in taskInput) token() (v validation) {
	v.required("taskToken", in.Token)
	v.most("taskToken", in.Token, maxToken)
	return v
}
