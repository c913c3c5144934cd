package anp

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/source"
	"lacuna/internal/source/xlsx"
	"lacuna/internal/span"
)

// weekOf returns the Sunday that begins d's week. 1970-01-04 was one.
func weekOf(d span.Day) span.Day { return d - ((d-3)%7+7)%7 }

// century is in which a day that is a number is one.
var century = span.Span{From: span.Date(2000, 1, 1), To: span.Date(2099, 12, 31)}

// parseDay reads a day: the number that spreadsheets have for one of this century,
// or a text in the Brazilian or the ISO form, with or without a time of zero.
func parseDay(text string) (span.Day, error) {
	if d, ok := xlsx.Day(text); ok && century.Contains(d) {
		return d, nil
	}
	date, clock, timed := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if timed && strings.Trim(clock, "0:.") != "" {
		return 0, fmt.Errorf("%.30q is no day", text)
	}
	if len(date) == 10 && date[2] == '/' && date[5] == '/' {
		date = date[6:] + "-" + date[3:5] + "-" + date[:2]
	}
	d, err := span.Parse(date)
	if err != nil {
		return 0, fmt.Errorf("%.30q is no day", text)
	}
	return d, nil
}

// decimals is the most that a published price has.
const decimals = 4

// parsePrice reads a price, "" for none. Spreadsheets keep numbers in binary, so
// 0.688 may be written 0.68799999999999994: a number with more than four
// decimals is rounded to four, without zeros at their end, when that changes it
// by less than 0.000000001. exact is false when it would change it by more.
func parsePrice(text string) (value string, exact bool, err error) {
	if text == "-" {
		return "", true, nil
	}
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	checked, err := source.Decimal(text)
	if err == nil && checked != text { // a word for no value
		err = fmt.Errorf("%.50q is not a decimal number", text)
	}
	if err != nil {
		return "", false, err
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) <= decimals {
		return text, true, nil
	}
	digits, rest := whole+fraction[:decimals], fraction[decimals:]
	number, err := strconv.ParseInt(strings.TrimPrefix(digits, "-"), 10, 64)
	switch {
	case err != nil: // no price has so many digits
		return text, false, nil
	case strings.Trim(rest, "0") == "" || strings.HasPrefix(rest, "00000"):
	case strings.HasPrefix(rest, "99999"):
		number++
	default:
		return text, false, nil
	}
	rounded := fmt.Sprintf("%0*d", decimals+1, number)
	point := len(rounded) - decimals
	value = strings.TrimRight(rounded[:point]+"."+rounded[point:], "0")
	if value = strings.TrimSuffix(value, "."); strings.HasPrefix(text, "-") {
		value = "-" + value
	}
	return value, true, nil
}

// list names the keys of m in order.
func list[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
