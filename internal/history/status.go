package history

// Status is what became of a state, an iteration or an attempt.
type Status string

const (
	NotReached Status = ""
	Done       Status = "done"
	Failed     Status = "failed"
	Caught     Status = "caught" // failed, and a Catch went on
	Running    Status = "running"
	Stopped    Status = "stopped" // aborted, or cut by another's failure
)
