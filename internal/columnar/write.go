// Package columnar writes and reads rows of series as Parquet: days are dates and values are
// decimals, so that no program has to guess, and no digit that counts is lost.
package columnar

import (
	"fmt"
	"io"
	"reflect"

	"lacuna/internal/span"

	"github.com/parquet-go/parquet-go"
)

// Names of the columns that are no fields.
const (
	Series = "info_type"
	Day    = "date"
	Status = "status"
)

const (
	groupRows = 64 << 10 // of a row group: what is held of a file
	batchRows = 512      // that the library gets at once
)

// Writer writes rows. Use NewWriter.
type Writer struct {
	out     *parquet.GenericWriter[any]
	columns []Column
	series  bool
	batch   []parquet.Row
	values  []parquet.Value // of batch
}

// NewWriter returns a writer of rows with these fields; without series the rows do not tell
// of which they are: the folder does.
func NewWriter(to io.Writer, columns []Column, series bool) *Writer {
	var root group
	word := parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	if series {
		root.add(Series, word)
	}
	root.add(Day, parquet.Date())
	root.add(Status, word)
	for i := range columns {
		root.add(columns[i].Name, parquet.Optional(columns[i].node()))
	}
	out := parquet.NewGenericWriter[any](to, parquet.NewSchema("rows", root), parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(groupRows), parquet.CreatedBy("lacuna", "", ""))
	return &Writer{out: out, columns: columns, series: series}
}

// Write writes a row, which has a number for each column. It keeps none of numbers.
func (w *Writer) Write(series string, day span.Day, status string, numbers []Number) error {
	first := len(w.values)
	put := func(v parquet.Value, defined int) {
		w.values = append(w.values, v.Level(0, defined, len(w.values)-first))
	}
	if w.series {
		put(parquet.ByteArrayValue([]byte(series)), 0)
	}
	put(parquet.Int32Value(int32(day)), 0)
	put(parquet.ByteArrayValue([]byte(status)), 0)
	for i := range w.columns {
		switch c, n := &w.columns[i], numbers[i]; {
		case !c.has(n):
			return fmt.Errorf("%s of %s %s has more digits than when it was read first: run it again", c.Name, series, day)
		case !n.there:
			put(parquet.NullValue(), 0)
		case c.isShort():
			put(parquet.Int64Value(c.unscaled(n)), 1)
		default:
			put(parquet.FixedLenByteArrayValue(c.unscaledLong(n)), 1)
		}
	}
	w.batch = append(w.batch, w.values[first:])
	if len(w.batch) < batchRows {
		return nil
	}
	return w.flush()
}

func (w *Writer) flush() error {
	_, err := w.out.WriteRows(w.batch)
	w.batch, w.values = w.batch[:0], w.values[:0]
	return err
}

// Close writes what is left, and the end of the file.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.out.Close()
}

func (c *Column) node() parquet.Node {
	if c.isShort() {
		return parquet.Decimal(c.scale, maxShort, parquet.Int64Type)
	}
	return parquet.Decimal(c.scale, maxPrecision, parquet.FixedLenByteArrayType(longBytes))
}

// group is a parquet.Group whose columns stay in their order.
type group struct {
	parquet.Group
	fields []parquet.Field
}

func (g *group) add(name string, node parquet.Node) { g.fields = append(g.fields, field{node, name}) }

// Fields implements parquet.Node.
func (g group) Fields() []parquet.Field { return g.fields }

type field struct {
	parquet.Node
	name string
}

// Name implements parquet.Field.
func (f field) Name() string { return f.name }

// Value implements parquet.Field, for those who write structs.
func (f field) Value(reflect.Value) reflect.Value { return reflect.Value{} }
