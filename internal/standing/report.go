package standing

import "time"

// Report is how series stand, as JSON has it.
type Report struct {
	SchemaVersion int        `json:"schema_version"`
	AsOf          time.Time  `json:"as_of"`
	Complete      bool       `json:"complete"` // nothing is missing or waiting
	Series        []Standing `json:"series"`
}

// Add adds a series to r, which begins as complete.
func (r *Report) Add(st Standing) {
	r.Complete = r.Complete && st.Missing == 0 && st.Waiting == 0
	r.Series = append(r.Series, st)
}

// Bare returns st without its days: a few hundred bytes for ever.
func (st Standing) Bare() Standing {
	st.daysOf, st.withdrawn = daysOf{}, nil
	return st
}
