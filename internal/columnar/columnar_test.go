package columnar_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lacuna/internal/columnar"
	"lacuna/internal/row"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// written returns the file of rows of one field, a row a text.
func written(tb testing.TB, texts ...string) []byte {
	tb.Helper()
	column := columnar.Column{Name: "value"}
	var numbers []columnar.Number
	for _, text := range texts {
		n, err := columnar.Parse(text)
		if err == nil {
			err = column.Fit(n)
		}
		if err != nil {
			tb.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	var file bytes.Buffer
	w := columnar.NewWriter(&file, []columnar.Column{column}, true)
	for i, n := range numbers {
		if err := w.Write("A#B", span.Date(2026, 1, 1)+span.Day(i), "observed", []columnar.Number{n}); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

func all(string) bool { return true }

// read returns the rows of a file.
func read(file []byte, wanted func(string) bool) (rows []string, err error) {
	err = columnar.Read(bytes.NewReader(file), int64(len(file)), wanted, func(n int, columns, texts []string) (bool, error) {
		if n == 1 {
			rows = append(rows, strings.Join(columns, " "))
		}
		rows = append(rows, strings.Join(texts, " "))
		return true, nil
	})
	return rows, err
}

func TestRowsComeBack(t *testing.T) {
	for _, tt := range []struct{ name, schema, in, out string }{
		{"short", "DECIMAL(18,4)", "5.1760 -0.5  120 0 1E2", "5.1760 -0.5000  120.0000 0.0000 100.0000"},
		{"whole", "DECIMAL(18,0)", "5 -7", "5 -7"},
		{"long", "DECIMAL(38,20)", "0.00000000000000000001 -123456789012345678 -0.00000000000000000001", "0.00000000000000000001 -123456789012345678.00000000000000000000 -0.00000000000000000001"},
		{"the longest", "DECIMAL(38,0)", "99999999999999999999999999999999999999 -99999999999999999999999999999999999999", "99999999999999999999999999999999999999 -99999999999999999999999999999999999999"},
	} {
		file := written(t, strings.Split(tt.in, " ")...)
		open, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		if schema := open.Schema().String(); !strings.Contains(schema, tt.schema) || strings.Index(schema, "info_type") > strings.Index(schema, "date") {
			t.Errorf("%s: %s", tt.name, schema)
		}
		want := []string{"info_type date status value"}
		for i, text := range strings.Split(tt.out, " ") {
			want = append(want, fmt.Sprintf("A#B %s observed %s", span.Date(2026, 1, 1)+span.Day(i), text))
		}
		got, err := read(file, all)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	got, err := read(written(t, "1"), func(name string) bool { return name == "value" })
	if diff := cmp.Diff([]string{"value", "1"}, got); diff != "" || err != nil {
		t.Errorf("one column: %v\n%s", err, diff)
	}
}

// A number that goes through a file is the same number.
func TestEveryNumberIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,19}(\.[0-9]{1,19})?`).Draw(rt, "number")
		got, err := read(written(t, text, "1.5"), func(name string) bool { return name == "value" })
		if err != nil {
			rt.Fatal(err)
		}
		if c, err := row.Compare(text, got[1]); err != nil || c != 0 {
			rt.Errorf("%s comes back as %s, %v", text, got[1], err)
		}
	})
}

func TestNumbersThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"x":      `"x" is not a decimal number`,
		"1E-100": `"1E-100" has more than 38 digits behind the point`,
	} {
		if _, err := columnar.Parse(text); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
	column := columnar.Column{Name: "value"}
	small, err := columnar.Parse("0.00000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	large, err := columnar.Parse("1E30")
	if err != nil {
		t.Fatal(err)
	}
	if err := column.Fit(small); err != nil {
		t.Error(err)
	}
	if err := column.Fit(large); err == nil || !strings.HasPrefix(err.Error(), "field value: numbers with 31 digits before the point and 20 behind it: a DECIMAL has 38 in all") {
		t.Errorf("error %v", err)
	}
	w := columnar.NewWriter(&bytes.Buffer{}, []columnar.Column{{Name: "value"}}, false)
	if err := w.Write("A", 0, "observed", []columnar.Number{large}); err == nil {
		t.Error("a number that does not fit was written")
	}
}

// What other programs write.
func TestFilesOfOthers(t *testing.T) {
	type others struct {
		Text  string   `parquet:"info_type"`
		Time  int64    `parquet:"date,timestamp(microsecond)"`
		Float float64  `parquet:"value"`
		Short *int32   `parquet:"short,optional"`
		List  []string `parquet:"list"`
	}
	const day = 86_400_000_000
	var file bytes.Buffer
	w := parquet.NewGenericWriter[others](&file)
	seven := int32(7)
	if _, err := w.Write([]others{{"A", 20_000 * day, 0.1, &seven, nil}, {"A", -day, 5.1, nil, []string{"x"}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := read(file.Bytes(), func(name string) bool { return name != "list" })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"info_type date value short", "A 2024-10-04 0.1 7", "A 1969-12-31 5.1 "}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := read(file.Bytes(), all); err == nil || err.Error() != `column "list" has lists or parts: leave it out` {
		t.Errorf("error %v", err)
	}
}

// A whole number without a sign has all its bits, and what counts time is no number.
func TestWhatNumbersAreOf(t *testing.T) {
	type others struct {
		Small uint8         `parquet:"small"`
		Short uint32        `parquet:"short"`
		Long  uint64        `parquet:"long"`
		Sign  int16         `parquet:"sign"`
		Enum  string        `parquet:"enum,enum"`
		Clock time.Duration `parquet:"clock,time(millisecond)"`
		Micro time.Duration `parquet:"micro,time(microsecond)"`
		ID    [16]byte      `parquet:"id,uuid"`
	}
	var file bytes.Buffer
	w := parquet.NewGenericWriter[others](&file)
	if _, err := w.Write([]others{{200, 3_000_000_000, math.MaxUint64, -7, "A", time.Hour, time.Hour, [16]byte{1}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	refused := []string{"clock", "micro", "id"}
	got, err := read(file.Bytes(), func(name string) bool { return !slices.Contains(refused, name) })
	if diff := cmp.Diff([]string{"small short long sign enum", "200 3000000000 18446744073709551615 -7 A"}, got); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	for _, column := range refused {
		_, err := read(file.Bytes(), func(name string) bool { return name == column })
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("column %q: values of type ", column)) {
			t.Errorf("%s: error %v", column, err)
		}
	}
}

func TestIndexesThatAreNone(t *testing.T) {
	for want, index := range map[string]string{
		"its index is nested too deep": strings.Repeat("\x1c", 1000) + strings.Repeat("\x00", 1000), // structs in structs
		"its index is damaged":         strings.Repeat("\x15", 1000),                                // a field without an end
	} {
		file := "PAR1" + index + string(binary.LittleEndian.AppendUint32(nil, uint32(len(index)))) + "PAR1"
		if _, err := read([]byte(file), all); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	lists := strings.Repeat("\x1a", 2000)
	file := "PAR1\x1a" + lists + string(binary.LittleEndian.AppendUint32(nil, uint32(len(lists)+1))) + "PAR1"
	if _, err := read([]byte(file), all); err == nil || err.Error() != errDeepText {
		t.Errorf("sets in sets: error %v", err)
	}
}

const errDeepText = "its index is nested too deep"

func FuzzRead(f *testing.F) {
	f.Add(written(f, "1.5", "", "-7"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := read(file, all)
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("error %.200s", err)
		}
		if len(rows) > 1<<20 {
			t.Errorf("%d rows of %d bytes", len(rows), len(file))
		}
	})
}
