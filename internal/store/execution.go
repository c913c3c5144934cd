package store

import (
	"encoding/json"
	"errors"
	"time"
)

// Execution is one execution of the state machine, by the local engine or in AWS.
type Execution struct {
	Name    string
	Machine string
	Input   json.RawMessage
	Started time.Time
	Status  string          // RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, or UNKNOWN: it was RUNNING, and nobody may see whether its process lives
	Stopped time.Time       // zero while it runs; of one whose process died, when it was last heard of
	Output  json.RawMessage // nil unless it succeeded
	Error   string
	Cause   string

	// Definition is what it runs, as JSON, nil where nobody knows. It is stored with the
	// start; what reads executions leaves it out.
	Definition []byte
}

// Event is one entry of an execution's history.
type Event struct {
	ID         int64           `json:"id"`
	PreviousID int64           `json:"previousEventId"`
	Time       time.Time       `json:"timestamp"`
	Type       string          `json:"type"`
	Details    json.RawMessage `json:"details"` // an object
}

var (
	// ErrExists is wrapped when an execution's name is in use.
	ErrExists = errors.New("execution exists already")
	// ErrUnknown is wrapped when there is no execution of a name.
	ErrUnknown = errors.New("no such execution")
	// ErrNotItsDefinition is wrapped, beside a definition, when that is the one of the state
	// machine as it is now, and not the one that the execution ran.
	ErrNotItsDefinition = errors.New("the definition is that of the state machine now, and may not be what the execution ran")
)
