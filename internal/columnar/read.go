package columnar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"lacuna/internal/span"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Bounds of a file. The library holds its index whole, and of each column a page.
const (
	maxIndex   = 16 << 20  // bytes
	maxColumns = 1 << 14   //
	maxChunk   = 256 << 20 // bytes of a column in a row group, uncompressed
)

// Read calls do with each row of a file, as texts: days as YYYY-MM-DD, numbers in decimal,
// "" where there is none. wanted says which columns are read. Rows are counted from 1; the
// texts are do's until it returns. It ends when do returns false.
func Read(from io.ReaderAt, size int64, wanted func(column string) bool, do func(n int, columns, texts []string) (bool, error)) (err error) {
	defer func() {
		if what := recover(); what != nil { // the library panics about some files that are damaged
			err = fmt.Errorf("is damaged: %.200v", what)
		}
	}()
	if err := checkEnd(from, size); err != nil {
		return err
	}
	file, err := parquet.OpenFile(from, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%.300s", err)
	}
	for _, g := range file.Metadata().RowGroups {
		for _, c := range g.Columns {
			if n := c.MetaData.TotalUncompressedSize; n < 0 || n > maxChunk {
				return fmt.Errorf("a column of a row group has %d bytes: want at most %d; write it with smaller row groups", n, maxChunk)
			}
		}
	}
	r := reader{do: do}
	paths := file.Schema().Columns()
	if len(paths) > maxColumns {
		return fmt.Errorf("%d columns: want at most %d", len(paths), maxColumns)
	}
	r.at = make([]int, len(paths))
	for i, path := range paths {
		r.at[i] = -1
		if !wanted(path[0]) {
			continue
		}
		leaf, _ := file.Schema().Lookup(path...)
		if len(path) > 1 || leaf.Node.Repeated() {
			return fmt.Errorf("column %.80q has lists or parts: leave it out", path[0])
		}
		text, err := textOf(leaf.Node)
		if err != nil {
			return fmt.Errorf("column %.80q: %w", path[0], err)
		}
		r.at[i] = len(r.columns)
		r.columns, r.text = append(r.columns, path[0]), append(r.text, text)
	}
	r.texts = make([]string, len(r.columns))
	for _, g := range file.RowGroups() {
		if more, err := r.group(g); err != nil || !more {
			return err
		}
	}
	return nil
}

// checkEnd reads how long and how deep the index is, which stands at the end.
func checkEnd(from io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return errors.New("is no Parquet file")
	}
	if _, err := from.ReadAt(end[:], size-8); err != nil {
		return err
	}
	if string(end[4:]) != "PAR1" {
		return errors.New("is no Parquet file, or an encrypted one")
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if n > maxIndex || n > size-12 {
		return fmt.Errorf("its index has %d bytes: want at most %d, and less than the file", n, maxIndex)
	}
	index := make([]byte, n)
	if _, err := from.ReadAt(index, size-8-n); err != nil {
		return err
	}
	_, err := skipStruct(index, maxDeep)
	return err
}

type reader struct {
	do      func(n int, columns, texts []string) (bool, error)
	at      []int // of each column of the file, its place in columns; -1: not wanted
	columns []string
	text    []func(parquet.Value) (string, error)
	texts   []string
	n       int // rows
}

func (r *reader) group(g parquet.RowGroup) (more bool, err error) {
	rows := g.Rows()
	defer rows.Close()
	buffer := make([]parquet.Row, batchRows)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			r.n++
			if more, err := r.row(row); err != nil || !more {
				return false, err
			}
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("row %d: %.300s", r.n+1, err)
		}
	}
}

func (r *reader) row(row parquet.Row) (more bool, err error) {
	clear(r.texts)
	for _, v := range row {
		at := r.at[v.Column()]
		if at < 0 || v.IsNull() {
			continue
		}
		if r.texts[at], err = r.text[at](v); err != nil {
			return false, fmt.Errorf("row %d: %s: %w", r.n, r.columns[at], err)
		}
	}
	return r.do(r.n, r.columns, r.texts)
}

