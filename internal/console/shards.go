package console

import (
	"cmp"
	"fmt"
	"net/http"

	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/output"
)

// costOf says what a run has cost, and whether its shards are in that: those of a large run
// are told on their pages alone.
func (s *Server) costOf(r *http.Request, run *knownRun) (string, error) {
	used, n := run.used, len(run.used.Shards())
	few := n <= history.FewShards && run.ended
	if n > 0 && few && run.whole == nil {
		if _, err := history.ReadShards(r.Context(), s.o.Runs, run.x, &used, true); err != nil {
			return "", err
		}
		run.whole = &used
	}
	if n > 0 && few {
		used = *run.whole
	}
	bill := s.bill(&used)
	if bill == nil {
		return "", nil
	}
	text := bill.Text(s.o.Target.Kind == "aws")
	if n > 0 && !few {
		text += fmt.Sprintf(" What its %s used is not in that, but on their pages.", output.Count(n, "shard"))
	}
	return text, nil
}

// endOf says how a shard ended when it is not complete, as the summary of its run has it.
func endOf(sum *message.Summary, shard string) string {
	if sum == nil {
		return ""
	}
	for _, s := range sum.Shards {
		if s.Run == shard && s.Status != message.Complete {
			return cmp.Or(s.Status, history.StatusFailed)
		}
	}
	return ""
}
