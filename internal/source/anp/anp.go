// Package anp asks the Agência Nacional do Petróleo, Gás Natural e
// Biocombustíveis for the fuel prices of its weekly survey: the mean retail price
// of a product in Brazil, a region or a state. It publishes workbooks, one with
// all weeks for each of the three and one for each week; what can be said in
// ranges of days is done here. Which weeks had a survey is not its business: a
// week without a price is just not in its answer.
//
// Source: www.gov.br/anp, Levantamento de Preços de Combustíveis.
package anp

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/source/xlsx"
	"lacuna/internal/span"
)

// DefaultURL is the agency's address, up to and including the path prefix.
const DefaultURL = "https://www.gov.br/anp/pt-br"

const (
	prices        = "/assuntos/precos-e-defesa-da-concorrencia/precos"
	summaries     = prices + "/arquivos-lpc/" // a folder for each year
	summaryPrefix = "resumo_semanal_lpc_"
	consolidated  = prices + "/precos-revenda-e-de-distribuicao-combustiveis/shlp/semanal"
)

func consolidatedName(l *level) string { return "semanal-" + l.file + "-desde-2013" }

// few is the most weeks that are asked for one by one.
const few = 4

// What a file may have, in bytes: the workbook of a week has 0.3 MB, that of all
// weeks of the states 12 MB. A workbook that is read takes memory besides: its
// texts and some of its rows.
const (
	maxSummary      = 4 << 20
	maxConsolidated = 36 << 20
	besides         = 28 << 20
)

// Source is a source.Source. Use New.
type Source struct{ client *source.Client }

// New returns the source that asks through client.
func New(client *source.Client) *Source { return &Source{client} }

// Fetch implements source.Source for any number of series. A Code is a product,
// such as OLEO DIESEL, for Brazil; or one with a place in it, such as
// OLEO DIESEL/REGIAO/SUDESTE and OLEO DIESEL/UF/SAO PAULO. A series has one
// field: reais per litre, per 13 kg of GLP, per cubic metre of GNV. A week's day
// is the Sunday that begins it.
//
// Up to four weeks are asked for one by one, each with one request for all
// series. For more, and for those of the four that have no workbook of their own,
// the workbooks of all weeks are asked for: one each for Brazil, the regions and
// the states, where a series needs it. They may be behind: of the weeks after
// their last one the newest four are then asked for one by one. So a week that
// is in no answer has been looked for, unless more than four lie between the
// workbooks' last week and it; such a week's turn comes when it is asked for
// again.
//
// A workbook or a sheet that is not there or cannot be read is an error of the
// series that need it: those of another one are in the answer. Of a publisher that
// is down nothing more is asked.
func (s *Source) Fetch(ctx context.Context, r source.Request) (source.Answer, error) {
	series := map[*level]map[key][]source.Series{}
	for _, one := range r.Series {
		l, k, err := parseCode(one.Code)
		if err == nil && len(one.Fields) != 1 {
			err = fmt.Errorf("%d fields, want 1", len(one.Fields))
		}
		if err != nil {
			return source.Answer{}, fault.New(fault.Rejected, "anp: %s: %w", one.Key, err)
		}
		if series[l] == nil {
			series[l] = map[key][]source.Series{}
		}
		series[l][k] = append(series[l][k], one)
	}
	f := &fetch{client: s.client, series: series, last: map[*level]span.Day{}, missing: map[string]string{}, listings: map[string][]string{}}
	var weeks []span.Day
	if len(r.Series) > 0 {
		weeks = weeksIn(r.Span)
	}
	f.rows = source.NewCollector(r.Span, len(r.Series)*len(weeks))
	if err := f.all(ctx, weeks); err != nil {
		if ctx.Err() != nil { // a workbook that was left is not a broken one
			err = ctx.Err()
		}
		return source.Answer{Requests: f.requests}, fmt.Errorf("anp %s: %w", r.Span, err)
	}
	answer, err := f.rows.Answer()
	answer.Requests = f.requests
	if err != nil {
		return answer, fmt.Errorf("anp %s: %w", r.Span, err)
	}
	answer.Fail(f.failed)
	for _, one := range r.Series {
		if warning := f.missing[one.Key]; warning != "" {
			answer.Warn("%s", warning)
		}
	}
	return answer, nil
}

