package columnar

import (
	"fmt"
	"math/big"
	"strings"

	"lacuna/internal/row"
)

// The most digits that a DECIMAL has, and those of one that is kept in 64 bits.
const (
	maxPrecision = 38
	maxShort     = 18
)

// Number is a decimal number: a whole one and how many of its digits are behind the point.
// The zero Number is none.
type Number struct {
	short int64
	long  *big.Int // instead of short
	scale int8
	there bool
}

// Parse reads a decimal number; an empty text is none.
func Parse(text string) (Number, error) {
	if text == "" {
		return Number{}, nil
	}
	if n, ok := parseShort(text); ok {
		return n, nil
	}
	plain, err := row.Canonical(text)
	if err != nil {
		return Number{}, err
	}
	if n, ok := parseShort(plain); ok {
		return n, nil
	}
	whole, fraction, _ := strings.Cut(plain, ".")
	long, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok || len(fraction) > maxPrecision {
		return Number{}, fmt.Errorf("%.50q has more than %d digits behind the point", text, maxPrecision)
	}
	return Number{long: long, scale: int8(len(fraction)), there: true}, nil
}

func parseShort(text string) (n Number, ok bool) {
	digits, point := 0, -1
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			n.short, digits = 10*n.short+int64(c-'0'), digits+1
		case c == '.' && point < 0:
			point = digits
		case c == '-' && i == 0:
		default:
			return Number{}, false
		}
		if digits > maxShort {
			return Number{}, false
		}
	}
	if digits == 0 {
		return Number{}, false
	}
	if point >= 0 {
		n.scale = int8(digits - point)
	}
	if text[0] == '-' {
		n.short = -n.short
	}
	n.there = true
	return n, true
}

// whole returns how many digits n has before the point.
func (n Number) whole() int {
	if n.long != nil {
		return max(0, len(new(big.Int).Abs(n.long).String())-int(n.scale))
	}
	digits := 0
	for rest := max(n.short, -n.short); rest > 0; rest /= 10 {
		digits++
	}
	return max(0, digits-int(n.scale))
}

// Column is a field: its name, and the DECIMAL that all of its numbers fit in.
type Column struct {
	Name         string
	whole, scale int
}

// Fit makes the column as wide as n needs.
func (c *Column) Fit(n Number) error {
	if n.there {
		c.whole, c.scale = max(c.whole, n.whole()), max(c.scale, int(n.scale))
	}
	if c.whole+c.scale > maxPrecision {
		return fmt.Errorf("field %.80s: numbers with %d digits before the point and %d behind it: a DECIMAL has %d in all: choose series by --series, or -o csv",
			c.Name, c.whole, c.scale, maxPrecision)
	}
	return nil
}

// has reports whether n fits in the column.
func (c *Column) has(n Number) bool {
	return !n.there || n.whole() <= c.whole && int(n.scale) <= c.scale
}

func (c *Column) isShort() bool { return c.whole+c.scale <= maxShort }

// unscaled returns n as a whole number with the column's digits behind the point.
func (c *Column) unscaled(n Number) int64 {
	for range c.scale - int(n.scale) {
		n.short *= 10
	}
	return n.short
}

const longBytes = 16

// unscaledLong is unscaled in two's complement, the highest byte first.
func (c *Column) unscaledLong(n Number) []byte {
	long := big.NewInt(n.short)
	if n.long != nil {
		long.Set(n.long)
	}
	long.Mul(long, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.scale)-int64(n.scale)), nil))
	if long.Sign() < 0 {
		long.Add(long, new(big.Int).Lsh(big.NewInt(1), 8*longBytes))
	}
	return long.FillBytes(make([]byte, longBytes))
}

// decimalOf returns the text of a whole number with scale digits behind the point.
func decimalOf(unscaled string, scale int) string {
	sign := ""
	if strings.HasPrefix(unscaled, "-") {
		sign, unscaled = "-", unscaled[1:]
	}
	if scale == 0 {
		return sign + unscaled
	}
	if len(unscaled) <= scale {
		unscaled = strings.Repeat("0", scale-len(unscaled)+1) + unscaled
	}
	return sign + unscaled[:len(unscaled)-scale] + "." + unscaled[len(unscaled)-scale:]
}

// signed reads two's complement, the highest byte first.
func signed(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}
