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

// maxText bounds a number in bytes: reading one costs the square of its length.
// The longest without needless zeros has a sign, a point and 168 digits.
const maxText = 512

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

// Exceeds reports whether a is further from b than steps times percent of b; all
// are decimal texts. Of a b that is zero there is no percentage, and nothing
// exceeds it.
func Exceeds(a, b, percent string, steps int) (bool, error) {
	if exceeds, ok := exceedsShort(a, b, percent, steps); ok {
		return exceeds, nil
	}
	var d [3]*apd.Decimal
	for i, text := range []string{a, b, percent} {
		var err error
		if d[i], err = parseDecimal(text); err != nil {
			return false, err
		}
	}
	if d[1].IsZero() {
		return false, nil
	}
	// Wide enough for the difference of the largest and the smallest number.
	exact := apd.MakeErrDecimal(apd.BaseContext.WithPrecision(2 * (maxExponent - minExponent)))
	var change, allowed apd.Decimal
	exact.Sub(&change, d[0], d[1])
	exact.Mul(&change, exact.Abs(&change, &change), apd.New(100, 0))
	exact.Mul(&allowed, d[1], d[2])
	exact.Mul(&allowed, exact.Abs(&allowed, &allowed), apd.New(int64(steps), 0))
	return change.Cmp(&allowed) > 0, exact.Err()
}

// exceedsShort is Exceeds for numbers of few digits, as most published ones are.
func exceedsShort(a, b, percent string, steps int) (exceeds, ok bool) {
	x, xScale, okX := short(a)
	y, yScale, okY := short(b)
	p, pScale, okP := short(percent)
	if !okX || !okY || !okP || p >= 10_000 || steps > 100 {
		return false, false
	}
	for ; xScale < yScale; xScale++ {
		x *= 10
	}
	for ; yScale < xScale; yScale++ {
		y *= 10
	}
	change, allowed := 100*abs(x-y), abs(y)*p*int64(steps)
	for ; pScale > 0; pScale-- {
		change *= 10
	}
	return y != 0 && change > allowed, true
}

// short reads a number of at most eight digits, up to four of them after the
// point, as mantissa * 10^-scale. Two of them fit into an int64 with what
// exceedsShort multiplies them by.
func short(text string) (mantissa int64, scale int, ok bool) {
	digits := 0
	point := false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			mantissa, digits = 10*mantissa+int64(c-'0'), digits+1
			if point {
				scale++
			}
		case c == '.' && !point:
			point = true
		case c == '-' && i == 0:
		default:
			return 0, 0, false
		}
	}
	if strings.HasPrefix(text, "-") {
		mantissa = -mantissa
	}
	return mantissa, scale, digits > 0 && digits <= 8 && scale <= 4
}

func abs(n int64) int64 { return max(n, -n) }

// parseDecimal reads a finite number; the library takes NaN and Infinity too.
func parseDecimal(text string) (*apd.Decimal, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("%.50q...: a number of %d bytes: want at most %d", text, len(text), maxText)
	}
	d, _, err := apd.NewFromString(text)
	if err != nil || d.Form != apd.Finite || strings.Contains(text, "_") {
		return nil, fmt.Errorf("%.50q is not a decimal number", text)
	}
	return d, nil
}