// weeksIn returns the Sundays in s.
func weeksIn(s span.Span) []span.Day {
	var weeks []span.Day
	for d := weekOf(s.From + 6); d <= s.To; d += 7 {
		weeks = append(weeks, d)
	}
	return weeks
}

// fetch is one Fetch at work.
type fetch struct {
	client   *source.Client
	series   map[*level]map[key][]source.Series // without those of failed
	rows     *source.Collector
	last     map[*level]span.Day // the last week of the workbooks of all weeks read
	missing  map[string]string   // a warning by the key of a series
	failed   map[string]error    // why a series cannot be had, by its key
	errs     []error             // of failed, in the order in which they came
	listings map[string][]string // by folder
	requests int
}

// all asks for weeks, which ascend.
func (f *fetch) all(ctx context.Context, weeks []span.Day) error {
	short := len(weeks) <= few
	if short {
		var err error
		if weeks, err = f.byWeek(ctx, weeks); err != nil {
			return err
		}
	}
	if len(weeks) == 0 {
		return nil
	}
	if err := f.atOnce(ctx, weeks); err != nil || short {
		return err
	}
	behind := weeks[len(weeks):]
	for len(behind) < min(few, len(weeks)) && f.isBehind(weeks[len(weeks)-len(behind)-1]) {
		behind = weeks[len(weeks)-len(behind)-1:]
	}
	_, err := f.byWeek(ctx, behind)
	return err
}

// fail notes that the series of a level, or of all levels that are left when the
// publisher is down, cannot be had because of err. It returns an error when
// nothing can, or when err says nothing of the publisher.
func (f *fetch) fail(ctx context.Context, l *level, err error) error {
	name := fault.NameOf(err)
	isDown := name == fault.Throttled || name == fault.Unavailable
	if ctx.Err() != nil || !isDown && name != fault.Malformed && name != fault.Rejected {
		return err
	}
	f.errs = append(f.errs, err)
	if f.failed == nil {
		f.failed = map[string]error{}
	}
	for of, keys := range f.series {
		if of != l && (!isDown || f.last[of] > 0) {
			continue
		}
		for _, list := range keys {
			for _, one := range list {
				f.failed[one.Key] = err
			}
		}
		delete(f.series, of)
	}
	if len(f.series) == 0 {
		return source.Foremost(f.errs)
	}
	return nil
}

// isBehind reports whether some workbook of all weeks ends before week.
func (f *fetch) isBehind(week span.Day) bool {
	for _, last := range f.last {
		if last < week {
			return true
		}
	}
	return false
}

// byWeek asks for the workbook of each week and returns the weeks without one.
func (f *fetch) byWeek(ctx context.Context, weeks []span.Day) (without []span.Day, err error) {
	for _, week := range weeks {
		found, err := f.oneWeek(ctx, week)
		if err != nil {
			return nil, err
		}
		if !found {
			without = append(without, week)
		}
	}
	return without, nil
}

// oneWeek asks for the workbook of a week and reads it; found is false when there
// is none.
func (f *fetch) oneWeek(ctx context.Context, week span.Day) (found bool, err error) {
	release, err := f.client.Reserve(ctx, maxSummary+besides)
	if err != nil {
		return false, err
	}
	defer release()
	body, err := f.summary(ctx, week)
	if err != nil {
		return false, fmt.Errorf("week %s: %w", week, err)
	}
	if body == nil {
		return false, nil
	}
	return true, f.readSummary(ctx, body, week)
}

// summary returns the workbook of a week, found by its name or in its folder's
// listing; nil when there is none.
func (f *fetch) summary(ctx context.Context, week span.Day) ([]byte, error) {
	year, _, _ := (week + 6).Date()
	folder := summaries + strconv.Itoa(year)
	name := summaryPrefix + week.String() + "_" + (week + 6).String() + ".xlsx"
	return f.file(ctx, folder, name, maxSummary, func(names []string) string { return summaryOf(names, week) })
}

// file returns the file called name, else the one that pick finds among the
// names of the folder's listing; nil when it finds none. It has at most limit bytes.
func (f *fetch) file(ctx context.Context, folder, name string, limit int, pick func(names []string) string) ([]byte, error) {
	body, err := f.get(ctx, folder+"/"+name, limit)
	if err != nil || body != nil {
		return body, err
	}
	names, err := f.listing(ctx, folder)
	if err != nil {
		return nil, err
	}
	listed := pick(names)
	if listed == "" {
		return nil, nil
	}
	if body, err = f.get(ctx, folder+"/"+listed, limit); err == nil && body == nil {
		return nil, fault.New(fault.Unavailable, "%s is listed, and is not there", listed)
	}
	return body, err
}

