package sfnapi

import (
	"context"

	"lacuna/internal/engine"
)

// mapRun finds a map run by its ARN, and the execution that it belongs to.
func (s *Server) mapRun(arn string) (engine.MapRun, *execution, error) {
	for _, x := range s.parents(arn) {
		for _, run := range x.MapRuns() {
			if run.ARN == arn {
				return run, x, nil
			}
		}
	}
	return engine.MapRun{}, nil, fail("ResourceNotFound", "Resource not found: '%s'", arn)
}

type mapRunItem struct {
	ExecutionARN string   `json:"executionArn"`
	ARN          string   `json:"mapRunArn"`
	MachineARN   string   `json:"stateMachineArn"`
	Start        seconds  `json:"startDate"`
	Stop         *seconds `json:"stopDate,omitempty"`

	position int64
}

func (s *Server) listMapRuns(_ context.Context, in ofExecution) (list, error) {
	x, _, err := s.execution(*in.ARN)
	if err != nil {
		return nil, err
	}
	all := []mapRunItem{}
	for i, run := range x.MapRuns() {
		all = append(all, mapRunItem{x.ARN(), run.ARN, x.MachineARN() + "/" + run.Label, seconds(run.Start), optionalTime(run.Stop), int64(i)})
	}
	return part(s, "mapRuns", in.page, "map runs "+*in.ARN, all, func(r mapRunItem) int64 { return r.position }, asIs)
}

type describeMapRunInput struct {
	ARN *string `json:"mapRunArn"`
}

func (in describeMapRunInput) check() error { return checkARN("mapRunArn", in.ARN, kindMapRun) }

type describeMapRunOutput struct {
	ARN            string   `json:"mapRunArn"`
	ExecutionARN   string   `json:"executionArn"`
	Status         string   `json:"status"`
	Start          seconds  `json:"startDate"`
	Stop           *seconds `json:"stopDate,omitempty"`
	MaxConcurrency int64    `json:"maxConcurrency"`
	Count          int64    `json:"toleratedFailureCount"`
	Percentage     float64  `json:"toleratedFailurePercentage"`
	Items          counts   `json:"itemCounts"`
	Executions     counts   `json:"executionCounts"`
	RedriveCount   int      `json:"redriveCount"`
	RedriveDate    *seconds `json:"redriveDate,omitempty"`
}

type counts struct {
	Pending        int `json:"pending"`
	Running        int `json:"running"`
	Succeeded      int `json:"succeeded"`
	Failed         int `json:"failed"`
	TimedOut       int `json:"timedOut"`
	Aborted        int `json:"aborted"`
	Total          int `json:"total"`
	Written        int `json:"resultsWritten"`
	NotRedrivable  int `json:"failuresNotRedrivable"`
	PendingRedrive int `json:"pendingRedrive"`
}

// countsOf are c; the results of a run that is over are written.
func countsOf(c engine.Counts, status string) counts {
	out := counts{
		Pending: c.Pending, Running: c.Running, Succeeded: c.Succeeded, Failed: c.Failed, TimedOut: c.TimedOut, Aborted: c.Aborted,
		Total: c.Total, NotRedrivable: c.FailuresNotRedrivable, PendingRedrive: c.PendingRedrive,
	}
	if status == engine.Succeeded {
		out.Written = c.Succeeded
	}
	return out
}

func (s *Server) describeMapRun(_ context.Context, in describeMapRunInput) (out describeMapRunOutput, err error) {
	run, x, err := s.mapRun(*in.ARN)
	if err != nil {
		return out, err
	}
	return describeMapRunOutput{
		ARN: run.ARN, ExecutionARN: x.ARN(), Status: run.Status, Start: seconds(run.Start), Stop: optionalTime(run.Stop),
		MaxConcurrency: run.MaxConcurrency, Count: run.ToleratedFailureCount, Percentage: run.ToleratedFailurePercentage,
		Items: countsOf(run.Items, run.Status), Executions: countsOf(run.Executions, run.Status),
		RedriveCount: run.RedriveCount, RedriveDate: optionalTime(run.RedriveDate),
	}, nil
}
