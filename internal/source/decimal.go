package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !allDigits(whole) || point && !allDigits(fraction) || len(whole)+len(fraction) > maxDigits {
		return "", fmt.Errorf("%.50q is not a decimal number", text)
	}
	return text, nil
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// JSONDecimal is Decimal for a member of a JSON object, a number or text; raw
// is empty when the object lacks it.
func JSONDecimal(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		return "", errors.New("missing")
	}
	if n := len(raw); n >= 2 && raw[0] == '"' {
		raw = raw[1 : n-1]
	}
	return Decimal(string(raw[:min(len(raw), 2*maxDigits)])) // longer than a number, and no memory
}
