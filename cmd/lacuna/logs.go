package main

import (
	"encoding/json"

	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/stack"

	"github.com/spf13/cobra"
)

func (a *app) logsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logs RUN",
		Short: "show what the functions wrote about a run, in order of time (--target aws)",
		Args:  cobra.ExactArgs(1),

		ValidArgsFunction: a.completeRuns,
		RunE: a.verb(func(cmd *cobra.Command, args []string, format string) error {
			if a.target != targetAWS {
				return exit.Usage("logs is for --target aws: local runs log to stderr (--log-level), and `%s` shows their states", a.again("runs "+output.Quote(args[0])))
			}
			s, err := a.openStack(cmd.Context())
			if err != nil {
				return err
			}
			if s.LogGroups == nil {
				return exit.Usage("logs: want --stack: %s does not say where the logs are", stack.VariableMachine)
			}
			lines, err := s.LogsOf(cmd.Context(), args[0])
			if err != nil {
				return a.ofRun(args[0], err)
			}
			return a.writeLogs(lines, format)
		}, "table", "jsonl"),
	}
}

func (a *app) writeLogs(lines []stack.LogLine, format string) error {
	if format == "jsonl" {
		return output.WriteLines(a.stdout, lines)
	}
	out := a.stdout.Lines()
	for _, l := range lines {
		message := string(l.Message)
		if text := ""; json.Unmarshal(l.Message, &text) == nil {
			message = text
		}
		out.Printf("%s %s %s\n", l.Time.Format("2006-01-02T15:04:05.000Z"), l.Function, message)
	}
	if len(lines) == 0 {
		a.note("No lines: logs come a few seconds late, and are kept as long as the stack's log_retention_days says.")
	}
	return out.Flush()
}
