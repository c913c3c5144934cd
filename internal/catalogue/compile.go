package catalogue

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"
	"time"
)

// A compiled catalogue has a line that says what it is, its version, the checksum of
// the line below and the number of all bytes below; a line with the sources, the
// calendars and the number of the series; and then a line for each name, sorted, so
// that one is found by looking at a few. A series has a line with its names and with
// the name of the line that has all else, which is the same one for series that are
// alike; an alias one with the key that it stands for. Such a line ends with its
// checksum.
const (
	// CompiledName is what the file is called beside a function.
	CompiledName = "catalogue.jsonl"

	compiledForm    = "lacuna catalogue %d %08x %d\n"
	compiledVersion = 2
	nameAt          = `{"key":"` // how the lines of names begin
	sumSize         = len("\t01234567\n")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// compiledHead is what is read at once.
type compiledHead struct {
	Sources   []Source           `json:"sources"`
	Calendars []declaredCalendar `json:"calendars"`
	Series    int                `json:"series"`
}

// compiledName is the line of a series, or of an alias.
type compiledName struct {
	Key     string   `json:"key"`
	Of      string   `json:"of,omitzero"`   // of an alias: the key
	At      int      `json:"at,omitzero"`   // its place in All
	Like    string   `json:"like,omitzero"` // the key of a compiledRest
	Title   string   `json:"title,omitzero"`
	Unit    string   `json:"unit,omitzero"`
	Code    string   `json:"code,omitzero"`
	Aliases []string `json:"aliases,omitzero"`
}

// compiledRest is the line of what series have in common. Its key is restMark and a
// number.
type compiledRest struct {
	Series
	Calendar string        `json:"calendar"`
	Ready    compiledReady `json:"ready"`
}

const restMark = '=' // begins no key of a series

type compiledReady struct {
	Hour   int    `json:"hour,omitzero"`
	Minute int    `json:"minute,omitzero"`
	Zone   string `json:"zone"`
	Lag    int    `json:"lag,omitzero"`
	After  int    `json:"after,omitzero"`
}

// Compile returns the catalogue in the form that Open reads: the same bytes for the
// same catalogue.
func (c *Catalogue) Compile() ([]byte, error) {
	all, err := c.shelf().all()
	if err != nil {
		return nil, err
	}
	head := compiledHead{Sources: c.Sources, Calendars: c.calendars, Series: len(all)}
	lines, rests := make([]string, 0, head.Series), map[string]string{}
	add := func(v any) error {
		line, err := json.Marshal(v)
		lines = append(lines, string(line))
		return err
	}
	for at, s := range all {
		rest, err := json.Marshal(s.rest(""))
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", s.Key, err)
		}
		like, known := rests[string(rest)]
		if !known {
			like = fmt.Sprintf("%c%d", restMark, len(rests))
			rests[string(rest)] = like
			err = add(s.rest(like))
		}
		err = errors.Join(err, add(compiledName{Key: s.Key, At: at, Like: like, Title: s.Title, Unit: s.Unit, Code: s.Code, Aliases: s.Aliases}))
		for _, alias := range s.Aliases {
			err = errors.Join(err, add(compiledName{Key: alias, Of: s.Key}))
		}
		if err != nil {
			return nil, fmt.Errorf("series %s: %w", s.Key, err)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(nameOf([]byte(a)), nameOf([]byte(b))) })
	first, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	body := append(slices.Clip(first), '\n')
	for _, line := range lines {
		body = append(append(body, line...), sumOf([]byte(line))...)
	}
	return append(fmt.Appendf(nil, compiledForm, compiledVersion, checksum(first), len(body)), body...), nil
}

// sumOf is how the line of a name ends.
func sumOf(text []byte) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], checksum(text))
	return "\t" + hex.EncodeToString(sum[:]) + "\n"
}

