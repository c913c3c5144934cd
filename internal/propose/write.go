package propose

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/catalogue"
)

// write writes the catalogue of a draft.
func (d *draft) write() {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Proposed from %s. To be looked at: the address, titles and units, and what a
# comment asks. Then `+"`lacuna series try %s`"+` shows how the publisher's answer is read.
version: 1

# include: shipped # the series that lacuna has of its own

sources:
  %s:
`, oneLine(d.name), d.Series[0].Key, d.Source)
	line := func(name, value string) {
		for _, remark := range d.remarks[name] {
			fmt.Fprintf(&b, "    # %s: %s?\n", name, strings.TrimSuffix(oneLine(remark), "?"))
		}
		if value != "" {
			fmt.Fprintf(&b, "    %s: %s\n", name, value)
		}
	}
	line("kind", catalogue.HTTPCSV)
	b.WriteString(`    # The publisher's address. {from} and {to} are the first and the last day asked for, in
    # the form of dates or one of their own, such as {from:yyyy-MM-dd}; {code} is the code of
    # a series. An address without any of them is one of a file with all days.
`)
	line("url", "https://example.org/data.csv?from="+d.dates[0].place("from")+"&to="+d.dates[0].place("to"))
	if d.encoding != "utf-8" {
		line("encoding", d.encoding)
	}
	if d.delimiter != ',' {
		line("delimiter", map[rune]string{';': `";"`, '\t': "tab", '|': `"|"`}[d.delimiter])
	}
	switch {
	case d.header < 0:
		line("header", "none")
	case d.skips() > 0:
		line("skip", strconv.Itoa(d.skips()))
	}
	line("ignore", d.ignored())
	if others := d.dates.others(columnOf(d.records, d.day)); len(others) > 0 {
		d.doubt("dates", "every day of the sample can also be read as %s", strings.Join(others, " or "))
	}
	line("dates", Text(d.dates[0].String()))
	line("decimal", strconv.Quote(d.numbers.Decimal))
	if d.numbers.Thousands != "" {
		line("thousands", thousandsText(d.numbers.Thousands))
	}
	line("no_value", listOf(d.words()))
	line("around", listOf(d.around()))
	line("day", d.column(d.day))
	line("period", d.period)
	if d.code >= 0 {
		line("code", d.column(d.code))
	} else {
		line("code", "")
	}
	if len(d.left) > 0 {
		fmt.Fprintf(&b, "    # Columns of numbers that are left out: %s\n", oneLine(strings.Join(d.left, ", ")))
	}
	line("values", d.valueColumns())
	if !endsLine(d.lines) {
		fmt.Fprintf(&b, "    # last_line: open # if no answer of the publisher ends with a line break, as the sample does not\n")
	}
	b.WriteString("\nseries:\n")
	for _, remark := range d.remarks["series"] {
		fmt.Fprintf(&b, "# %s\n", oneLine(remark))
	}
	b.WriteString("# ready: {at: \"18:00\", zone: Europe/Berlin} says when a day comes out; without it, at the end of its period in UTC.\n")
	if d.daily != catalogue.Daily {
		b.WriteString("# Calendars are brazil-bank, target, weekdays and daily; on_empty: learn learns holidays.\n")
	}
	for i := range d.Series {
		b.Write(Entry("", &d.Series[i], d.daily, "title", "unit"))
	}
	d.Text = b.Bytes()
}

func endsLine(lines []string) bool { return lines[len(lines)-1] == "" }

// oneLine returns text without what would end a comment.
func oneLine(text string) string {
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, text), " ")
}

// skips returns how many lines before the header are to be skipped: none when all of
// them are empty.
func (d *draft) skips() int {
	if d.header == 0 {
		return 0
	}
	return d.records[d.header].line - 1
}

// ignored returns how the lines begin that are no rows, as a list in YAML.
func (d *draft) ignored() string {
	var begins []string
	for _, r := range d.records {
		line := begin(d.lines[r.line-1])
		if !r.strange || slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(line, b) }) {
			continue
		}
		prefix := d.prefix(line)
		if _, dated := d.dayOf(r.cells); dated {
			d.doubt("ignore", "line %d has a day, and %d columns where the header has %d", r.line, len(r.cells), d.columns)
			break
		}
		if prefix != "" && len(begins) < 20 {
			begins = append(begins, prefix)
		} else {
			d.doubt("ignore", "line %d is no row, and nothing tells so by how it begins: %.60q", r.line, line)
			break
		}
	}
	return listOf(begins)
}

func begin(line string) string { return strings.TrimLeft(line, ` "`) }

// prefix returns the beginning of a line that no row and no header has.
func (d *draft) prefix(line string) string {
	word := line
	if end := strings.IndexAny(line, " \"\t"+string(d.delimiter)); end > 0 {
		word = line[:end]
	}
	for _, prefix := range []string{word, strings.TrimRight(line[:min(len(line), 60)], "\r ")} {
		prefix = strings.ToValidUTF8(prefix, "")
		if prefix == "" || oneLine(prefix) != prefix {
			continue
		}
		used := d.header >= 0 && strings.HasPrefix(begin(d.lines[d.records[d.header].line-1]), prefix)
		for i, r := range d.records {
			used = used || i > d.header && !r.strange && strings.HasPrefix(begin(d.lines[r.line-1]), prefix)
		}
		if !used {
			return prefix
		}
	}
	return ""
}

// words returns the texts that mean no value, besides those that a catalogue knows.
func (d *draft) words() (words []string) {
	for _, c := range d.values {
		for _, w := range c.words {
			if !slices.Contains(words, w) && !slices.Contains([]string{".", "NaN", "null"}, w) {
				words = append(words, w)
			}
		}
	}
	return words
}

func (d *draft) around() (texts []string) {
	for _, a := range around {
		if slices.ContainsFunc(d.values, func(c column) bool { return slices.Contains(c.around, a) }) {
			texts = append(texts, a)
		}
	}
	return texts
}

// listOf returns texts as a list in YAML; "" for none.
func listOf(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// valueColumns returns the columns by field.
func (d *draft) valueColumns() string {
	if d.wide {
		return `{value: "{code}"} # the column that is called as the code of a series`
	}
	if len(d.values) == 1 {
		return "{value: " + d.column(d.values[0].index) + "}"
	}
	var all []string
	used := map[string]bool{}
	for _, c := range d.values {
		all = append(all, "\n      "+d.field(c, used)+": "+d.column(c.index))
	}
	return strings.Join(all, "")
}
