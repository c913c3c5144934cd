package sfnapi

import (
	"context"
	"fmt"
	"slices"

	"lacuna/internal/engine"
)

type historyInput struct {
	ofExecution
	Reverse bool  `json:"reverseOrder"`
	Data    *bool `json:"includeExecutionData"` // nil is true
}

func (s *Server) getExecutionHistory(_ context.Context, in historyInput) (list, error) {
	x, _, err := s.execution(*in.ARN)
	if err != nil {
		return nil, err
	}
	events, sign := x.History(), int64(1)
	if in.Reverse {
		events, sign = slices.Clone(events), -1
		slices.Reverse(events)
	}
	of := fmt.Sprintf("history %s %t", *in.ARN, in.Reverse)
	show := asIs[engine.Event]
	if in.Data != nil && !*in.Data {
		show = withoutData
	}
	return part(s, "events", in.page, of, events, func(e engine.Event) int64 { return sign * e.ID }, show)
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
