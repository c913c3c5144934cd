package row

import (
	"cmp"
	"fmt"
	"math/big"
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
	if _, fraction, _ := strings.Cut(text, "."); len(text) <= maxText && allDigits(fraction) { // 5.10, as many are published
		if short := strings.TrimSuffix(strings.TrimRight(text, "0"), "."); isCanonical(short) {
			return short, nil
		}
	}
	d, err := parseDecimal(text)
	if err != nil {
		return "", err
	}
	switch {
	case d.digits == "":
		return "0", nil
	case len(d.digits) > maxDigits:
		return "", fmt.Errorf("%.50q: more than %d significant digits", text, maxDigits)
	}
	if err := d.checkMagnitude(text); err != nil {
		return "", err
	}
	return d.plain(), nil
}

// CheckPlain refuses what is not plain decimal text such as -0.0512, of at most 38
// digits: the form of values, which are kept digit for digit.
func CheckPlain(text string) error {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !allDigits(whole) || point && !allDigits(fraction) || len(whole)+len(fraction) > maxDigits {
		return fmt.Errorf("%.50q is not a decimal number", text)
	}
	return nil
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// isCanonical reports whether text is a short number in that form already, as
// most published ones are: 5.1995, -0.5, 120. False may be wrong.
func isCanonical(text string) bool {
	whole, frac, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return len(text) <= maxDigits && allDigits(whole) && (whole[0] != '0' || whole == "0" && point) &&
		(!point || allDigits(frac) && frac[len(frac)-1] != '0')
}

// Compare returns -1, 0 or 1 for decimal texts a below, equal to or above b.
func Compare(a, b string) (int, error) {
	if n, xScale, ok := short(a); ok {
		if m, yScale, ok := short(b); ok {
			n, m = sameScale(n, xScale, m, yScale)
			return cmp.Compare(n, m), nil
		}
	}
	x, err := parseDecimal(a)
	if err != nil {
		return 0, err
	}
	y, err := parseDecimal(b)
	if err != nil {
		return 0, err
	}
	return x.cmp(y), nil
}

// Exceeds reports whether a is further from b than steps times percent of b; all
// are decimal texts. Of a b that is zero there is no percentage, and nothing
// exceeds it.
func Exceeds(a, b, percent string, steps int) (bool, error) {
	if exceeds, ok := exceedsShort(a, b, percent, steps); ok {
		return exceeds, nil
	}
	var d [3]decimal
	lowest := 0 // the last digit of any of them counts 10^lowest or more
	for i, text := range []string{a, b, percent} {
		var err error
		if d[i], err = parseDecimal(text); err != nil {
			return false, err
		}
		if err = d[i].checkMagnitude(text); err != nil {
			return false, err
		}
		lowest = min(lowest, d[i].exponent-len(d[i].digits))
	}
	if d[1].digits == "" {
		return false, nil
	}
	var change, allowed big.Int
	change.Sub(d[0].scaled(lowest), d[1].scaled(lowest))
	change.Mul(change.Abs(&change), hundred.scaled(lowest)) // allowed is scaled twice too
	allowed.Mul(d[1].scaled(lowest), d[2].scaled(lowest))
	allowed.Mul(allowed.Abs(&allowed), big.NewInt(int64(steps)))
	return change.Cmp(&allowed) > 0, nil
}

var hundred = decimal{digits: "1", exponent: 3}

// exceedsShort is Exceeds for numbers of few digits, as most published ones are.
func exceedsShort(a, b, percent string, steps int) (exceeds, ok bool) {
	x, xScale, okX := short(a)
	y, yScale, okY := short(b)
	p, pScale, okP := short(percent)
	if !okX || !okY || !okP || p >= 10_000 || steps > 100 {
		return false, false
	}
	x, y = sameScale(x, xScale, y, yScale)
	change, allowed := 100*abs(x-y), abs(y)*p*int64(steps)
	for ; pScale > 0; pScale-- {
		change *= 10
	}
	return y != 0 && change > allowed, true
}

// sameScale returns x * 10^-xScale and y * 10^-yScale in units of the smaller of both.
func sameScale(x int64, xScale int, y int64, yScale int) (int64, int64) {
	for ; xScale < yScale; xScale++ {
		x *= 10
	}
	for ; yScale < xScale; yScale++ {
		y *= 10
	}
	return x, y
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

// decimal is 0.digits * 10^exponent. Its digits begin and end with another one than
// 0; zero has none, and no sign. So equal numbers are equal values.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// maxExponentText bounds the exponent of a text, so that sums of it stay small.
const maxExponentText = 100_000

// parseDecimal reads a number such as -12.50, .5 or 1e-7.
func parseDecimal(text string) (d decimal, err error) {
	if len(text) > maxText {
		return d, fmt.Errorf("%.50q...: a number of %d bytes: want at most %d", text, len(text), maxText)
	}
	unsigned, negative := strings.CutPrefix(text, "-")
	if !negative {
		unsigned = strings.TrimPrefix(unsigned, "+")
	}
	exponent := 0
	if e := strings.IndexAny(unsigned, "eE"); e >= 0 {
		exponent, err = strconv.Atoi(unsigned[e+1:])
		unsigned = unsigned[:e]
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := whole + fraction
	if err != nil || !allDigits(digits) || exponent < -maxExponentText || exponent > maxExponentText {
		return d, fmt.Errorf("%.50q is not a decimal number", text)
	}
	significant := strings.TrimLeft(digits, "0")
	exponent += len(whole) - (len(digits) - len(significant))
	if significant = strings.TrimRight(significant, "0"); significant == "" {
		return decimal{}, nil
	}
	return decimal{negative, significant, exponent}, nil
}

// checkMagnitude refuses what DynamoDB's numbers do not reach; text is d.
func (d decimal) checkMagnitude(text string) error {
	if magnitude := d.exponent - 1; magnitude < minExponent || magnitude > maxExponent {
		return fmt.Errorf("%.50q: magnitude outside 1E%d to 9.9E+%d", text, minExponent, maxExponent)
	}
	return nil
}

// scaled returns d in units of 10^lowest, of which it has a whole number.
func (d decimal) scaled(lowest int) *big.Int {
	n := new(big.Int)
	if d.digits != "" {
		n.SetString(d.digits+strings.Repeat("0", d.exponent-len(d.digits)-lowest), 10)
	}
	if d.negative {
		n.Neg(n)
	}
	return n
}

// cmp returns -1, 0 or 1 for a d below, equal to or above e.
func (d decimal) cmp(e decimal) int {
	if c := cmp.Compare(d.sign(), e.sign()); c != 0 {
		return c
	}
	c := cmp.Or(cmp.Compare(d.exponent, e.exponent), strings.Compare(d.digits, e.digits))
	return c * d.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// plain writes d, which is not zero, without an exponent.
func (d decimal) plain() string {
	b := make([]byte, 0, len("-0.")+len(d.digits)+max(d.exponent, -d.exponent))
	if d.negative {
		b = append(b, '-')
	}
	switch n := len(d.digits); {
	case d.exponent <= 0:
		b = append(append(b, "0."...), strings.Repeat("0", -d.exponent)...)
		b = append(b, d.digits...)
	case d.exponent >= n:
		b = append(append(b, d.digits...), strings.Repeat("0", d.exponent-n)...)
	default:
		b = append(append(append(b, d.digits[:d.exponent]...), '.'), d.digits[d.exponent:]...)
	}
	return string(b)
}
