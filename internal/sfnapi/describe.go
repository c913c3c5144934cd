package sfnapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/engine"
)

type executionInput struct {
	ARN      *string `json:"executionArn"`
	Included string  `json:"includedData"`
}

func (in executionInput) check() error {
	return checkDescribe("executionArn", in.ARN, kindExecution, in.Included)
}

type included struct {
	Included bool `json:"included"`
}

// executionHead is what DescribeExecution and ListExecutions show first.
type executionHead struct {
	ARN        string `json:"executionArn"`
	MachineARN string `json:"stateMachineArn"`
	started
	MapRunARN string   `json:"mapRunArn,omitempty"`
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Start     seconds  `json:"startDate"`
	Stop      *seconds `json:"stopDate,omitempty"`
}

func headOf(x *engine.Execution, r engine.Result) executionHead {
	return executionHead{
		ARN: x.ARN(), MachineARN: x.MachineARN(), MapRunARN: x.MapRunARN(), Name: x.Name(),
		Status: r.Status, Start: seconds(r.Start), Stop: optionalTime(r.Stop),
	}
}

type describeExecutionOutput struct {
	executionHead
	Input         *string   `json:"input,omitempty"`
	InputDetails  included  `json:"inputDetails"`
	Output        *string   `json:"output,omitempty"`
	OutputDetails *included `json:"outputDetails,omitempty"`
	Error         *string   `json:"error,omitempty"`
	Cause         *string   `json:"cause,omitempty"`
	RedriveCount  int       `json:"redriveCount"`
	RedriveDate   *seconds  `json:"redriveDate,omitempty"`
	RedriveStatus string    `json:"redriveStatus"`
	RedriveReason string    `json:"redriveStatusReason,omitempty"`
}

func (s *Server) describeExecution(_ context.Context, in executionInput) (out describeExecutionOutput, err error) {
	x, of, err := s.execution(*in.ARN)
	if err != nil {
		return out, err
	}
	data, r := in.Included != metadataOnly, x.Result()
	out = describeExecutionOutput{
		executionHead: headOf(x, r), InputDetails: included{data}, Error: r.Error, Cause: r.Cause,
		RedriveCount: r.RedriveCount, RedriveDate: optionalTime(r.RedriveDate), RedriveStatus: r.RedriveStatus, RedriveReason: r.RedriveStatusReason,
	}
	if x == of.Execution {
		out.started = of.started
	}
	if r.Output != nil {
		out.OutputDetails = &included{data}
	}
	if data {
		out.Input = new(string(x.Input()))
		if r.Output != nil {
			out.Output = new(string(r.Output))
		}
	}
	return out, nil
}

type describeForExecutionOutput struct {
	ARN        string          `json:"stateMachineArn"`
	Name       string          `json:"name"`
	Definition string          `json:"definition,omitempty"`
	RoleARN    string          `json:"roleArn"`
	Updated    seconds         `json:"updateDate"`
	Logging    json.RawMessage `json:"loggingConfiguration"`
	Tracing    json.RawMessage `json:"tracingConfiguration"`
	Revision   string          `json:"revisionId,omitempty"`
	MapRunARN  string          `json:"mapRunArn,omitempty"`
	Label      string          `json:"label,omitempty"`
}

// describeStateMachineForExecution shows the machine as the execution began with it;
// for the child of a map run that of its parent.
func (s *Server) describeStateMachineForExecution(_ context.Context, in executionInput) (out describeForExecutionOutput, err error) {
	x, of, err := s.execution(*in.ARN)
	if err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out = describeForExecutionOutput{
		ARN: x.MachineARN(), Name: of.machine.name, Definition: of.revision.definition, RoleARN: of.revision.role, Updated: seconds(of.revision.updated),
		Logging: of.revision.logging, Tracing: of.revision.tracing, Revision: of.revision.id, MapRunARN: x.MapRunARN(),
	}
	if x.MapRunARN() != "" {
		_, out.Label, _ = strings.Cut(x.MachineARN(), "/")
	}
	if in.Included == metadataOnly {
		out.Definition = ""
	}
	return out, nil
}

type listExecutionsInput struct {
	page
	ARN       *string `json:"stateMachineArn"`
	MapRunARN *string `json:"mapRunArn"`
	Status    string  `json:"statusFilter"`
	Redrive   string  `json:"redriveFilter"`
}

type executionItem struct {
	executionHead
	RedriveCount int      `json:"redriveCount"`
	RedriveDate  *seconds `json:"redriveDate,omitempty"`

	position int64
}

// listExecutions lists executions, the last started first.
func (s *Server) listExecutions(_ context.Context, in listExecutionsInput) (list, error) {
	all, err := s.executionsOf(in)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(x executionItem) bool {
		return in.Status != "" && x.Status != in.Status ||
			in.Redrive == "REDRIVEN" && x.RedriveCount == 0 || in.Redrive == "NOT_REDRIVEN" && x.RedriveCount > 0
	})
	of := fmt.Sprintf("executions %q %q %s %s", deref(in.ARN), deref(in.MapRunARN), in.Status, in.Redrive)
	return part(s, "executions", in.page, of, all, func(x executionItem) int64 { return x.position }, asIs)
}

func (in listExecutionsInput) check() error {
	var v validation
	v.oneOf("statusFilter", in.Status, engine.Succeeded, engine.TimedOut, "PENDING_REDRIVE", engine.Aborted, engine.Failed, engine.Running)
	v.oneOf("redriveFilter", in.Redrive, "REDRIVEN", "NOT_REDRIVEN")
	v.page(in.page, 3096)
	if err := v.err(); err != nil {
		return err
	}
	switch {
	case in.MapRunARN != nil && in.ARN != nil:
		return fail("ValidationException", "You can specify either a mapRunArn or a stateMachineArn, but not both")
	case in.MapRunARN != nil:
		return checkARN("mapRunArn", in.MapRunARN, kindMapRun)
	case in.Status == "PENDING_REDRIVE":
		return fail("ValidationException", "statusFilter PENDING_REDRIVE needs a mapRunArn")
	}
	return checkARN("stateMachineArn", in.ARN, kindMachine)
}

// executionsOf gives the executions of a machine, of those that were started as one of its
// versions or aliases, or of a map run; the last first.
func (s *Server) executionsOf(in listExecutionsInput) ([]executionItem, error) {
	if in.MapRunARN != nil {
		run, _, err := s.mapRun(*in.MapRunARN)
		if err != nil {
			return nil, err
		}
		items := make([]executionItem, len(run.Children))
		for i, child := range run.Children {
			items[len(items)-1-i] = itemOf(child, -int64(i))
		}
		return items, nil
	}
	s.mu.Lock()
	t, err := s.target(*in.ARN)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	runs := slices.Clone(t.machine.runs)
	s.mu.Unlock()
	items := []executionItem{}
	for _, x := range slices.Backward(runs) {
		if as := x.started; t.version == nil || as.VersionARN == *in.ARN || as.AliasARN == *in.ARN {
			item := itemOf(x.Execution, -x.seq)
			item.started = as
			items = append(items, item)
		}
	}
	return items, nil
}

func itemOf(x *engine.Execution, position int64) executionItem {
	r := x.Result()
	return executionItem{executionHead: headOf(x, r), RedriveCount: r.RedriveCount, RedriveDate: optionalTime(r.RedriveDate), position: position}
}
