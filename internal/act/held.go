package act

import (
	"context"
	"time"

	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// Held is a day that waits for a person, or for a better value.
type Held struct {
	Series    string     `json:"series"`
	Day       span.Day   `json:"day"`
	Status    row.Status `json:"status"` // quarantined, incomplete, or observed and withdrawn by the publisher
	Reason    string     `json:"reason"`
	Attempts  int        `json:"attempts"`
	LastAsked time.Time  `json:"last_asked"`
	RetryAt   span.Day   `json:"retry_at,omitzero"` // of an incomplete one
	Fields    row.Fields `json:"fields"`            // what accept would take
}

// HeldOf returns the days of a series that are held, oldest first.
func HeldOf(ctx context.Context, rows Reader, series string, days span.Span) ([]Held, error) {
	stored, err := rows.Rows(ctx, series, days)
	var list []Held
	for _, r := range stored {
		if r.Status == row.Quarantined || r.Status == row.Incomplete || r.Withdrawn() != "" {
			list = append(list, Held{r.Series, r.Day, r.Status, r.Reason, r.Attempts, r.FetchedAt, r.RetryAt, r.Fields})
		}
	}
	return list, err
}

// HeldDocument is what programs read of held days.
type HeldDocument struct {
	SchemaVersion int    `json:"schema_version"`
	Days          []Held `json:"days"`
}

// NewHeldDocument describes held days, of which there may be none.
func NewHeldDocument(list []Held) HeldDocument {
	return HeldDocument{output.SchemaVersion, append([]Held{}, list...)}
}
