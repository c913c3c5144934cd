package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/publisher"
	"lacuna/internal/span"
)

const monthCatalogue = `version: 1
sources:
  bcb-sgs: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 1000, timeout: 30s}
  bcb-ptax: {max_days: 3650, max_series: 1, request_cost_days: 365, concurrency: 2, rate_per_s: 1000, timeout: 30s}
  ecb: {max_days: 3650, max_series: 40, request_cost_days: 365, concurrency: 2, rate_per_s: 1000, timeout: 60s}
  anp: {max_days: 36500, max_series: 100, request_cost_days: 365, concurrency: 2, rate_per_s: 1000, timeout: 90s}
series:
- {key: MONTH, title: late each month, unit: x, source: bcb-sgs, code: "1", cadence: monthly, since: 2025-09-01, ready: {at: "09:00", zone: UTC, lag: 1}}
- {key: ENDED, title: never again, unit: x, source: bcb-ptax, code: USD, fields: [buy, sell], cadence: monthly, since: 2025-09-01, ready: {at: "09:00", zone: UTC, lag: 1}}
- {key: WEEK, title: ethanol, unit: x, source: anp, code: ETANOL HIDRATADO, cadence: weekly, since: 2025-09-21, ready: {at: "09:00", zone: UTC, lag: 1}}
- {key: DAY, title: dollar, unit: x, source: ecb, code: USD, calendar: target, since: 2025-09-29, ready: {at: "17:00", zone: UTC}, checks: {value: {min: 0.5, max: 3}}}
`

// A month of a job that runs each evening: it ends with 3 on the days on which something
// new goes wrong and on no other, however long what went wrong before lasts.
func TestExitCodesOfAMonth(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "series.yaml")
	writeFile(t, file, monthCatalogue)
	b.env = append(b.env, "LACUNA_CATALOGUE="+file)
	day := func(month time.Month, day int) span.Day { return span.Date(2025, time.September+month, day) }
	troubles := []struct {
		from, to span.Day // evenings
		fault    string
	}{
		{day(1, 1), day(1, 10), "left-out@2025-09-01:bcb-sgs"},
		{day(1, 1), day(2, 2), "left-out@2025-09-01/2025-11-01:bcb-ptax"},
		{day(1, 12), day(1, 15), "no-value@2025-10-05:anp"},
		{day(1, 16), day(1, 20), "left-out@2025-10-16:ecb"},
		{day(1, 24), day(1, 26), "negative@2025-10-24:ecb"},
		{day(1, 29), day(1, 29), "503:ecb"},
	}
	want := map[span.Day]string{
		day(1, 1):  "September of MONTH and ENDED is absent",
		day(1, 12): "a week is absent",
		day(1, 16): "a day is absent",
		day(1, 24): "a day is incomplete",
		day(1, 29): "a publisher failed",
		day(2, 1):  "September of ENDED is quarantined, October absent",
	}
	waits := 0
	for today := day(1, 1); today <= day(2, 2); today++ {
		b.Heal()
		for _, one := range troubles {
			if today < one.from || today > one.to {
				continue
			}
			f, err := publisher.ParseFault(one.fault)
			if err == nil {
				err = b.Fail(f)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		code, stdout, stderr := b.run("backfill", "--detailed-exitcode", "--now", fmt.Sprintf("%sT20:00:00Z", today), "--log-level", "error")
		if wrong := want[today]; (code == exit.CodeRemain) != (wrong != "") || code != exit.CodeRemain && code != exit.CodeWaiting {
			t.Errorf("%s: exit code %d; newly wrong: %q\n%s%s", today, code, wrong, stdout, stderr)
		}
		if code == exit.CodeWaiting {
			waits++
		}
	}
	if days := int(day(2, 2)-day(1, 1)) + 1; waits != days-len(want) {
		t.Errorf("%d of %d days waited", waits, days)
	}
	var st status
	b.read(&st, 0, "status", "--now", "2025-11-02T20:00:00Z")
	for _, s := range st.Series {
		if s.Key != "ENDED" && s.Observed+s.NotDue != s.Expected {
			t.Errorf("%+v is not whole in the end", s)
		}
	}
}
