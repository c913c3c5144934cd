package selection

import (
	"cmp"
	"slices"

	"lacuna/internal/message"
)

const (
	// maxBatch is how many series a batch has at most, and maxCoverage how many bytes
	// their coverage as text.
	maxBatch    = 40
	maxCoverage = 200_000
	// maxBatches bounds the batches of an execution: each writes up to 18 events.
	maxBatches = 400
	// gapsText bounds the gaps of a source's series as text, and textOfSource those
	// with all else that is said of them; gapText is the longest of one gap:
	// `"2024-01-05/2024-01-09",`.
	gapsText     = 150_000
	textOfSource = 245_000
	gapText      = 24
)

// textOf returns how many bytes what is said of a series may have, without its gaps.
func textOf(r message.SeriesRange) int { return len(r.Key) + textOfSeries }

// divide returns the shards of a run over ranges: each has the series between two
// keys, about as many as the others, and fits into an execution.
func (h *Handler) divide(ranges []selected, run string) []message.Shard {
	sorted := slices.SortedFunc(slices.Values(ranges), func(a, b selected) int { return cmp.Compare(a.Key, b.Key) })
	total, longest := 0, 0
	for _, r := range sorted {
		total, longest = total+textOf(r.SeriesRange), max(longest, textOf(r.SeriesRange))
	}
	room := cmp.Or(h.Room, room)
	if total > room { // as even as whole series allow
		n := (total-1)/max(1, room-longest) + 1
		room = total/n + longest
	}
	var shards []message.Shard
	text, sources := 0, map[string]bool{}
	for _, r := range sorted {
		text += textOf(r.SeriesRange)
		sources[r.source] = true
		if len(shards) == 0 || text > room || len(sources) > maxSources {
			shards = append(shards, message.Shard{Name: message.NameOfShard(run, len(shards)+1), First: r.Key})
			text = textOf(r.SeriesRange)
			sources = map[string]bool{r.source: true}
		}
		shards[len(shards)-1].Last = r.Key
	}
	return shards
}

// batches divides the series of a source in a run over all series. Few of them are a
// batch each.
func batches(of []message.SeriesRange, all, few int) []message.Batch {
	size := max(1, (all-1)/maxBatches+1)
	if len(of) > few {
		size = max(size, min(maxBatch, (len(of)-1)/few+1))
	}
	var list []message.Batch
	text := 0
	for _, r := range of {
		n := message.MaxCoverage(r)
		if last := len(list) - 1; last < 0 || len(list[last].Series) == size || text+n > maxCoverage {
			list, text = append(list, message.Batch{}), 0
		}
		last := &list[len(list)-1]
		last.Series, text = append(last.Series, r), text+n
	}
	return list
}

// maxGaps returns how many gaps each series of a source may have.
func maxGaps(of []message.SeriesRange) int {
	text := 0
	for _, r := range of {
		text += textOf(r)
	}
	return max(1, min(gapsText, textOfSource-text)/(gapText*len(of)))
}
