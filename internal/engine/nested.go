package engine

import (
	"encoding/json"

	"lacuna/internal/asl"
)

// NestedResult is the description of x, which has ended, as states:startExecution gives it: the result of .sync
// or, with decoded input and output, of .sync:2. One that did not succeed fails the
// task, with the description as its cause.
func NestedResult(x *Execution, decoded bool) (json.RawMessage, error) {
	r := x.Result()
	d := nestedDescription{
		Cause: r.Cause, Error: r.Error, ExecutionARN: x.ARN(), Input: asText(x.Input(), decoded), InputDetails: nestedIncluded{true},
		Name: x.Name(), RedriveCount: r.RedriveCount, RedriveStatus: r.RedriveStatus, RedriveStatusReason: r.RedriveStatusReason,
		StartDate: r.Start.UnixMilli(), StateMachineARN: x.MachineARN(), Status: r.Status, StopDate: r.Stop.UnixMilli(),
	}
	if r.Output != nil {
		d.Output, d.OutputDetails = asText(r.Output, decoded), &nestedIncluded{true}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	if r.Status != Succeeded {
		return nil, &Error{Name: asl.ErrorTaskFailed, Cause: string(text)}
	}
	return text, nil
}

// asText is JSON as a JSON string of its text, or, decoded, as it is.
func asText(value json.RawMessage, decoded bool) any {
	if decoded {
		return value
	}
	return string(value)
}

type nestedDescription struct {
	Cause               *string         `json:"Cause,omitempty"`
	Error               *string         `json:"Error,omitempty"`
	ExecutionARN        string          `json:"ExecutionArn"`
	Input               any             `json:"Input"`
	InputDetails        nestedIncluded  `json:"InputDetails"`
	Name                string          `json:"Name"`
	Output              any             `json:"Output,omitempty"`
	OutputDetails       *nestedIncluded `json:"OutputDetails,omitempty"`
	RedriveCount        int             `json:"RedriveCount"`
	RedriveStatus       string          `json:"RedriveStatus"`
	RedriveStatusReason string          `json:"RedriveStatusReason,omitempty"`
	StartDate           int64           `json:"StartDate"`
	StateMachineARN     string          `json:"StateMachineArn"`
	Status              string          `json:"Status"`
	StopDate            int64           `json:"StopDate"`
}

type nestedIncluded struct {
	Included bool `json:"Included"`
}
