package dynamo

import (
	"cmp"
	"context"
	"slices"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxBatch is the most items that BatchWriteItem takes.
const maxBatch = 25

// Insert implements store.Store. Batches know no conditions, so it reads the
// days first, which costs about one read unit for 20 rows that are there
// already. A row that appears between that and its batch, a few
// milliseconds to seconds, is replaced whatever it is.
//
// Rows that DynamoDB turns down are sent again until ctx ends, or until none
// was taken for 30 s: then the error is named fault.StoreThrottled.
func (s *Store) Insert(ctx context.Context, rows []row.Row) error {
	rows, err := store.ForInsert(rows)
	if err != nil {
		return err
	}
	series := bySeries(rows)
	for i := range series {
		if series[i], err = s.lacking(ctx, series[i]); err != nil {
			return err
		}
	}
	return s.putAll(ctx, byTurns(series))
}

// bySeries returns rows, which are sorted, one slice a series.
func bySeries(rows []row.Row) (series [][]row.Row) {
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r row.Row) bool { return r.Series != rows[0].Series })
		if n < 0 {
			n = len(rows)
		}
		series, rows = append(series, rows[:n]), rows[n:]
	}
	return series
}

// byTurns takes a row from each series in turn: a partition bears only 1,000
// writes a second.
func byTurns(series [][]row.Row) []row.Row {
	var rows []row.Row
	for turn := 0; ; turn++ {
		before := len(rows)
		for _, s := range series {
			if turn < len(s) {
				rows = append(rows, s[turn])
			}
		}
		if len(rows) == before {
			return rows
		}
	}
}

// lacking returns those rows, of one series and sorted by day, whose day is not
// observed yet. One that is observed with other fields is replaced here.
func (s *Store) lacking(ctx context.Context, rows []row.Row) ([]row.Row, error) {
	stored, err := s.Rows(ctx, rows[0].Series, span.Span{From: rows[0].Day, To: rows[len(rows)-1].Day})
	if err != nil {
		return nil, err
	}
	lacking := make([]row.Row, 0, len(rows))
	for _, r := range rows {
		at, found := slices.BinarySearchFunc(stored, r.Day, func(s row.Row, day span.Day) int { return cmp.Compare(s.Day, day) })
		switch {
		case !found || stored[at].Status != row.Observed:
			lacking = append(lacking, r)
		case !row.Equal(stored[at].Fields, r.Fields):
			err := store.Replace(ctx, s, stored[at], r, func(row.Row) (row.Row, bool, error) { return r, true, nil })
			if err != nil {
				return nil, err
			}
		}
	}
	return lacking, nil
}

// putAll stores rows of different keys. Each request has what was left of the
// one before, and new rows.
func (s *Store) putAll(ctx context.Context, rows []row.Row) error {
	var batch []types.WriteRequest
	for b := newBackoff(); len(batch)+len(rows) > 0; {
		n := min(maxBatch-len(batch), len(rows))
		for i := range rows[:n] {
			it, err := encodeRow(&rows[i])
			if err != nil {
				return err
			}
			batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: it}})
		}
		rows = rows[n:]
		left, err := s.putBatch(ctx, batch)
		switch {
		case fault.NameOf(err) == fault.StoreThrottled:
			left = batch // throttled altogether
		case err != nil:
			return err
		}
		if len(left) < len(batch) {
			b.progress(len(left) == 0)
		}
		if batch = left; len(left) == 0 {
			continue
		}
		if !b.wait(ctx) {
			return cmp.Or(ctx.Err(), fault.New(fault.StoreThrottled, "table %s: took none of %d rows for %s", s.table, len(left)+len(rows), patience))
		}
	}
	return nil
}

// putBatch returns those of batch that DynamoDB did not take.
func (s *Store) putBatch(ctx context.Context, batch []types.WriteRequest) (left []types.WriteRequest, err error) {
	out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems:           map[string][]types.WriteRequest{s.table: batch},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return nil, s.fail(ctx, err)
	}
	for i := range out.ConsumedCapacity {
		s.spend(&s.consumed.Write, &out.ConsumedCapacity[i])
	}
	for _, requests := range out.UnprocessedItems { // of the one table
		left = append(left, requests...)
	}
	return left, nil
}
