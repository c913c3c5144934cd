package stack

import (
	"context"
	"sync"
	"time"

	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Of executions that have ended, what was described is kept: so many bytes, of inputs,
// outputs and causes.
const (
	maxEnded   = 16 << 20
	endedBytes = 500 // of one, without those
)

// ended keeps executions that have ended, as they were described: a list that is asked for
// again takes no call for each of them.
type ended struct {
	mu    sync.Mutex
	of    map[string]endedExecution
	bytes int
}

type endedExecution struct {
	store.Execution
	stopped time.Time // as the list has it: a redrive ends at another time
}

func (e *ended) find(x types.ExecutionListItem) (store.Execution, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept, ok := e.of[aws.ToString(x.Name)]
	return kept.Execution, ok && string(x.Status) == kept.Status && kept.stopped.Equal(aws.ToTime(x.StopDate))
}

// keep keeps an execution that was listed as x. When there is no room all others go.
func (e *ended) keep(x types.ExecutionListItem, described store.Execution) {
	n := endedBytes + len(described.Input) + len(described.Output) + len(described.Cause)
	if x.Status == types.ExecutionStatusRunning || x.StopDate == nil || string(x.Status) != described.Status || n > maxEnded {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.bytes+n > maxEnded || e.of == nil {
		e.of, e.bytes = map[string]endedExecution{}, 0
	}
	e.of[described.Name] = endedExecution{described, *x.StopDate} // of one redriven the bytes count twice
	e.bytes += n
}

// describe returns an execution that was listed.
func (s *Stack) describe(ctx context.Context, x types.ExecutionListItem) (store.Execution, error) {
	if kept, ok := s.ended.find(x); ok {
		return kept, nil
	}
	described, err := s.Execution(ctx, aws.ToString(x.Name))
	if err == nil {
		s.ended.keep(x, described)
	}
	return described, err
}
