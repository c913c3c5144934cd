package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"lacuna/internal/store"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/spf13/cobra"
)

// logLine is what a function wrote about a run.
type logLine struct {
	Time     time.Time       `json:"time"`
	Function string          `json:"function"` // select, scrape-ecb; machine is Step Functions itself
	Message  json.RawMessage `json:"message"`  // an object, or a text
}

func (a *app) logsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logs RUN",
		Short: "show what the functions wrote about a run, in order of time (--target aws)",
		Args:  cobra.ExactArgs(1),
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			if a.target != targetAWS {
				return usage("logs is for --target aws: local runs log to stderr (--log-level), and `%s` shows their states", a.again("runs "+quote(args[0])))
			}
			s, err := a.openStack(cmd.Context())
			if err != nil {
				return err
			}
			if s.LogGroups == nil {
				return usage("logs: want --stack: %s does not say where the logs are", variableMachine)
			}
			lines, err := a.logsOf(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			return a.writeLogs(lines, format)
		}, "table", "jsonl"),
	}
}

func (a *app) writeLogs(lines []logLine, format string) error {
	if format == "jsonl" {
		return writeLines(a.stdout, lines)
	}
	out := a.stdout.lines()
	for _, l := range lines {
		message := string(l.Message)
		if text := ""; json.Unmarshal(l.Message, &text) == nil {
			message = text
		}
		out.printf("%s %s %s\n", l.Time.Format("2006-01-02T15:04:05.000Z"), l.Function, message)
	}
	if len(lines) == 0 {
		a.note("No lines: logs come a few seconds late, and are kept as long as the stack's log_retention_days says.")
	}
	return out.flush()
}

// Lines are looked for from a little before the run to a little after it: clocks
// differ, and a scraper may outlive its run.
const (
	logsBefore = time.Minute
	logsAfter  = 15 * time.Minute
)

// logsOf returns the lines in which run is named, oldest first.
func (a *app) logsOf(ctx context.Context, s *stack, run string) ([]logLine, error) {
	x, err := s.Execution(ctx, run)
	if errors.Is(err, store.ErrUnknown) {
		return nil, a.unknownRun(run)
	}
	if err != nil {
		return nil, err
	}
	var lines []logLine
	for _, function := range slices.Sorted(maps.Keys(s.LogGroups)) {
		found, err := s.linesOf(ctx, function, run, x)
		if err != nil {
			return nil, fmt.Errorf("log group %s: %w", s.LogGroups[function], err)
		}
		lines = append(lines, found...)
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.Time.Compare(b.Time) })
	return lines, nil
}

// linesOf returns the lines of one function.
func (s *stack) linesOf(ctx context.Context, function, run string, x store.Execution) ([]logLine, error) {
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName:  aws.String(s.LogGroups[function]),
		FilterPattern: aws.String(`"` + run + `"`),
		StartTime:     aws.Int64(x.Started.Add(-logsBefore).UnixMilli()),
	}
	if !x.Stopped.IsZero() {
		in.EndTime = aws.Int64(x.Stopped.Add(logsAfter).UnixMilli())
	}
	var lines []logLine
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(s.config), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			lines = append(lines, logLine{time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), function, logMessage(aws.ToString(e.Message))})
		}
	}
	return lines, nil
}

// logMessage returns a line as JSON: as it is when it is an object, else as a text.
func logMessage(line string) json.RawMessage {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
		return json.RawMessage(line)
	}
	quoted, err := json.Marshal(line)
	if err != nil { // a text always marshals
		return json.RawMessage(`""`)
	}
	return quoted
}
