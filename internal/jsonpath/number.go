package jsonpath

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/lazy"
)

// lengthLess is an item counted from the end of its list, `(@.length-1)`.
var lengthLess = lazy.Regexp(`^\( *@\.(?:length|size\(\)) *(- *[0-9]+) *\)`)

// fromEnd reads an item counted from the end, which Step Functions knows in this form
// only: a negative number finds nothing.
func (p *parser) fromEnd() (step, error) {
	match := lengthLess().FindStringSubmatch(p.text[p.at:])
	if match == nil {
		return step{}, p.failf("expected (@.length-1) or another number")
	}
	n, err := number(strings.ReplaceAll(match[1], " ", ""))
	if err != nil {
		return step{}, p.failf("%w", err)
	}
	p.at += len(match[0])
	return step{kind: index, indexes: []int{n}, fromEnd: true}, nil
}

// numbers reads what stands in brackets and begins with a digit, '-' or ':'.
func (p *parser) numbers() (step, error) {
	end := strings.IndexByte(p.text[p.at:], ']')
	if end < 0 {
		return step{}, p.failf("expected ']'")
	}
	text := strings.TrimSpace(p.text[p.at : p.at+end])
	if from, to, ok := strings.Cut(text, ":"); ok {
		to, _, _ = strings.Cut(to, ":") // Jayway takes a stride and ignores it
		s, err := sliceStep(from, to)
		if err != nil {
			return step{}, p.failf("%w", err)
		}
		p.at += end
		return s, nil
	}
	s := step{kind: index}
	for item := range strings.SplitSeq(text, ",") {
		n, err := number(item)
		if err != nil {
			return step{}, p.failf("%w", err)
		}
		s.indexes = append(s.indexes, n)
	}
	if len(s.indexes) > 1 {
		s.kind = indexes
	}
	p.at += end
	return s, nil
}

func sliceStep(from, to string) (step, error) {
	s := step{kind: slice}
	if from == "" && to == "" {
		return s, errors.New("a slice needs a start or an end,")
	}
	for _, end := range []struct {
		text string
		to   **int
	}{{from, &s.from}, {to, &s.to}} {
		if end.text == "" {
			continue
		}
		n, err := number(end.text)
		if err != nil {
			return s, err
		}
		*end.to = &n
	}
	return s, nil
}

// number reads an int as Java does: 32 bits.
func number(text string) (int, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || slices.Contains([]byte(text), '+') {
		return 0, fmt.Errorf("%.500q is not an index,", text)
	}
	return int(n), nil
}
