package row

// Count counts the days of a series that a run wrote.
type Count struct {
	Observed     int `json:"observed"`
	Absent       int `json:"absent"`
	Incomplete   int `json:"incomplete"`
	Quarantined  int `json:"quarantined"`
	Revised      int `json:"revised"`       // of Observed: another value replaced
	Contradicted int `json:"contradicted"`  // of Observed: on a day that was closed or settled as absent
	Withdrawn    int `json:"withdrawn"`     // observed before, and no longer at the publisher, as this run found out: the value stays
	Suspicious   int `json:"suspicious"`    // of Absent and Quarantined: in a long stretch between published days
	New          int `json:"new,omitempty"` // found by this run to be absent, incomplete, quarantined (but after a series' end) or withdrawn
}

// Add adds d to c.
func (c *Count) Add(d Count) {
	c.Observed += d.Observed
	c.Absent += d.Absent
	c.Incomplete += d.Incomplete
	c.Quarantined += d.Quarantined
	c.Revised += d.Revised
	c.Contradicted += d.Contradicted
	c.Withdrawn += d.Withdrawn
	c.Suspicious += d.Suspicious
	c.New += d.New
}

// Days returns how many days have their row by the run.
func (c *Count) Days() int { return c.Observed + c.Absent + c.Incomplete + c.Quarantined }