// rest returns what is not a name of s, called key.
func (s *Series) rest(key string) compiledRest {
	rest := compiledRest{
		Series: *s, Calendar: s.Calendar.Name(),
		Ready: compiledReady{s.Ready.Hour, s.Ready.Minute, s.Ready.Zone.String(), s.Ready.Lag, s.Ready.After},
	}
	rest.Key, rest.Title, rest.Unit, rest.Code, rest.Aliases = key, "", "", "", nil
	return rest
}

func checksum(text []byte) uint32 { return crc32.Checksum(text, castagnoli) }

// Open returns a catalogue that was compiled. It reads the sources; a series is read
// when it is asked for, and all of them by All and Match. text must not change. What is
// of another version is an error, and what is damaged too, but for the lines of series:
// Verify reads all of those, and without it Find and Match say so, and Lookup and All
// panic.
func Open(text []byte) (*Catalogue, error) {
	line, body, _ := bytes.Cut(text, []byte("\n"))
	first, lines, _ := bytes.Cut(body, []byte("\n"))
	var version, size int
	var sum uint32
	if n, _ := fmt.Sscanf(string(line[:min(len(line), 100)])+"\n", compiledForm, &version, &sum, &size); n == 0 {
		return nil, errors.New("not a compiled catalogue")
	}
	switch {
	case version != compiledVersion:
		return nil, fmt.Errorf("compiled in version %d, want %d: it is of another version of lacuna", version, compiledVersion)
	case len(body) != size:
		return nil, fmt.Errorf("damaged: %d bytes, want %d", len(body), size)
	case checksum(first) != sum:
		return nil, errors.New("damaged: its sources have another checksum")
	}
	var head compiledHead
	if err := json.Unmarshal(first, &head); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	return &Catalogue{Sources: head.Sources, calendars: head.Calendars, series: &compiled{
		lines: lines, count: head.Series, calendars: newCalendars(head.Calendars),
		zones: map[string]*time.Location{}, rests: map[string]*Series{}, read: map[string]*Series{},
	}}, nil
}

// Verify returns an error when any line of a compiled catalogue is damaged.
func (c *Catalogue) Verify() error {
	of, ok := c.series.(*compiled)
	if !ok {
		return nil
	}
	for line := range bytes.Lines(of.lines) {
		if _, err := sound(line); err != nil {
			return err
		}
	}
	return nil
}

// compiled is a shelf that reads what it is asked for.
type compiled struct {
	lines []byte
	count int

	mu        sync.Mutex
	calendars *calendars
	zones     map[string]*time.Location
	rests     map[string]*Series // by key, without names
	read      map[string]*Series // by key
	list      []*Series          // once all are asked for
}

func (c *compiled) all() ([]*Series, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list != nil {
		return c.list, nil
	}
	list := make([]*Series, c.count)
	if err := c.each(c.lines, afterAll, func(s *compiledName) { list[s.At] = c.read[s.Key] }); err != nil {
		return nil, err
	}
	c.list = list
	return list, nil
}

// afterAll is after each name in order: no text in UTF-8 has its letter.
const afterAll = "\xff"

// each calls do with the series of lines up to the name last.
func (c *compiled) each(lines []byte, last string, do func(s *compiledName)) error {
	for line := range bytes.Lines(lines) {
		text, err := sound(line)
		switch {
		case err != nil:
			return err
		case nameOf(text) > last:
			return nil
		case text[len(nameAt)] == restMark:
			continue
		}
		s, err := c.take(line)
		if err != nil {
			return err
		}
		if s.Of == "" {
			do(s)
		}
	}
	return nil
}

func (c *compiled) find(name string) (*Series, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name != "" && name[0] != restMark { // an alias leads to a key
		if s, ok := c.read[name]; ok {
			return s, nil
		}
		line, err := lineOf(c.lines, name)
		if line == nil || err != nil {
			return nil, err
		}
		s, err := c.take(line)
		if err != nil {
			return nil, err
		}
		name = cmp.Or(s.Of, s.Key)
	}
	return nil, nil
}

