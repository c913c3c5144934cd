package scrape

import (
	"context"
	"errors"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/message"
	"lacuna/internal/source"
	"lacuna/internal/span"

	"github.com/aws/aws-lambda-go/events"
)

// Event is what the function gets: a batch of its queue, or a probe.
type Event struct {
	events.SQSEvent
	message.Probe
}

// Serve does what e is. A probe has no records: a message cannot be taken for one.
func (h *Handler) Serve(ctx context.Context, e Event) (any, error) {
	if len(e.Records) == 0 && e.Probe.Probe != 0 {
		return h.probe(ctx, e.Probe)
	}
	return h.Handle(ctx, e.SQSEvent)
}

const (
	probeTime = 45 * time.Second // of a probe: somebody waits for it
	probeDays = 31               // at most
)

// probe asks the publisher for the newest due days of the first series that has
// any. It reads no row and writes none. What the publisher answers is no error
// here, whatever it is: it is what was asked for. One named Input.Invalid says
// that the probe is for another function.
func (h *Handler) probe(ctx context.Context, in message.Probe) (message.Probed, error) {
	from, ok := h.Sources[in.Source]
	if !ok || in.Probe != message.ProbeVersion {
		return message.Probed{}, fault.New(fault.InputInvalid, "probe %d of source %q: not here", in.Probe, in.Source)
	}
	for _, one := range h.Catalogue.All() {
		if one.Source != in.Source {
			continue
		}
		if due := one.LastDue(in.AsOf, min(max(in.Days, 1), probeDays)); len(due) > 0 {
			asked := span.Span{From: due[0].From, To: due[len(due)-1].To}
			return ask(ctx, from, in.Source, source.Request{Series: []source.Series{{Key: one.Key, Code: one.Code, Fields: one.Fields}}, Span: asked}), nil
		}
	}
	return message.Probed{}, fault.New(fault.InputInvalid, "source %s: no day of any series is due at %s", in.Source, in.AsOf.Format(time.RFC3339))
}

func ask(ctx context.Context, from source.Source, name string, r source.Request) message.Probed {
	var seen source.Watch
	timed, stop := context.WithTimeout(source.WithWatch(ctx, &seen), probeTime)
	defer stop()
	began := time.Now()
	answer, err := from.Fetch(timed, r)
	out := message.Probed{
		Source: name, Key: r.Series[0].Key, Span: r.Span,
		Values: len(answer.Observations), Damaged: len(answer.Damaged), Requests: answer.Requests,
		TookMS: time.Since(began).Milliseconds(),
	}
	out.Status, out.Bytes = seen.Seen()
	if err != nil && errors.Is(timed.Err(), context.DeadlineExceeded) {
		err = fault.New(fault.Unavailable, "no answer within %s: %w", probeTime, err)
	}
	if err != nil {
		out.Error, out.Message = string(fault.NameOf(err)), fault.Message(err)
	}
	return out
}
