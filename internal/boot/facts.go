package boot

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// about is what an event says of itself, whichever task it is for.
type about struct {
	Run     string
	Source  string
	Series  []struct{ Key string }  // of a batch
	Streams []struct{ ID string }   // of a message
	Stream  struct{ ID string }     // of a message of version 1
	Records []struct{ Body string } // of a queue
}

// read returns nothing of what cannot be read: the handler will say so.
func read(event []byte) about {
	var a about
	switch err := json.Unmarshal(event, &a); {
	case err != nil:
		return about{}
	case len(a.Records) == 1:
		return read([]byte(a.Records[0].Body))
	}
	return a
}

// facts returns what is known of an event, to be found again in the log.
func facts(ctx context.Context, event []byte) []any {
	a := read(event)
	series, stream := "", a.Stream.ID
	if n := len(a.Series); n > 0 {
		series = fromTo(a.Series[0].Key, a.Series[n-1].Key)
	}
	if n := len(a.Streams); n > 0 {
		stream = fromTo(a.Streams[0].ID, a.Streams[n-1].ID)
	}
	var request string
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		request = lc.AwsRequestID
	}
	var known []any
	for _, fact := range []slog.Attr{
		slog.String("request", request), slog.String("run", a.Run), slog.String("source", a.Source),
		slog.String("series", series), slog.String("stream", stream),
	} {
		if fact.Value.String() != "" {
			known = append(known, fact)
		}
	}
	return known
}

// fromTo names a list by its first and its last member.
func fromTo(first, last string) string {
	if first == last {
		return first
	}
	return first + " to " + last
}
