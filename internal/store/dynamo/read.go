package dynamo

import (
	"context"
	"fmt"
	"iter"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Marks implements store.Store: one Query, eventually consistent at half the
// price, for Scrape reads the rows again before it asks. Its projection saves
// transfer and memory; units are counted for whole items.
func (s *Store) Marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	in := daysOf(series, days)
	in.ProjectionExpression = aws.String("#date, #status, retry_at, fetched_at, reason")
	in.ExpressionAttributeNames["#status"] = "status"
	return collect(s.query(ctx, in), func(it item) (row.Mark, error) {
		r, err := decodeRow(series, it)
		return r.Mark(), err
	})
}

// Rows implements store.Store: one Query, consistent.
func (s *Store) Rows(ctx context.Context, series string, days span.Span) ([]row.Row, error) {
	in := daysOf(series, days)
	in.ConsistentRead = aws.Bool(true)
	return collect(s.query(ctx, in), func(it item) (row.Row, error) { return decodeRow(series, it) })
}

// Revisions implements store.Store: one Query, consistent. Those of a day are in
// the order of the clocks of the machines that replaced them.
func (s *Store) Revisions(ctx context.Context, series string, days span.Span) ([]row.Revision, error) {
	in := daysOf(series+revisions, days)
	in.ConsistentRead = aws.Bool(true)
	in.ExpressionAttributeValues[":to"] = text(days.To.String() + "#~") // after all times
	return collect(s.query(ctx, in), func(it item) (row.Revision, error) { return decodeRevision(series, it) })
}

// latestPage is how many of the newest items of a series are read at a time for one
// that is observed: those behind it are read in vain.
const latestPage = 10

// Latest returns the newest observed row of each of series, in their order: its day,
// status and fields alone. Series without one are left out.
func (s *Store) Latest(ctx context.Context, series []string) ([]row.Row, error) {
	var newest []row.Row
	for _, key := range series {
		in := daysOf(key, span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)})
		in.ProjectionExpression = aws.String("#date, #status, #fields, digits")
		in.FilterExpression = aws.String("#status = :observed")
		in.ExpressionAttributeNames["#status"], in.ExpressionAttributeNames["#fields"] = "status", "fields"
		in.ExpressionAttributeValues[":observed"] = text(string(row.Observed))
		in.ScanIndexForward, in.Limit = aws.Bool(false), aws.Int32(latestPage)
		for it, err := range s.query(ctx, in) {
			if err != nil {
				return nil, err
			}
			r, err := decodeRow(key, it)
			if err != nil {
				return nil, err
			}
			newest = append(newest, r)
			break
		}
	}
	return newest, nil
}

// Has reports whether a series has any row: one item is read.
func (s *Store) Has(ctx context.Context, series string) (bool, error) {
	in := daysOf(series, span.Span{From: span.Date(0, 1, 1), To: span.Date(9999, 12, 31)})
	in.ProjectionExpression = aws.String("#date")
	in.Limit = aws.Int32(1)
	for _, err := range s.query(ctx, in) {
		return err == nil, err
	}
	return false, nil
}

// collect returns what decode makes of each item, nil with the first error.
func collect[T any](items iter.Seq2[item, error], decode func(item) (T, error)) ([]T, error) {
	var all []T
	for it, err := range items {
		if err != nil {
			return nil, err
		}
		v, err := decode(it)
		if err != nil {
			return nil, err
		}
		if all = append(all, v); len(all) > maxItems {
			return nil, fmt.Errorf("more than %d items at once: ask for less", maxItems)
		}
	}
	return all, nil
}

func daysOf(series string, days span.Span) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("info_type = :series AND #date BETWEEN :from AND :to"),
		ExpressionAttributeNames:  map[string]string{"#date": sortKey}, // a reserved word
		ExpressionAttributeValues: item{":series": text(series), ":from": text(days.From.String()), ":to": text(days.To.String())},
	}
}
