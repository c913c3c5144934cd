package source

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"lacuna/internal/row"
)

// maxDigits is what a number in the table can hold.
const maxDigits = 38

// Decimal checks a published number and returns it digit for digit; "" is a
// day or field without a value: empty, ".", NaN or null. A number is plain
// decimal text such as -0.0512, of at most 38 digits.
func Decimal(text string) (string, error) {
	switch text {
	case "", ".", "NaN", "null":
		return "", nil
	}
	if err := row.CheckPlain(text); err != nil {
		return "", err
	}
	return text, nil
}

// PlainNumber returns a number, such as 6.89E-1, as decimal text without an
// exponent, with as many digits as that takes; "" for what is none, and for an
// exponent below -40 or above 40.
func PlainNumber(text string) string {
	mantissa, exponent, scaled := strings.Cut(strings.ToUpper(text), "E")
	if value, err := Decimal(mantissa); err != nil || value == "" {
		return ""
	}
	if !scaled {
		return text
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift < -40 || shift > 40 {
		return ""
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	point := len(whole) + shift
	digits := strings.Repeat("0", max(0, 1-point)) + whole + fraction
	point = max(1, point)
	digits += strings.Repeat("0", max(0, point-len(digits)))
	whole = cmp.Or(strings.TrimLeft(digits[:point], "0"), "0")
	if fraction = digits[point:]; fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

// ErrMissing is of a member that a JSON object lacks.
var ErrMissing = errors.New("missing")

// JSONDecimal is Decimal for a member of a JSON object, a number or text; raw
// is empty when the object lacks it, which is ErrMissing.
func JSONDecimal(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", ErrMissing
	}
	if n := len(raw); n >= 2 && raw[0] == '"' {
		raw = raw[1 : n-1]
	}
	return Decimal(string(raw[:min(len(raw), 2*maxDigits)])) // longer than a number, and no memory
}
