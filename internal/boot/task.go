package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"lacuna/internal/fault"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

// task is a handler as the library calls it.
type task[In, Out any] struct {
	handle Handle[In, Out]
	log    *slog.Logger
	busy   sync.RWMutex // read-locked from an event's arrival until it is answered
}

// serve does one event. It is the outermost function of a Lambda: the library
// names an error by its Go type, unless it gets a messages.InvokeResponse_Error
// by value.
func (t *task[In, Out]) serve(ctx context.Context, event json.RawMessage) (io.Reader, error) {
	t.busy.RLock()
	log := t.log.With(facts(ctx, event)...)
	start := time.Now()
	out, err := t.do(ctx, event, log)
	took := slog.Int64("duration_ms", time.Since(start).Milliseconds())
	if err == nil {
		log.InfoContext(ctx, "done", took)
		return answer{bytes.NewReader(out), t.busy.RUnlock}, nil
	}
	t.busy.RUnlock()
	named := failure(err)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		named.Type = timedOut
	}
	log.ErrorContext(ctx, "failed", "error_name", named.Type, "error", err, took)
	named.ShouldExit = errors.As(err, new(*panicked))
	return nil, named
}

// finish returns once no event is in hand; none is served after it.
func (t *task[In, Out]) finish() { t.busy.Lock() }

// timedOut is how AWS names an event whose time was up before it was answered.
const timedOut = "Sandbox.Timedout"

// do decodes, handles and encodes. A panic is an error without a name, and what
// it leaves behind is not used again: the process ends after the answer.
func (t *task[In, Out]) do(ctx context.Context, event []byte, log *slog.Logger) (text []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			log.ErrorContext(ctx, "panic", "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "%w", &panicked{v})
		}
	}()
	var in In
	if err := json.Unmarshal(event, &in); err != nil {
		return nil, fault.New(fault.InputInvalid, "event: %w", err)
	}
	out, err := t.handle(ctx, in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

// panicked is what a handler panicked with.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// failure returns err as the state machine sees it.
func failure(err error) messages.InvokeResponse_Error {
	return messages.InvokeResponse_Error{Type: string(fault.NameOf(err)), Message: fault.Message(err)}
}
