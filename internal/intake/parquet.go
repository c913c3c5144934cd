package intake

import (
	"fmt"
	"os"

	"lacuna/internal/columnar"
)

// parquet reads a file with the columns of a CSV.
func (r *Reader) parquet(name string, f *os.File, yield func(Line) bool) error {
	at, err := f.Stat()
	if err != nil {
		return err
	}
	series := r.of(r.seriesOf(name))
	wanted := func(column string) bool { return r.of(column) != "" }
	var columns []string // names as they are called here, the same in each row
	err = columnar.Read(f, at.Size(), wanted, func(n int, names, texts []string) (bool, error) {
		l := Line{Series: series}
		for _, name := range names[len(columns):] {
			columns = append(columns, r.of(name))
		}
		if err := r.row(&l, n, columns, texts); err != nil {
			return false, fmt.Errorf("row %d: %w", n, err)
		}
		return yield(l), nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
