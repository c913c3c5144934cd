package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// LogLine is what a function wrote about a run.
type LogLine struct {
	Time     time.Time       `json:"time"`
	Function string          `json:"function"` // select, scrape-ecb; machine is Step Functions itself
	Message  json.RawMessage `json:"message"`  // an object, or a text
}

// Lines are looked for from a little before the run to a little after it: clocks
// differ, and a scraper may outlive its run.
const (
	logsBefore = time.Minute
	logsAfter  = 15 * time.Minute
)

// LogsOf returns the lines in which run is named, oldest first, and those of its shards,
// whose names begin with its own. The error wraps store.ErrUnknown when there is no such run.
func (s *Stack) LogsOf(ctx context.Context, run string) ([]LogLine, error) {
	x, err := s.Execution(ctx, run)
	if err != nil {
		return nil, err
	}
	var lines []LogLine
	for _, function := range slices.Sorted(maps.Keys(s.LogGroups)) {
		found, err := s.linesOf(ctx, function, run, x)
		if err != nil {
			return nil, fmt.Errorf("log group %s: %w", s.LogGroups[function], err)
		}
		lines = append(lines, found...)
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.Time.Compare(b.Time) })
	return lines, nil
}

// linesOf returns the lines of one function.
func (s *Stack) linesOf(ctx context.Context, function, run string, x store.Execution) ([]LogLine, error) {
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName:  aws.String(s.LogGroups[function]),
		FilterPattern: aws.String(named(run)),
		StartTime:     aws.Int64(x.Started.Add(-logsBefore).UnixMilli()),
	}
	if !x.Stopped.IsZero() {
		in.EndTime = aws.Int64(x.Stopped.Add(logsAfter).UnixMilli())
	}
	var lines []LogLine
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(s.Config), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			lines = append(lines, LogLine{time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), function, logMessage(aws.ToString(e.Message))})
		}
	}
	return lines, nil
}

// named is the pattern of lines with the name of a run or of a shard of it.
func named(run string) string {
	if begin := message.BeginOfShards(run); !strings.HasPrefix(begin, run) {
		return fmt.Sprintf(`?"%s" ?"%s"`, run, begin)
	}
	return `"` + run + `"`
}

// logMessage returns a line as JSON: as it is when it is an object, else as a text.
func logMessage(line string) json.RawMessage {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
		return json.RawMessage(line)
	}
	quoted, _ := json.Marshal(line) // a text always marshals
	return quoted
}
