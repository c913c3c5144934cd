package boot

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// about is what an event says of itself, whichever task it is for.
type about struct {
	Run      string
	Source   string
	Key      string
	Coverage struct{ Key string }
	Stream   struct{ ID string }
	Records  []struct{ Body string } // of a queue
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
	if a.Key == "" {
		a.Key = a.Coverage.Key
	}
	var request string
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		request = lc.AwsRequestID
	}
	var known []any
	for _, fact := range []slog.Attr{
		slog.String("request", request), slog.String("run", a.Run), slog.String("source", a.Source),
		slog.String("series", a.Key), slog.String("stream", a.Stream.ID),
	} {
		if fact.Value.String() != "" {
			known = append(known, fact)
		}
	}
	return known
}
