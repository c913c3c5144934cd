package asl

import (
	"strings"
	"time"
)

// MaxPayload is AWS's limit of any input, output or result, in bytes of UTF-8.
const MaxPayload = 262_144

// Names of errors that the language has for all states. A definition may match them, and
// gives none of its own a name that begins with "States.".
const (
	ErrorAll              = "States.ALL"
	ErrorTimeout          = "States.Timeout"
	ErrorHeartbeatTimeout = "States.HeartbeatTimeout"
	ErrorTaskFailed       = "States.TaskFailed"
	ErrorRuntime          = "States.Runtime"
	ErrorDataLimit        = "States.DataLimitExceeded"
	ErrorPathConflict     = "States.ReferencePathConflict"
	ErrorThreshold        = "States.ExceedToleratedFailureThreshold"
	ErrorItemReader       = "States.ItemReaderFailed"
	ErrorResultWriter     = "States.ResultWriterFailed"
)

// MaxTimestamp is three times the longest timestamp with nanoseconds and an offset, in bytes.
const MaxTimestamp = 105

// ParseTimestamp reads what AWS takes for a timestamp: RFC 3339 with an upper-case T, and
// an upper-case Z where there is no offset.
func ParseTimestamp(text string) (time.Time, bool) {
	if len(text) > MaxTimestamp {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil && !strings.ContainsAny(text, "tz,") // which Go takes, too
}
