package row

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Bounds of DynamoDB's numbers. Source: Amazon DynamoDB developer guide, data
// types, number.
const (
	maxDigits   = 38
	minExponent = -130
	maxExponent = 125
)

var errMagnitude = fmt.Errorf("magnitude outside 1E%d to 9.9E+%d", minExponent, maxExponent)

// number is a decimal in pieces of its plain text: whole has no leading zeros,
// frac no trailing ones, and zero is not negative.
type number struct {
	negative    bool
	whole, frac string
}

// Canonical returns the decimal text in the form in which DynamoDB returns a
// number: plain digits without a plus, leading zeros, trailing zeros of the
// fraction or an exponent. It refuses what is no decimal number, more than 38
// significant digits, and magnitudes outside 1E-130 to 9.9E+125.
func Canonical(text string) (string, error) {
	n, err := parseNumber(text)
	if err != nil {
		return "", err
	}
	if err := n.check(); err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	if n.isText(text) {
		return text, nil
	}
	return n.String(), nil
}

// Compare returns -1, 0 or 1 for decimal texts a below, equal to or above b.
func Compare(a, b string) (int, error) {
	x, err := parseNumber(a)
	if err != nil {
		return 0, err
	}
	y, err := parseNumber(b)
	if err != nil {
		return 0, err
	}
	if x.negative != y.negative {
		if x.negative {
			return -1, nil
		}
		return 1, nil
	}
	c := cmp.Or(cmp.Compare(len(x.whole), len(y.whole)), cmp.Compare(x.whole, y.whole), cmp.Compare(x.frac, y.frac))
	if x.negative {
		c = -c
	}
	return c, nil
}

func parseNumber(text string) (number, error) {
	var n number
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		n.negative, rest = rest[0] == '-', rest[1:]
	}
	mantissa, exponent, hasExponent := cutExponent(rest)
	whole, frac, _ := strings.Cut(mantissa, ".")
	if whole == "" && frac == "" || !isDigits(whole) || !isDigits(frac) {
		return number{}, fmt.Errorf("%q is not a decimal number", text)
	}
	if hasExponent {
		e, err := strconv.Atoi(exponent)
		if err != nil {
			return number{}, fmt.Errorf("%q is not a decimal number", text)
		}
		if whole, frac, err = shift(whole, frac, e); err != nil {
			return number{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	n.whole, n.frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if n.whole == "" && n.frac == "" {
		n.negative = false
	}
	return n, nil
}

func cutExponent(text string) (mantissa, exponent string, found bool) {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// shift moves the point of whole.frac by e places to the right. A far e would
// be a huge text, and is outside DynamoDB's bounds unless the number is zero.
func shift(whole, frac string, e int) (string, string, error) {
	const far = 2 * (maxExponent - minExponent)
	if strings.Trim(whole+frac, "0") == "" {
		return "", "", nil
	}
	if e < -far || e > far {
		return "", "", errMagnitude
	}
	if e >= 0 {
		frac += strings.Repeat("0", max(e-len(frac), 0))
		return whole + frac[:e], frac[e:], nil
	}
	whole = strings.Repeat("0", max(-e-len(whole), 0)) + whole
	return whole[:len(whole)+e], whole[len(whole)+e:] + frac, nil
}

func (n number) check() error {
	digits, exponent := len(n.whole)+len(n.frac), len(n.whole)-1
	switch {
	case n.frac == "":
		digits = len(strings.TrimRight(n.whole, "0"))
	case n.whole == "":
		digits = len(strings.TrimLeft(n.frac, "0"))
		exponent = digits - len(n.frac) - 1
	}
	if digits > maxDigits {
		return fmt.Errorf("more than %d significant digits", maxDigits)
	}
	if digits > 0 && (exponent < minExponent || exponent > maxExponent) {
		return errMagnitude
	}
	return nil
}

// isText reports whether text, from which n was read, is n's plain text: then
// reading took nothing away.
func (n number) isText(text string) bool {
	length := max(len(n.whole), 1)
	if n.frac != "" {
		length += len(".") + len(n.frac)
	}
	if n.negative {
		length++
	}
	plain := strings.TrimPrefix(text, "-")
	return length == len(text) && isDigits(plain[:1]) && !strings.ContainsAny(plain, "eE")
}

// String returns the plain text.
func (n number) String() string {
	text := n.whole
	if text == "" {
		text = "0"
	}
	if n.frac != "" {
		text += "." + n.frac
	}
	if n.negative {
		text = "-" + text
	}
	return text
}
