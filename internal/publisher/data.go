package publisher

import (
	"slices"
	"strings"
	"sync"

	"lacuna/internal/span"
	publisherdata "lacuna/testdata/publisher"
)

// Names of the sources, as in the catalogue.
const (
	PTAX = "bcb-ptax"
	SGS  = "bcb-sgs"
	ECB  = "ecb"
	FRED = "fred"
	ANP  = "anp"
)

// Today is the day on which the publishers' clock stands unless told otherwise.
const Today = span.Day(20635) // 2026-07-01

// Observation is one published day. PTAX has two values, buy and sell; ANP has
// the average price, and maybe the number of stations, the lowest and the highest
// price; the other sources have one, which FRED leaves empty on a weekday without
// a price.
type Observation struct {
	Day    span.Day
	Values []string
}

// Data is everything the publishers have published before a day. A series is
// read when it is first asked for. It may be used by several goroutines.
type Data struct {
	today span.Day

	mu     sync.Mutex
	series map[string][]Observation // by "source code"
}

// NewData returns the data of the morning of today: nothing of that day or
// later.
func NewData(today span.Day) *Data {
	return &Data{today: today, series: map[string][]Observation{}}
}

// Series returns the first and the last day of a series; ok is false when
// there is no data of it.
func (d *Data) Series(source, code string) (first, last span.Day, ok bool) {
	list := d.Observations(source, code)
	if len(list) == 0 {
		return 0, 0, false
	}
	return list[0].Day, list[len(list)-1].Day, true
}

// Observations returns a series, ascending; nil when there is no data of it.
// It is shared: do not change it.
func (d *Data) Observations(source, code string) []Observation {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := source + " " + code
	list, ok := d.series[name]
	if !ok {
		list = d.load(source, code)
		d.series[name] = list
	}
	return list
}

// Add gives a series observations that are not built in, ascending.
func (d *Data) Add(source, code string, list []Observation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.series[source+" "+code] = list
}

// codes returns the codes of a source's series that have been asked for or
// added, in order.
func (d *Data) codes(source string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var codes []string
	for name := range d.series {
		if code, ok := strings.CutPrefix(name, source+" "); ok {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// all returns the codes of a source's built-in series and of those added, in order.
func (d *Data) all(source string) []string {
	names, err := publisherdata.Files.ReadDir(source)
	if err != nil {
		return nil
	}
	for _, name := range names {
		d.Observations(source, strings.TrimSuffix(name.Name(), ".csv")) // so that it is among the codes
	}
	return slices.DeleteFunc(d.codes(source), func(code string) bool { return len(d.Observations(source, code)) == 0 })
}

// between returns the part of a series in s.
func (d *Data) between(source, code string, s span.Span) []Observation {
	list := d.Observations(source, code)
	from, _ := slices.BinarySearchFunc(list, s.From, byDay)
	to, _ := slices.BinarySearchFunc(list, s.To+1, byDay)
	return list[from:max(from, to)]
}

func byDay(o Observation, day span.Day) int { return int(o.Day) - int(day) }

// continued are the SGS series whose own files end early, with the column of
// PTAX that holds the same numbers.
var continued = map[string]int{"10813": 0, "1": 1}

func (d *Data) load(source, code string) []Observation {
	switch source {
	case PTAX:
		return d.read("ptax/" + code + "-BRL.csv")
	case ECB:
		return d.read("ecb/" + code + ".csv")
	case FRED:
		return d.read("fred/" + code + ".csv")
	case ANP: // a week's prices come out on its Friday
		list := d.read("anp/" + strings.ReplaceAll(code, " ", "_") + ".csv")
		out, _ := slices.BinarySearchFunc(list, d.today-5, byDay)
		return list[:out]
	case SGS:
		list := d.read("sgs/" + code + ".csv")
		column, ok := continued[code]
		if !ok || len(list) == 0 {
			return list
		}
		ptax := d.read("ptax/USD-BRL.csv")
		from, _ := slices.BinarySearchFunc(ptax, list[len(list)-1].Day+1, byDay)
		for _, o := range ptax[from:] {
			list = append(list, Observation{o.Day, o.Values[column : column+1]})
		}
		return list
	}
	return nil
}

// read returns nil when there is no such file. Files are ours: a test checks
// every line of them.
func (d *Data) read(name string) []Observation {
	file, err := publisherdata.Files.ReadFile(name)
	if err != nil {
		return nil
	}
	header, text, _ := strings.Cut(string(file), "\n")
	columns := strings.Count(header, ",")
	list := make([]Observation, 0, strings.Count(text, "\n"))
	values := make([]string, 0, cap(list)*columns)
	for line := range strings.Lines(text) {
		date, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ",")
		day, err := span.Parse(date)
		if err != nil || day >= d.today {
			break
		}
		values = slices.AppendSeq(values, strings.SplitSeq(rest, ","))
		list = append(list, Observation{day, values[len(values)-columns : len(values) : len(values)]})
	}
	return list
}
