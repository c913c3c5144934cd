package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"lacuna/internal/row"
	"lacuna/internal/span"
)

// everyKey jumps from key to key: DISTINCT would read every row.
const everyKey = `RECURSIVE keys(k) AS (
	SELECT min(info_type) FROM rows
	UNION ALL SELECT (SELECT min(info_type) FROM rows WHERE info_type > k) FROM keys WHERE k IS NOT NULL
)`

const selectLatest = ` SELECT r.info_type, r.date, r.fields, coalesce(r.digits, '') FROM keys JOIN rows r ON r.info_type = k
	AND r.date = (SELECT date FROM rows WHERE info_type = k AND status = 'observed' ORDER BY date DESC LIMIT 1)`

// Latest returns the newest observed row of each of series, in their order, or with
// nil of every series by key: its day, status and fields alone. Series without one
// are left out.
func (s *Store) Latest(ctx context.Context, series []string) ([]row.Row, error) {
	if series == nil {
		return collect(ctx, s, scanLatest, `WITH `+everyKey+selectLatest+` WHERE k IS NOT NULL`)
	}
	keys, err := json.Marshal(series)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, scanLatest, `WITH keys(k, n) AS (SELECT value, key FROM json_each(?))`+selectLatest+` ORDER BY n`, string(keys))
}

func scanLatest(rows *result) (r row.Row, err error) {
	var date, fields, digits string
	if err := rows.Scan(&r.Series, &date, &fields, &digits); err != nil {
		return r, err
	}
	r.Status = row.Observed
	if r.Day, err = span.Parse(date); err == nil {
		r.Fields, err = decodeFields(fields, digits)
	}
	if err != nil {
		return r, fmt.Errorf("row %s %s: %w", short(r.Series), short(date), err)
	}
	return r, nil
}
