package dynamo

import (
	"context"

	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Marks implements store.Store: one Query, eventually consistent. Its
// projection saves transfer and memory; units are counted for whole items.
func (s *Store) Marks(ctx context.Context, series string, days span.Span) ([]row.Mark, error) {
	in := daysOf(series, days)
	in.ProjectionExpression = aws.String("#date, #status, retry_at, fetched_at")
	in.ExpressionAttributeNames["#status"] = "status"
	var marks []row.Mark
	for it, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		r, err := decodeRow(series, it)
		if err != nil {
			return nil, err
		}
		marks = append(marks, r.Mark())
	}
	return marks, nil
}

// Rows implements store.Store: one Query, consistent.
func (s *Store) Rows(ctx context.Context, series string, days span.Span) ([]row.Row, error) {
	in := daysOf(series, days)
	in.ConsistentRead = aws.Bool(true)
	return s.rows(ctx, series, in)
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

// values returns the rows of series in days as they are now, each with its day,
// status and fields alone, without the published digits.
func (s *Store) values(ctx context.Context, series string, days span.Span) ([]row.Row, error) {
	in := daysOf(series, days)
	in.ConsistentRead = aws.Bool(true)
	in.ProjectionExpression = aws.String("#date, #status, #fields")
	in.ExpressionAttributeNames["#status"] = "status"
	in.ExpressionAttributeNames["#fields"] = "fields"
	return s.rows(ctx, series, in)
}

func (s *Store) rows(ctx context.Context, series string, in *dynamodb.QueryInput) ([]row.Row, error) {
	var rows []row.Row
	for it, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		r, err := decodeRow(series, it)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func daysOf(series string, days span.Span) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("info_type = :series AND #date BETWEEN :from AND :to"),
		ExpressionAttributeNames:  map[string]string{"#date": sortKey}, // a reserved word
		ExpressionAttributeValues: item{":series": text(series), ":from": text(days.From.String()), ":to": text(days.To.String())},
	}
}
