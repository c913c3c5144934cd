package engine

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// Event is one event of a history, as GetExecutionHistory returns it.
type Event struct {
	ID         int64
	PreviousID int64
	Time       time.Time
	Type       string   // "TaskStateEntered"
	Details    *Details // nil for the types without details
}

// Details are the details of an Event; each type has some of the fields. Input, Output,
// Parameters and AssignedVariables hold JSON as text.
type Details struct {
	Name               string            `json:"name,omitempty"`
	Input              *string           `json:"input,omitempty"`
	Output             *string           `json:"output,omitempty"`
	Error              *string           `json:"error,omitempty"`
	Cause              *string           `json:"cause,omitempty"`
	Resource           string            `json:"resource,omitempty"`
	ResourceType       string            `json:"resourceType,omitempty"`
	Region             string            `json:"region,omitempty"`
	Parameters         *string           `json:"parameters,omitempty"`
	TimeoutInSeconds   int64             `json:"timeoutInSeconds,omitempty"`
	HeartbeatInSeconds int64             `json:"heartbeatInSeconds,omitempty"`
	CredentialsRoleARN string            `json:"-"`
	Index              *int              `json:"index,omitempty"`
	Length             *int              `json:"length,omitempty"`
	RoleARN            string            `json:"roleArn,omitempty"`
	MapRunARN          string            `json:"mapRunArn,omitempty"`
	WorkerName         string            `json:"workerName,omitempty"`
	RedriveCount       int               `json:"redriveCount,omitempty"`
	AssignedVariables  map[string]string `json:"assignedVariables,omitempty"`
}

// Field is the name under which AWS puts the details of the event's type:
// "stateEnteredEventDetails", "taskFailedEventDetails".
func (e Event) Field() string {
	name := e.Type
	for _, suffix := range []string{"StateEntered", "StateExited"} {
		if strings.HasSuffix(name, suffix) {
			name = suffix
		}
	}
	return string(unicode.ToLower(rune(name[0]))) + name[1:] + "EventDetails"
}

// MarshalJSON writes the event in the shape of GetExecutionHistory; the timestamp is in
// seconds since 1970.
func (e Event) MarshalJSON() ([]byte, error) {
	shape := map[string]any{
		"id": e.ID, "previousEventId": e.PreviousID, "type": e.Type,
		"timestamp": float64(e.Time.UnixMilli()) / 1000,
	}
	if e.Details != nil {
		shape[e.Field()] = e.Details
	}
	return json.Marshal(shape)
}

// MarshalJSON writes the fields that are set, under AWS's names.
func (d *Details) MarshalJSON() ([]byte, error) {
	type truncation struct {
		Truncated bool `json:"truncated"`
	}
	type fields Details // without this method
	shape := struct {
		fields
		InputDetails    *truncation       `json:"inputDetails,omitempty"`
		OutputDetails   *truncation       `json:"outputDetails,omitempty"`
		Credentials     map[string]string `json:"taskCredentials,omitempty"`
		AssignedDetails *truncation       `json:"assignedVariablesDetails,omitempty"`
	}{fields: fields(*d)}
	if d.Input != nil {
		shape.InputDetails = &truncation{}
	}
	if d.Output != nil {
		shape.OutputDetails = &truncation{}
	}
	if d.AssignedVariables != nil {
		shape.AssignedDetails = &truncation{}
	}
	if d.CredentialsRoleARN != "" {
		shape.Credentials = map[string]string{"roleArn": d.CredentialsRoleARN}
	}
	return json.Marshal(shape)
}
