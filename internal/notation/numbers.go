package notation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Numbers is how numbers are written.
type Numbers struct {
	Decimal   string   // the mark before the decimals
	Thousands string   // the mark between thousands; "": none
	NoValue   []string // texts that stand for no value
	Around    []string // texts before or after a number that are not of it, such as %
}

// Plain returns a number with a point before its decimals and without marks between
// thousands, digit for digit; "" for no value. It only moves marks: whether all
// else are digits is the caller's to check.
func (n Numbers) Plain(text string) (string, error) {
	text = trim(text)
	if text == "" || slices.Contains(n.NoValue, text) {
		return "", nil
	}
	number := text
	for _, around := range n.Around {
		number = trim(strings.TrimSuffix(strings.TrimPrefix(number, around), around))
	}
	if number == "" || number == "+" {
		return "", n.refuse(text)
	}
	sign := ""
	switch {
	case strings.HasPrefix(number, "-"):
		sign, number = "-", number[1:]
	case strings.HasPrefix(number, "\u2212"): // the minus of typographers
		sign, number = "-", number[len("\u2212"):]
	case strings.HasPrefix(number, "+"):
		number = number[1:]
	}
	whole, decimals, point := strings.Cut(number, n.Decimal)
	whole, ok := n.joined(whole)
	if !ok || strings.IndexAny(whole, "+-\u2212") == 0 || n.Decimal != "." && strings.Contains(whole+decimals, ".") || point && (decimals == "" || strings.Contains(decimals, n.Decimal)) {
		return "", n.refuse(text)
	}
	if point {
		whole = cmp.Or(whole, "0") + "." + decimals
	}
	return sign + whole, nil
}

func (n Numbers) refuse(text string) error {
	thousands := "none"
	if n.Thousands != "" {
		thousands = fmt.Sprintf("%q", n.Thousands)
	}
	return fmt.Errorf("%.50q is no number with the decimal mark %q and between thousands %s", text, n.Decimal, thousands)
}

// joined returns the whole part of a number without its marks. There are three
// digits after each mark: all else is another number than it seems.
func (n Numbers) joined(whole string) (string, bool) {
	if n.Thousands == "" {
		return whole, true
	}
	groups := strings.Split(sameMark(whole), sameMark(n.Thousands))
	for i, group := range groups {
		if i > 0 && len(group) != 3 || i == 0 && len(groups) > 1 && (len(group) == 0 || len(group) > 3) {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// sameMark writes one mark for those that look alike.
var sameMark = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u2019", "'").Replace

// trim takes away the space around a text, of any width.
func trim(text string) string { return strings.Trim(text, " \t\r\n\u00a0\u202f\u2009") }
