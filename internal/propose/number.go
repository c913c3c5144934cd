package propose

import (
	"slices"
	"strings"

	"lacuna/internal/lazy"
	"lacuna/internal/notation"
	"lacuna/internal/source"
)

// around are texts that stand beside numbers.
var around = []string{"US$", "R$", "€", "$", "£", "%"}

var numberForm = lazy.Regexp(`^[+\-\x{2212}]?[0-9.,](?:[0-9.,'\x{2019} \x{a0}\x{202f}\x{2009}]*[0-9])?(?:[eE][+-]?[0-9]{1,3})?$`)

// bare returns a text without what stands around a number.
func bare(text string) (number string, with []string) {
	for _, a := range around {
		cut := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, a), a))
		if cut != text && cut != "" {
			text, with = cut, append(with, a)
		}
	}
	return text, with
}

func isNumber(text string) bool {
	number, _ := bare(text)
	return numberForm().MatchString(number) && strings.ContainsAny(number, "0123456789")
}

// saysNothing reports whether a text may stand for no value.
func saysNothing(text string) bool {
	return len(text) <= 12 && !strings.ContainsAny(text, "0123456789")
}

// maxWords is how many texts may stand for no value.
const maxWords = 4

// column is what the texts of a column are.
type column struct {
	index    int
	numbers  []string // different ones
	words    []string // that stand for no value
	around   []string
	constant bool
}

// numeric returns a column of numbers; ok is false for another one.
func numeric(index int, texts []string) (c column, ok bool) {
	c.index = index
	seen := map[string]bool{}
	for _, text := range texts {
		if text == "" || seen[text] {
			continue
		}
		seen[text] = true
		switch {
		case isNumber(text):
			number, with := bare(text)
			c.numbers = append(c.numbers, number)
			for _, a := range with {
				if !slices.Contains(c.around, a) {
					c.around = append(c.around, a)
				}
			}
		case saysNothing(text) && len(c.words) < maxWords:
			c.words = append(c.words, text)
		default:
			return c, false
		}
	}
	c.constant = len(c.numbers) == 1
	return c, len(c.numbers) > 0
}

// marks are the ways to write numbers, the likelier one first where both can be meant.
var marks = []notation.Numbers{
	{Decimal: "."}, {Decimal: ","},
	{Decimal: ",", Thousands: "."}, {Decimal: ".", Thousands: ","}, {Decimal: ",", Thousands: " "}, {Decimal: ".", Thousands: " "},
	{Decimal: ".", Thousands: "'"}, {Decimal: ",", Thousands: "'"},
}

// marksOf returns how numbers are written. Where another way reads a number as another
// one, text is that number and other the way. ok is false when no way reads them all.
func marksOf(numbers []string) (best notation.Numbers, text string, other notation.Numbers, ok bool) {
	for _, m := range marks {
		if slices.ContainsFunc(numbers, func(n string) bool { return plainOf(m, n) == "" }) {
			continue
		}
		if !ok {
			best, ok = m, true
			continue
		}
		i := slices.IndexFunc(numbers, func(n string) bool { return plainOf(m, n) != plainOf(best, n) })
		if i >= 0 && text == "" {
			text, other = numbers[i], m
		}
	}
	return best, text, other, ok
}

// plainOf returns a number as the publishers' clients read it; "" for none.
func plainOf(m notation.Numbers, text string) string {
	text, err := m.Plain(text)
	if err != nil {
		return ""
	}
	value, err := source.Decimal(source.PlainNumber(text))
	if err != nil {
		return ""
	}
	return value
}
