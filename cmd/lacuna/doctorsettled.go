package main

import (
	"context"
	"fmt"

	"lacuna/internal/catalogue"
	"lacuna/internal/fault"
	"lacuna/internal/output"
	"lacuna/internal/row"
	"lacuna/internal/span"
)

// examineSettled finds the days of each series that one empty answer settled as
// absent, as older versions let it: a faulty answer may have been that one. They
// are never asked for again, so nothing else would find them.
func (a *app) examineSettled(ctx context.Context, d *diagnosis, rows rowReader, keys []string) {
	everything := span.Span{From: span.Date(1, 1, 1), To: span.Date(9999, 12, 31)}
	d.settled.from = len(d.Findings)
	defer func() { d.settled.to = len(d.Findings) }()
	for _, key := range keys {
		check := "settled days of " + key
		all, err := rows.Rows(ctx, key, everything)
		if err != nil {
			d.bad(check, "another file by --db, or "+a.again("why "+output.Quote(key)+" DAY"), "%v", fault.Bare(err))
			continue
		}
		found := row.FindSettled(all)
		says := "%s settled as absent by one answer"
		switch {
		case len(found.Alone) > 0:
			says += ", with values of other runs around"
			if n := len(found.Beside); n > 0 {
				says += fmt.Sprintf(" (and %d more with values of the same run around, most likely holidays)", n)
			}
			first := found.Alone[0].Day
			d.bad(check, a.askAgain(key, first), says+", such as %s: it may be an answer's fault", output.Count(len(found.Alone), "day"), first)
		case len(found.Beside) > 0:
			first := found.Beside[0].Day
			d.Findings = append(d.Findings, finding{
				Check: check, OK: true, Mend: "if a day is in doubt, " + a.askAgain(key, first),
				Says: fmt.Sprintf(says+", such as %s, all with values of the same run around: most likely holidays", output.Count(len(found.Beside), "day"), first),
			})
		}
	}
}

// askAgain returns the command that has a day asked for again.
func (a *app) askAgain(key string, day span.Day) string {
	return a.again(fmt.Sprintf("mark missing --series %s --from %s --to %[2]s --reason 'one answer settled it'", output.Quote(key), day)) + ", then " + a.again("backfill")
}

// learned returns the series whose holidays are learned from answers.
func learned(c *catalogue.Catalogue) (keys []string) {
	for _, s := range c.All() {
		if s.OnEmpty == catalogue.Learn {
			keys = append(keys, s.Key)
		}
	}
	return keys
}
