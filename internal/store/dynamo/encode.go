package dynamo

import (
	"fmt"
	"strconv"
	"time"

	"lacuna/internal/row"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func text(s string) *types.AttributeValueMemberS   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) *types.AttributeValueMemberN { return &types.AttributeValueMemberN{Value: s} }
func count(n int) *types.AttributeValueMemberN     { return number(strconv.Itoa(n)) }

// put adds a text that is not empty: each attribute's name is paid for.
func put(it item, name, value string) {
	if value != "" {
		it[name] = text(value)
	}
}

// encodeRow returns the item of r.
func encodeRow(r *row.Row) (item, error) {
	fields, digits, err := encodeFields(r.Fields)
	if err != nil {
		return nil, fmt.Errorf("row %s %s: %w", r.Series, r.Day, err)
	}
	it := item{partitionKey: text(r.Series), sortKey: text(r.Day.String()), "status": text(string(r.Status))}
	if len(fields) > 0 {
		it["fields"] = &types.AttributeValueMemberM{Value: fields}
	}
	if len(digits) > 0 {
		it["digits"] = &types.AttributeValueMemberM{Value: digits}
	}
	put(it, "source", r.Source)
	put(it, "fetched_at", encodeTime(r.FetchedAt))
	put(it, "run", r.Run)
	if r.Attempts != 0 {
		it["attempts"] = count(r.Attempts)
	}
	if r.RetryAt != 0 {
		it["retry_at"] = text(r.RetryAt.String())
	}
	put(it, "reason", r.Reason)
	if len(r.Trail) > 0 {
		it["trail"] = encodeTrail(r.Trail)
	}
	put(it, "raw", r.Raw)
	return it, nil
}

// encodeFields returns the numbers, and the published text of those whose text
// DynamoDB would not give back.
func encodeFields(fields row.Fields) (numbers, digits item, err error) {
	numbers, digits = item{}, item{}
	for _, f := range fields {
		if numbers[f.Name] != nil {
			return nil, nil, fmt.Errorf("field %s comes twice", f.Name)
		}
		canonical, err := row.Canonical(f.Value)
		if err != nil {
			return nil, nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		numbers[f.Name] = number(canonical)
		if canonical != f.Value {
			digits[f.Name] = text(f.Value)
		}
	}
	return numbers, digits, nil
}

func encodeTrail(trail []row.Step) *types.AttributeValueMemberL {
	var list types.AttributeValueMemberL
	for _, step := range trail {
		it := item{"at": text(encodeTime(step.At)), "answer": text(step.Answer)}
		put(it, "run", step.Run)
		put(it, "reason", step.Reason)
		put(it, "by", step.By)
		list.Value = append(list.Value, &types.AttributeValueMemberM{Value: it})
	}
	return &list
}

func texts(all []string) *types.AttributeValueMemberL {
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, s := range all {
		list.Value = append(list.Value, text(s))
	}
	return list
}

// encodeTime returns RFC 3339 in UTC; "" for the zero time.
func encodeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// sortable returns RFC 3339 in UTC with all nine digits, in the order of time.
func sortable(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") }
