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

func (s *Server) sendTaskSuccess(_ context.Context, in taskInput) (empty, error) {
	var v validation
	v.required("taskToken", in.Token)
	if in.Output == nil {
		v.required("output", in.Output)
	}
	if err := v.err(); err != nil {
		return empty{}, err
	}
	return empty{}, s.engine.SendTaskSuccess(*in.Token, json.RawMessage(*in.Output))
}

func (s *Server) sendTaskFailure(_ context.Context, in taskInput) (empty, error) {
	if err := required("taskToken", in.Token); err != nil {
		return empty{}, err
	}
	if err := checkFailure(in.Error, in.Cause); err != nil {
		return empty{}, err
	}
	return empty{}, s.engine.SendTaskFailure(*in.Token, deref(in.Error), deref(in.Cause))
}

func (s *Server) sendTaskHeartbeat(_ context.Context, in taskInput) (empty, error) {
	if err := required("taskToken", in.Token); err != nil {
		return empty{}, err
	}
	return empty{}, s.engine.SendTaskHeartbeat(*in.Token)
}
