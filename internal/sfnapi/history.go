package sfnapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"lacuna/internal/engine"
)

type historyInput struct {
	page
	ARN     *string `json:"executionArn"`
	Reverse bool    `json:"reverseOrder"`
	Data    *bool   `json:"includeExecutionData"` // nil is true
}

type historyOutput struct {
	Events []json.RawMessage `json:"events"`
	Next   *string           `json:"nextToken,omitempty"`
}

func (s *Server) getExecutionHistory(_ context.Context, in historyInput) (out historyOutput, err error) {
	x, err := s.listed(in.page, in.ARN)
	if err != nil {
		return out, err
	}
	events, sign := x.History(), int64(1)
	if in.Reverse {
		events, sign = slices.Clone(events), -1
		slices.Reverse(events)
	}
	list := fmt.Sprintf("history %s %t", *in.ARN, in.Reverse)
	show := asIs[engine.Event]
	if in.Data != nil && !*in.Data {
		show = withoutData
	}
	out.Events, out.Next, err = part(s, in.page, list, events, func(e engine.Event) int64 { return sign * e.ID }, show)
	return out, err
}

// withoutData is an event without what passes through the states.
func withoutData(e engine.Event) any {
	if e.Details != nil {
		details := *e.Details
		details.Input, details.Output, details.Parameters, details.AssignedVariables = nil, nil, nil, nil
		e.Details = &details
	}
	return e
}
