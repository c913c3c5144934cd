package dynamo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// What DynamoDB lets an item have, and what one call holds: an endpoint may be
// something else than DynamoDB.
const (
	maxItem  = 400 << 10 // bytes
	maxList  = 10_000    // entries; a trail has some dozens
	maxItems = 100_000   // of one call; the days of a century are 36,500
)

// decodeRow reads an item of series, or the part of one that was asked for.
func decodeRow(series string, it item) (row.Row, error) {
	d := decoder{item: it}
	r := d.row(series)
	r.Day = d.day(sortKey)
	if d.err != nil {
		return row.Row{}, fmt.Errorf("row %s %s: %w", series, textOf(it[sortKey]), d.err)
	}
	return r, nil
}

// decodeRevision reads an item of the revisions of series.
func decodeRevision(series string, it item) (row.Revision, error) {
	d := decoder{item: it}
	r := row.Revision{Row: d.row(series), ReplacedAt: d.time("replaced_at"), ReplacedBy: d.text("replaced_by")}
	key := textOf(it[sortKey])
	day, _, _ := strings.Cut(key, "#")
	r.Day = d.parseDay(sortKey, day)
	if d.err != nil {
		return row.Revision{}, fmt.Errorf("revision %s %s: %w", series, key, d.err)
	}
	return r, nil
}

// row returns the row of series that d's item holds, without its day.
func (d *decoder) row(series string) row.Row {
	return row.Row{
		Series: series, Status: d.status(), Fields: d.fields(), Source: d.text("source"),
		FetchedAt: d.time("fetched_at"), Run: d.text("run"), Attempts: d.count("attempts"), RetryAt: d.day("retry_at"),
		Reason: d.text("reason"), Trail: d.trail(), Raw: d.text("raw"),
	}
}

// textOf returns the text v, "" when it is none.
func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// decoder reads the attributes of an item, which people may have edited, and
// keeps the first error. What is not there reads as the zero value.
type decoder struct {
	item item
	err  error
}

func (d *decoder) fail(name, format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%s: %w", name, fmt.Errorf(format, args...))
	}
}

// attribute returns the attribute called name, nil when there is none.
func attribute[T types.AttributeValue](d *decoder, name, kind string) (v T) {
	if d.item[name] == nil {
		return v
	}
	v, ok := d.item[name].(T)
	if !ok {
		d.fail(name, "want %s", kind)
	}
	return v
}

func (d *decoder) text(name string) string {
	v := attribute[*types.AttributeValueMemberS](d, name, "a text")
	switch {
	case v == nil:
		return ""
	case len(v.Value) > maxItem:
		d.fail(name, "a text of %d bytes: an item has at most %d", len(v.Value), maxItem)
		return ""
	}
	return v.Value
}

func (d *decoder) count(name string) int {
	v := attribute[*types.AttributeValueMemberN](d, name, "a number")
	if v == nil {
		return 0
	}
	n, err := strconv.Atoi(v.Value)
	if err != nil {
		d.fail(name, "%.60q is no whole number", v.Value)
	}
	return n
}

func (d *decoder) day(name string) span.Day {
	s := d.text(name)
	if s == "" {
		return 0
	}
	return d.parseDay(name, s)
}

// parseDay reads text, which is in the attribute called name.
func (d *decoder) parseDay(name, text string) span.Day {
	day, err := span.Parse(text)
	if err != nil {
		d.fail(name, "%w", err)
	}
	return day
}

// time refuses what is a time, but not as Change's condition has it.
func (d *decoder) time(name string) time.Time {
	s := d.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if t = t.UTC(); err != nil || encodeTime(t) != s {
		d.fail(name, "%.60q: want RFC 3339 in UTC", s)
	}
	return t
}

func (d *decoder) status() row.Status {
	s := row.Status(d.text("status"))
	switch s {
	case row.Observed, row.Absent, row.Incomplete, row.Quarantined:
	default:
		d.fail("status", "%.60q: want observed, absent, incomplete or quarantined", s)
	}
	return s
}

// fields returns the fields sorted by name. The published text counts as long
// as it is equal to the number: people edit numbers by hand.
func (d *decoder) fields() row.Fields {
	numbers := attribute[*types.AttributeValueMemberM](d, "fields", "a map of numbers")
	if numbers == nil {
		return nil
	}
	if len(numbers.Value) > row.MaxFields {
		d.fail("fields", "%d of them: want at most %d", len(numbers.Value), row.MaxFields)
		return nil
	}
	var published item
	if m := attribute[*types.AttributeValueMemberM](d, "digits", "a map of texts"); m != nil {
		published = m.Value
	}
	fields := make(row.Fields, 0, len(numbers.Value))
	for name, v := range numbers.Value {
		n, ok := v.(*types.AttributeValueMemberN)
		if !ok {
			d.fail("fields", "%.60s: want a number", name)
			continue
		}
		value, err := row.Canonical(n.Value)
		if err != nil {
			d.fail("fields", "%.60s: %w", name, err)
		}
		if digits := textOf(published[name]); digits != "" {
			if same, err := row.Canonical(digits); err == nil && same == value {
				value = digits
			}
		}
		fields = append(fields, row.Field{Name: name, Value: value})
	}
	slices.SortFunc(fields, func(a, b row.Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func (d *decoder) trail() []row.Step {
	return list(d, "trail", func(d *decoder) row.Step {
		return row.Step{At: d.time("at"), Run: d.text("run"), Answer: d.text("answer"), Reason: d.text("reason"), By: d.text("by")}
	})
}

// list reads the attribute called name, a list of maps.
func list[T any](d *decoder, name string, read func(*decoder) T) []T {
	values := attribute[*types.AttributeValueMemberL](d, name, "a list of maps")
	if values == nil {
		return nil
	}
	if len(values.Value) > maxList {
		d.fail(name, "%d entries: want at most %d", len(values.Value), maxList)
		return nil
	}
	var out []T
	for _, v := range values.Value {
		m, ok := v.(*types.AttributeValueMemberM)
		if !ok {
			d.fail(name, "want a list of maps")
			return nil
		}
		entry := decoder{item: m.Value}
		out = append(out, read(&entry))
		if entry.err != nil {
			d.fail(name, "%w", entry.err)
		}
	}
	return out
}
