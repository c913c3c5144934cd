package catalogue_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"

	"github.com/google/go-cmp/cmp"
)

const familyHead = "version: 1\nsources: {s: {}}\nseries:\n"

// rest are the fields that every entry here has.
const rest = "unit: u, source: s, calendar: daily, since: 2020-01-01"

func parseFamily(entries string, files map[string]string) (*catalogue.Catalogue, error) {
	return catalogue.ParseBeside("own.yaml", []byte(familyHead+entries), lacuna.Series, func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, errors.New("no file " + name)
		}
		return []byte(text), nil
	})
}

func TestFamilies(t *testing.T) {
	for _, tt := range []struct {
		name, entries string
		files         map[string]string
		want          []string // key, title, code and since of each
	}{
		{name: "a list", entries: "- {each: {c: [USD, EUR]}, key: 'A#{c}', title: '{c} {c}', code: '{c}', " + rest + "}",
			want: []string{"A#USD USD USD USD 2020-01-01", "A#EUR EUR EUR EUR 2020-01-01"}},
		{name: "each pair of two lists", entries: "- {each: {uf: [SP, RJ], p: [GLP, S10]}, key: 'F#{p}#{uf}', title: t, code: '{p}/UF/{uf}', " + rest + "}",
			want: []string{"F#GLP#SP t GLP/UF/SP 2020-01-01", "F#S10#SP t S10/UF/SP 2020-01-01", "F#GLP#RJ t GLP/UF/RJ 2020-01-01", "F#S10#RJ t S10/UF/RJ 2020-01-01"}},
		{name: "a file", entries: "- {each: {from: codes.csv}, key: 'A#{c}', title: '{name}', code: '{c}', unit: u, source: s, calendar: daily, since: '{from_day}'}",
			files: map[string]string{"codes.csv": "\ufeffc,name,from_day\r\nUSD,\"dollar, US\",2020-01-01\r\n\r\nEUR,euro,2021-02-03\r\n"},
			want:  []string{"A#USD dollar, US USD 2020-01-01", "A#EUR euro EUR 2021-02-03"}},
		{name: "an entry that replaces a member, and one that changes another", entries: "- {each: {c: [USD, EUR]}, key: 'A#{c}', title: t, code: '{c}', " + rest + "}\n" +
			"- {key: A#EUR, since: 2022-01-01}\n- {key: A#USD, title: own, code: X, unit: u, source: s, calendar: daily, since: 2023-01-01}\n- {key: B, title: b, code: b, " + rest + "}",
			want: []string{"A#USD own X 2023-01-01", "A#EUR t EUR 2022-01-01", "B b b 2020-01-01"}},
		{name: "braces outside of a family are themselves", entries: "- {key: A, title: 'a {c}', code: a, " + rest + "}", want: []string{"A a {c} a 2020-01-01"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseFamily(tt.entries, tt.files)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range c.All() {
				got = append(got, fmt.Sprintf("%s %s %s %s", s.Key, s.Title, s.Code, s.Since))
				if found, ok := c.Lookup(s.Key); !ok || found.Title != s.Title {
					t.Errorf("Lookup(%s) = %v, %v", s.Key, found, ok)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFamiliesRefuse(t *testing.T) {
	long := "c\n" + strings.Repeat("x\n", 100_001)
	const one = "key: 'A#{c}', title: t, code: x, " + rest
	for _, tt := range []struct {
		name, entries string
		files         map[string]string
		want          string
	}{
		{"another name", "- {each: {c: [USD, EUR]}, key: 'A#{code}', title: t, code: '{c}', " + rest + "}", nil, `own.yaml:4: series[0].key: {code}: no list of each has this name, which has c`},
		{"a member that is none", "- {each: {c: [USD, 'E U']}, key: 'A#{c}', title: t, code: x, " + rest + "}", nil, `own.yaml:4: series[0].key: "A#E U": want up to 64 letters, digits and _.#/:- that begin with a letter or digit`},
		{"a member twice", "- {each: {c: [USD, USD]}, " + one + "}", nil, "own.yaml:4: series[A#USD]: the key comes twice (c USD stands twice)"},
		{"an entry twice after a family", "- {each: {c: [USD]}, " + one + "}\n- {key: A#USD, until: 2030-01-01}\n- {key: A#USD, until: 2031-01-01}", nil, "own.yaml:6: series[A#USD]: the key comes twice: a member of a family is changed by one entry"},
		{"an entry before its family", "- {key: A#USD, title: t, code: x, " + rest + "}\n- {each: {c: [USD]}, " + one + "}", nil, "own.yaml:5: series[A#USD]: the key comes twice: an entry for a member of a family stands below the family"},
		{"an entry for no member", "- {each: {c: [USD]}, " + one + "}\n- {key: A#USX, until: 2030-01-01}", nil, "own.yaml:5: series[A#USX]: no member of a family above has this key, and without a source it is none of its own: did you mean A#USD?"},
		{"a line twice", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c,d\nUSD,1\n\nEUR,1\nUSD,2\n"}, "own.yaml:4: series[A#USD]: the key comes twice (x.csv line 2, and x.csv line 5: the key has no {d})"},
		{"a line that makes no key", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c\nUSD\n\nU D\n"}, `own.yaml:4: series[0].key: "A#U D": want up to 64 letters, digits and _.#/:- that begin with a letter or digit (x.csv line 4)`},
		{"another separator", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c;d\nUSD;1\n"}, `own.yaml:4: series[0].each.from: x.csv: line 1: "c;d": want commas between the names of columns`},
		{"a name in upper case", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "C\nUSD\n"}, `own.yaml:4: series[0].each.from: x.csv: line 1: "C": want the name of a column in lower case, as in {c}`},
		{"too many columns", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "a,b,c,d,e,f,g,h,i,j,k\n"}, `own.yaml:4: series[0].each.from: x.csv: line 1: 11 columns: want at most 10`},
		{"nothing in a file", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": ""}, "own.yaml:4: series[0].each.from: x.csv: no header: the file is empty"},
		{"space around a text", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c\nUSD \n"}, `own.yaml:4: series[0].each.from: x.csv: line 2: c: "USD " has space around it`},
		{"a line break in a text", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c\n\"U\nSD\"\n"}, `own.yaml:4: series[0].each.from: x.csv: line 2: c: "U\nSD" has a line break or another control character`},
		{"a long text", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c\n" + strings.Repeat("x", 201) + "\n"}, "own.yaml:4: series[0].each.from: x.csv: line 2: c: a text of 201 bytes: want at most 200"},
		{"a mistake is told once", "- {each: {c: [USD, EUR]}, key: 'A#{c}', title: t, code: x, unit: u, source: t, calendar: weekday, since: 2020-13-01}", nil, "own.yaml:4: series[A#USD].since: day \"2020-13-01\": no such date\nown.yaml:4: series[A#USD].source: unknown source \"t\": did you mean s?\nown.yaml:4: series[A#USD].calendar: unknown calendar \"weekday\": did you mean weekdays?"},
		{"nothing", "- {each: {}, " + one + "}", nil, "own.yaml:4: series[0].each: want a list by its name, such as {code: [USD, BRL]}, or from: a file"},
		{"an empty list", "- {each: {c: []}, " + one + "}", nil, "own.yaml:4: series[0].each.c: want at least one text"},
		{"an empty file", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c\n"}, "own.yaml:4: series[0].each.from: x.csv: no line below the header"},
		{"no list", "- {each: {c: USD}, " + one + "}", nil, "own.yaml:4: series[0].each.c: want a list"},
		{"a file and a list", "- {each: {from: x.csv, c: [USD]}, " + one + "}", nil, "own.yaml:4: series[0].each.c: unknown field"},
		{"a file that is not there", "- {each: {from: x.csv}, " + one + "}", nil, "own.yaml:4: series[0].each.from: no file x.csv"},
		{"a file elsewhere", "- {each: {from: ../x.csv}, " + one + "}", nil, `own.yaml:4: series[0].each.from: "../x.csv": want the name of a CSV file beside the catalogue, such as codes.csv`},
		{"a file with a hole", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c,d\nUSD,\n"}, "own.yaml:4: series[0].each.from: x.csv: line 2: d: the cell is empty"},
		{"a file with a line too short", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "c,d\nUSD\n"}, "own.yaml:4: series[0].each.from: x.csv: record on line 2: wrong number of fields"},
		{"names that are none", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": "C D\nUSD\n"}, `own.yaml:4: series[0].each.from: x.csv: line 1: "C D": want the name of a column: lower case letters, digits and _`},
		{"too many", "- {each: {from: x.csv}, " + one + "}", map[string]string{"x.csv": long}, "own.yaml:4: series[0].each.from: x.csv: more than 100000 members of families"},
		{"too many pairs", "- {each: {a: &l [" + strings.Repeat("x,", 400) + "x], b: *l, c: [1a]}, " + one + "}", nil, "own.yaml:4: series[0].each: more than 100000 members of families"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseFamily(tt.entries, tt.files)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

// The file that the tests of the stack read has the same series here.
func TestFamiliesOfTheStack(t *testing.T) {
	c, err := catalogue.ParseBeside("family.yaml", read(t, "../../terraform/tests/data/family.yaml"), lacuna.Series, func(name string) ([]byte, error) {
		return read(t, "../../terraform/tests/data/"+name), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := catalogue.Parse("", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.All()[len(shipped.All()):] {
		got = append(got, s.Key+" "+s.Source)
	}
	want := "FUEL#GLP#UF#SP anp FUEL#S10#UF#SP anp FUEL#GLP#UF#RJ anp FUEL#S10#UF#RJ anp API#USD api API#EUR api API#JPY other"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// BenchmarkFamily reads a family of a hundred thousand series.
func BenchmarkFamily(b *testing.B) {
	var codes strings.Builder
	codes.WriteString("c\n")
	for i := range 100_000 {
		fmt.Fprintf(&codes, "%d\n", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		c, err := parseFamily("- {each: {from: codes.csv}, key: 'A#{c}', title: 'series {c}', code: '{c}', "+rest+"}", map[string]string{"codes.csv": codes.String()})
		if err != nil || len(c.All()) != 100_000 {
			b.Fatal(err)
		}
	}
}

// Members that differ in names alone are read by the first one, and are what they are
// when each is read by itself.
func TestMembersByTheFirstOne(t *testing.T) {
	const entry = "- {each: {c: [USD, EUR, '1'], d: [2020-01-06]}, key: 'A#{c}', aliases: ['B#{c}', 'C#{d}#{c}'], title: 'in {c}{{', unit: '{c}', source: s, code: '{c}/{c}', fields: [buy, sell], " +
		"cadence: weekly, since: %s, known_absent: [{days: 2021-01-04, reason: fire}], checks: {sell: {min: 1, not_below: buy}}, ready: {at: '10:00', zone: Europe/Berlin, lag: 1}}"
	first, err := parseFamily(fmt.Sprintf(entry, "2020-01-06"), nil)
	if err != nil {
		t.Fatal(err)
	}
	each, err := parseFamily(fmt.Sprintf(entry, "'{d}'"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(each.All(), first.All(), whole); diff != "" {
		t.Errorf("(-each by itself +by the first):\n%s", diff)
	}
	for _, tt := range []struct{ entry, want string }{
		{"key: 'A#{c}', title: t, code: '{c}', unit: u, source: t, calendar: never, since: 2020-01-01", `own.yaml:4: series[A#USD].source: unknown source "t": did you mean s?
own.yaml:4: series[A#USD].calendar: unknown calendar "never": there are brazil-bank, daily, target, weekdays
own.yaml:4: series[A#EUR].source: unknown source "t": did you mean s?
own.yaml:4: series[A#EUR].calendar: unknown calendar "never": there are brazil-bank, daily, target, weekdays`},
		{"key: 'A#{c}', aliases: [X], title: t, code: '{c}', " + rest, "own.yaml:4: series[A#EUR].aliases[0]: X is already a name of A#USD"},
		{"key: X, title: '{c}', code: '{c}', " + rest, "own.yaml:4: series[X]: the key comes twice (c USD, and c EUR: the key has no {c})"},
		{"key: 'A#{c}', aliases: ['{c} {c}'], title: t, code: x, " + rest, `own.yaml:4: series[A#USD].aliases[0]: "USD USD": want up to 64 letters, digits and _.#/:- that begin with a letter or digit`},
	} {
		if _, err := parseFamily("- {each: {c: [USD, EUR]}, "+tt.entry+"}", nil); err == nil || err.Error() != tt.want {
			t.Errorf("%s:\n%v\nwant\n%s", tt.entry, err, tt.want)
		}
	}
}
