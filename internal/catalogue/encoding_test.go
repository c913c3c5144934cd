package catalogue_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"lacuna"
	"lacuna/internal/catalogue"

	"github.com/google/go-cmp/cmp"
)

// utf16Text is text in UTF-16, as an editor writes it.
func utf16Text(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// described is what a catalogue says of each series, as text.
func described(c *catalogue.Catalogue) (lines []string) {
	for _, s := range c.All() {
		s.Calendar = nil
		lines = append(lines, fmt.Sprintf("%+v", s))
	}
	return lines
}

const mark = "\ufeff" // byte order mark

// A byte order mark before a catalogue means nothing, with and without an include.
func TestParseWithAByteOrderMark(t *testing.T) {
	for _, text := range []string{string(lacuna.Series), "include: shipped\nversion: 1\n", "\r\n" + string(lacuna.Series)} {
		want, err := catalogue.Parse("series.yaml", []byte(text), lacuna.Series)
		if err != nil {
			t.Fatal(err)
		}
		got, err := catalogue.Parse("series.yaml", []byte(mark+text), []byte(mark+string(lacuna.Series)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(described(want), described(got)); diff != "" {
			t.Errorf("with a byte order mark (-without +with):\n%s", diff)
		}
	}
}

func TestParseSaysWhatIsWrongWithTheEncoding(t *testing.T) {
	const text = "version: 1\nseries: []\n"
	tests := []struct{ name, text, want string }{
		{"a field in line 1, after a mark", mark + "vershion: 1\n", "series.yaml:1: vershion: "},
		{"a field in line 3, after a mark", mark + "version: 1\n\nsorces: {}\n", "series.yaml:3: sorces: "},
		{"YAML that is broken in line 2, after a mark", mark + "version: 1\nseries: [\n", "series.yaml:2: "},
		{"a mark alone", mark, "series.yaml:1: the file is empty"},
		{"UTF-16, little endian", utf16Text(binary.LittleEndian, mark+text), "series.yaml:1: the file is UTF-16: save it as UTF-8"},
		{"UTF-16, big endian", utf16Text(binary.BigEndian, mark+text), "series.yaml:1: the file is UTF-16: save it as UTF-8"},
		{"UTF-16 without a mark", utf16Text(binary.LittleEndian, text), "series.yaml:1: a zero byte, as UTF-16 has: save the file as UTF-8"},
		{"Latin-1 in line 2", "version: 1\n# d\xf3lar\n", `series.yaml:2: "# d\xf3lar" is not UTF-8: save the file as UTF-8`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := catalogue.Parse("series.yaml", []byte(tt.text), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, want %s", err, tt.want)
			}
		})
	}
}