func (c *compiled) between(first, last string) ([]*Series, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, _, err := placeOf(c.lines, first)
	if err != nil {
		return nil, err
	}
	var list []*Series
	err = c.each(c.lines[from:], last, func(s *compiledName) { list = append(list, c.read[s.Key]) })
	return list, err
}

// take reads the line of a name, and keeps the series that it is of, the same one each
// time.
func (c *compiled) take(line []byte) (*compiledName, error) {
	s := &compiledName{}
	if err := decodeLine(line, s); err != nil {
		return nil, err
	}
	if _, known := c.read[s.Key]; known || s.Of != "" {
		return s, nil
	}
	rest, err := c.rest(s.Like)
	if err != nil {
		return nil, fmt.Errorf("series %s: %w", s.Key, err)
	}
	one := *rest
	one.Key, one.Title, one.Unit, one.Code, one.Aliases = s.Key, s.Title, s.Unit, s.Code, s.Aliases
	c.read[s.Key] = &one
	return s, nil
}

// rest returns what series have in common that are like key.
func (c *compiled) rest(key string) (*Series, error) {
	if s, ok := c.rests[key]; ok {
		return s, nil
	}
	line, err := lineOf(c.lines, key)
	if err != nil {
		return nil, err
	}
	r := &compiledRest{}
	if err := decodeLine(line, r); err != nil {
		return nil, err
	}
	zone, ok := c.zones[r.Ready.Zone]
	if !ok {
		if zone, err = time.LoadLocation(r.Ready.Zone); err != nil {
			return nil, err
		}
		c.zones[r.Ready.Zone] = zone
	}
	r.Series.Ready = Ready{Hour: r.Ready.Hour, Minute: r.Ready.Minute, Zone: zone, Lag: r.Ready.Lag, After: r.Ready.After}
	r.Series.Calendar, _ = c.calendars.find(r.Calendar)
	c.rests[key] = &r.Series
	return &r.Series, nil
}

// decodeLine reads a line into v.
func decodeLine(line []byte, v any) error {
	text, err := sound(line)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("the compiled catalogue is damaged: %w", err)
	}
	return nil
}

// sound returns the text of a line without its checksum, which it must have.
func sound(line []byte) (text []byte, err error) {
	at := max(0, len(line)-sumSize)
	text, end := line[:at], line[at:]
	if len(text) <= len(nameAt) || !bytes.HasPrefix(text, []byte(nameAt)) || string(end) != sumOf(text) {
		return nil, fmt.Errorf("the compiled catalogue is damaged: %.80q has another checksum", line)
	}
	return text, nil
}

// lineOf returns the line of a name, nil when there is none.
func lineOf(lines []byte, name string) ([]byte, error) {
	from, to, err := placeOf(lines, name)
	if from == to {
		return nil, err
	}
	return lines[from:to], nil
}

// placeOf returns where the line of a name begins and ends; where there is none both are
// where it would begin.
func placeOf(lines []byte, name string) (from, to int, err error) {
	low, high := 0, len(lines)
	for low < high { // both are where a line begins
		middle := low + (high-low)/2
		from := low + bytes.LastIndexByte(lines[low:middle], '\n') + 1
		to := high
		if n := bytes.IndexByte(lines[from:high], '\n'); n >= 0 {
			to = from + n + 1
		}
		text, err := sound(lines[from:to])
		if err != nil {
			return 0, 0, err
		}
		switch order := strings.Compare(name, nameOf(text)); {
		case order == 0:
			return from, to, nil
		case order < 0:
			high = from
		default:
			low = to
		}
	}
	return low, low, nil
}

// nameOf returns the name that a line begins with. A name has no letter that JSON
// writes otherwise.
func nameOf(line []byte) string {
	name, _, _ := bytes.Cut(line[len(nameAt):], []byte{'"'})
	return string(name)
}