// get returns a file's bytes, nil when there is no such file: the server then
// says so in JSON, with the status 404.
func (f *fetch) get(ctx context.Context, path string, limit int) ([]byte, error) {
	response, err := f.client.Within(limit).Get(ctx, path)
	f.requests += response.Requests
	if err == nil && response.Status == http.StatusNotFound && json.Valid(response.Body) {
		return nil, nil
	}
	if err := response.Refused(err); err != nil {
		return nil, err
	}
	if len(response.Body) == 0 {
		return nil, fault.New(fault.Malformed, "no bytes instead of a workbook")
	}
	return response.Body, nil
}

// readSummary reads the sheets of a week's workbook that series need, where the
// workbooks of all weeks do not have the week.
func (f *fetch) readSummary(ctx context.Context, body []byte, week span.Day) error {
	w, err := xlsx.Open(ctx, body)
	if err != nil {
		return fmt.Errorf("week %s: %w", week, fault.New(fault.Malformed, "workbook: %w", err))
	}
	for _, l := range levels {
		if f.series[l] == nil || week <= f.last[l] {
			continue
		}
		t := f.table(l, func(of span.Day) (string, bool) {
			if of != week {
				return fmt.Sprintf("the week of %s in the workbook of %s", of, week), true
			}
			return "", true
		})
		err := t.read(w, l.sheet)
		if err == nil && t.newest == 0 {
			err = fault.New(fault.Malformed, "sheet %s: no row of the week", l.sheet)
		}
		if err != nil {
			if err := f.fail(ctx, l, fmt.Errorf("week %s: %w", week, err)); err != nil {
				return err
			}
			continue
		}
		f.warn(t.missing("the workbook of the week"))
	}
	return nil
}

func (f *fetch) table(l *level, reason func(week span.Day) (string, bool)) *table {
	return &table{level: l, asked: f.series[l], rows: f.rows, reason: reason, seen: map[key]span.Day{}, others: map[string]bool{}}
}

// warn keeps the first warning of each series.
func (f *fetch) warn(warnings map[string]string) {
	for key, warning := range warnings {
		f.missing[key] = cmp.Or(f.missing[key], warning)
	}
}

// atOnce asks for the workbooks of all weeks that series need, and takes weeks,
// which ascend, from them.
func (f *fetch) atOnce(ctx context.Context, weeks []span.Day) error {
	wanted := make(map[span.Day]bool, len(weeks))
	for _, week := range weeks {
		wanted[week] = true
	}
	for _, l := range levels {
		if f.series[l] == nil {
			continue
		}
		if err := f.allWeeks(ctx, l, wanted); err != nil {
			if err := f.fail(ctx, l, fmt.Errorf("%s.xlsx: %w", consolidatedName(l), err)); err != nil {
				return err
			}
		}
	}
	return nil
}

// allWeeks asks for the workbook of all weeks of a level and reads those wanted.
func (f *fetch) allWeeks(ctx context.Context, l *level, wanted map[span.Day]bool) error {
	release, err := f.client.Reserve(ctx, maxConsolidated+besides)
	if err != nil {
		return err
	}
	defer release()
	name := consolidatedName(l) + ".xlsx"
	body, err := f.file(ctx, consolidated, name, maxConsolidated, func(names []string) string { return consolidatedOf(names, l) })
	if err == nil && body == nil {
		err = fault.New(fault.Rejected, "it is not there, by no name")
	}
	if err != nil {
		return err
	}
	t := f.table(l, func(week span.Day) (string, bool) { return "", wanted[week] })
	if err := t.readOne(ctx, body); err != nil {
		return err
	}
	f.last[l] = t.last
	f.warn(t.missing("the workbook of all weeks"))
	return nil
}

// readOne reads the one table of a workbook, which must have rows.
func (t *table) readOne(ctx context.Context, body []byte) error {
	w, err := xlsx.Open(ctx, body)
	if err != nil {
		return fault.New(fault.Malformed, "workbook: %w", err)
	}
	if err := t.read(w, ""); err != nil {
		return err
	}
	if t.last == 0 {
		return fault.New(fault.Malformed, "no row with a price")
	}
	return nil
}
