package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

const (
	// maxLength is the longest text, and the longest row, that is read or
	// written, in bytes. The longest of ours are the details of an event: an
	// input of 256 KiB as a JSON string.
	maxLength = 4 << 20
	// maxRead is how much one call may hold, in bytes. A series with a row for
	// each day of a century has 25 MB, the longest history 15 MB.
	maxRead = 32 << 20
	// rowCost is what a row costs beside its texts.
	rowCost = 400
	// maxTold is how much an error tells of what a row has, in bytes.
	maxTold = 300
	// maxJSON is how many values a JSON text of a row may have, and maxNested how
	// deep. A summary of 300 series has 6,000.
	maxJSON   = 100_000
	maxNested = 100
)

// bounded makes connections that neither read nor write what is longer than
// maxLength.
type bounded struct{ sqldriver.Connector }

func (b bounded) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := b.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	// The driver limits a *sql.Conn alone. This pool is closed while its one
	// connection is in use, so it forgets the connection and does not close it.
	pool := sql.OpenDB(just{b.Connector, conn})
	c, err := pool.Conn(ctx)
	if err == nil {
		_, err = driver.Limit(c, codes.SQLITE_LIMIT_LENGTH, maxLength)
	}
	return conn, errors.Join(err, pool.Close())
}

// just connects to what is there.
type just struct {
	sqldriver.Connector
	conn sqldriver.Conn
}

func (j just) Connect(context.Context) (sqldriver.Conn, error) { return j.conn, nil }

// result is the rows of a query, as much of them as one call may hold.
type result struct {
	*sql.Rows
	held int // bytes
}

// Scan is that of Rows. Its error tells what a row has in short.
func (r *result) Scan(dest ...any) error {
	if err := r.Rows.Scan(dest...); err != nil {
		if driverErr := (*driver.Error)(nil); errors.As(err, &driverErr) {
			return err
		}
		return errors.New(short(err.Error()))
	}
	r.held += rowCost
	for _, d := range dest {
		if text, ok := d.(*string); ok {
			r.held += len(*text)
		}
	}
	if r.held > maxRead {
		return fmt.Errorf("more than %d MB at once: ask for less", maxRead>>20)
	}
	return nil
}

// short cuts what a row has, for an error.
func short(text string) string {
	if len(text) <= maxTold {
		return text
	}
	return strings.ToValidUTF8(text[:maxTold], "") + "..."
}
