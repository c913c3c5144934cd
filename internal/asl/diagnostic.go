package asl

import "strings"

// Codes of diagnostics, as AWS names them.
const (
	SchemaValidationFailed  = "SCHEMA_VALIDATION_FAILED"
	MissingTransitionTarget = "MISSING_TRANSITION_TARGET"
	MissingEndState         = "MISSING_END_STATE"
	InvalidJSONDescription  = "INVALID_JSON_DESCRIPTION"
	DuplicateStateName      = "DUPLICATE_STATE_NAME"
	InvalidStateName        = "INVALID_STATE_NAME"
	DuplicateLabelName      = "DUPLICATE_LABEL_NAME"
	InvalidLabelName        = "INVALID_LABEL_NAME"
)

// Diagnostic is one reason why a definition is refused.
type Diagnostic struct {
	Code     string
	Message  string
	Location string // "/States/X/Field"; "" where AWS gives none
}

func (d Diagnostic) String() string {
	at := d.Location
	if at == "" {
		at = "null"
	}
	return d.Code + ": " + d.Message + " at " + at
}

// DefinitionError holds all diagnostics of a definition. Its text is the message of
// AWS's InvalidDefinition error.
type DefinitionError struct{ Diagnostics []Diagnostic }

func (e *DefinitionError) Error() string {
	texts := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		texts[i] = d.String()
	}
	return "Invalid State Machine Definition: '" + strings.Join(texts, ", ") + "'"
}
