package row

import (
	"fmt"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Bounds of DynamoDB's numbers. Source: Amazon DynamoDB developer guide, data
// types, number.
const (
	maxDigits   = 38
	minExponent = -130
	maxExponent = 125
)

// Canonical returns the decimal text in the form in which DynamoDB returns a
// number: plain digits without a plus, leading zeros, trailing zeros of the
// fraction or an exponent. It refuses what is no decimal number, more than 38
// significant digits, and magnitudes outside 1E-130 to 9.9E+125.
func Canonical(text string) (string, error) {
	if isCanonical(text) {
		return text, nil
	}
	d, err := parseDecimal(text)
	if err != nil {
		return "", err
	}
	d.Reduce(d)
	digits := d.NumDigits()
	magnitude := int64(d.Exponent) + digits - 1
	switch {
	case d.IsZero():
		return "0", nil
	case digits > maxDigits:
		return "", fmt.Errorf("%.50q: more than %d significant digits", text, maxDigits)
	case magnitude < minExponent || magnitude > maxExponent:
		return "", fmt.Errorf("%.50q: magnitude outside 1E%d to 9.9E+%d", text, minExponent, maxExponent)
	}
	return d.Text('f'), nil
}

// isCanonical reports whether text is a short number in that form already, as
// most published ones are: 5.1995, -0.5, 120. False may be wrong.
func isCanonical(text string) bool {
	whole, frac, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return len(text) <= maxDigits && digits(whole) && (whole[0] != '0' || whole == "0" && point) &&
		(!point || digits(frac) && frac[len(frac)-1] != '0')
}

// Compare returns -1, 0 or 1 for decimal texts a below, equal to or above b.
func Compare(a, b string) (int, error) {
	x, err := parseDecimal(a)
	if err != nil {
		return 0, err
	}
	y, err := parseDecimal(b)
	if err != nil {
		return 0, err
	}
	return x.Cmp(y), nil
}

// parseDecimal reads a finite number; the library takes NaN and Infinity too.
func parseDecimal(text string) (*apd.Decimal, error) {
	d, _, err := apd.NewFromString(text)
	if err != nil || d.Form != apd.Finite || strings.Contains(text, "_") {
		return nil, fmt.Errorf("%.50q is not a decimal number", text)
	}
	return d, nil
}