// textOf returns what makes texts of the values of a column.
func textOf(node parquet.Node) (func(parquet.Value) (string, error), error) {
	kind := node.Type().Kind()
	if logical := node.Type().LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.DateType:
			return func(v parquet.Value) (string, error) { return dayOf(int64(v.Int32())) }, nil
		case *format.TimestampType:
			return timestamp(l)
		case *format.DecimalType:
			return decimal(kind, int(l.Scale))
		case *format.IntType:
			if !l.IsSigned {
				return unsigned(kind)
			}
		case *format.StringType, *format.EnumType, *format.JsonType: // read as they are
		default: // a time of day is a number too
			return nil, refused(node)
		}
	}
	switch kind {
	case parquet.Int32:
		return func(v parquet.Value) (string, error) { return strconv.Itoa(int(v.Int32())), nil }, nil
	case parquet.Int64:
		return func(v parquet.Value) (string, error) { return strconv.FormatInt(v.Int64(), 10), nil }, nil
	case parquet.Float:
		return func(v parquet.Value) (string, error) { return float(float64(v.Float()), 32) }, nil
	case parquet.Double:
		return func(v parquet.Value) (string, error) { return float(v.Double(), 64) }, nil
	case parquet.ByteArray:
		return func(v parquet.Value) (string, error) { return string(v.ByteArray()), nil }, nil
	}
	return nil, refused(node)
}

func refused(node parquet.Node) error {
	return fmt.Errorf("values of type %s: want texts, numbers, dates or timestamps", node.Type())
}

// unsigned reads whole numbers whose highest bit is no sign.
func unsigned(kind parquet.Kind) (func(parquet.Value) (string, error), error) {
	switch kind {
	case parquet.Int32:
		return func(v parquet.Value) (string, error) { return strconv.FormatUint(uint64(v.Uint32()), 10), nil }, nil
	case parquet.Int64:
		return func(v parquet.Value) (string, error) { return strconv.FormatUint(v.Uint64(), 10), nil }, nil
	}
	return nil, fmt.Errorf("unsigned numbers of type %s", kind)
}

// float returns the shortest decimal text that is this float: 5.1, where Parquet has a
// number that is a little less.
func float(f float64, bits int) (string, error) {
	if f != f { // no number, as pandas has it: no value
		return "", nil
	}
	return strconv.FormatFloat(f, 'f', -1, bits), nil
}

func dayOf(days int64) (string, error) {
	if days < int64(span.Date(0, 1, 1)) || days > int64(span.Date(9999, 12, 31)) {
		return "", fmt.Errorf("%d days since 1970: want a day of the years 0 to 9999", days)
	}
	return span.Day(days).String(), nil
}

func timestamp(l *format.TimestampType) (func(parquet.Value) (string, error), error) {
	unit := time.Duration(0)
	switch l.Unit.Value.(type) {
	case *format.MilliSeconds:
		unit = time.Millisecond
	case *format.MicroSeconds:
		unit = time.Microsecond
	case *format.NanoSeconds:
		unit = time.Nanosecond
	default:
		return nil, errors.New("timestamps in an unknown unit")
	}
	perDay := int64(24 * time.Hour / unit)
	return func(v parquet.Value) (string, error) {
		if v.Int64()%perDay != 0 {
			return "", errors.New("a timestamp with a time of day: want days")
		}
		return dayOf(v.Int64() / perDay)
	}, nil
}

func decimal(kind parquet.Kind, scale int) (func(parquet.Value) (string, error), error) {
	if scale < 0 || scale > maxPrecision {
		return nil, fmt.Errorf("decimals with %d digits behind the point: want at most %d", scale, maxPrecision)
	}
	switch kind {
	case parquet.Int32:
		return func(v parquet.Value) (string, error) { return decimalOf(strconv.Itoa(int(v.Int32())), scale), nil }, nil
	case parquet.Int64:
		return func(v parquet.Value) (string, error) { return decimalOf(strconv.FormatInt(v.Int64(), 10), scale), nil }, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
	default:
		return nil, fmt.Errorf("decimals of type %s", kind)
	}
	return func(v parquet.Value) (string, error) {
		if len(v.ByteArray()) > 2*longBytes {
			return "", fmt.Errorf("a decimal of %d bytes", len(v.ByteArray()))
		}
		return decimalOf(signed(v.ByteArray()).String(), scale), nil
	}, nil
}
