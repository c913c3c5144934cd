package cost

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// USD is an amount of US dollars, in millionths.
type USD int64

const (
	million = 1_000_000
	maxUSD  = 1_000_000 * million // that can be said
	decimal = 6                   // places
)

// String writes all six decimals.
func (u USD) String() string { return fmt.Sprintf("%d.%06d", u/million, u%million) }

// MarshalText has USD as text in JSON: readers of numbers take floats.
func (u USD) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText writes, and less decimals.
func (u *USD) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUSD(string(text))
	return err
}

// ParseUSD reads an amount such as 0.25: not negative, at most a million, and at most six
// decimals.
func ParseUSD(text string) (USD, error) {
	whole, part, _ := strings.Cut(text, ".")
	if len(whole) == 0 || len(whole) > 7 || len(part) > decimal || strings.HasSuffix(text, ".") || strings.Trim(whole+part, "0123456789") != "" {
		return 0, errors.New("want US dollars such as 0.25, at most six decimals")
	}
	var u USD
	for _, digit := range whole + part + strings.Repeat("0", decimal-len(part)) {
		u = u*10 + USD(digit-'0')
	}
	if u > maxUSD {
		return 0, errors.New("want at most a million US dollars")
	}
	return u, nil
}

// roundUp returns r, which is not negative, in whole millionths: what is used is never
// nothing.
func roundUp(r *big.Rat) USD {
	n := new(big.Int).Mul(r.Num(), big.NewInt(million))
	q, rest := n.QuoRem(n, r.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return USD(q.Int64())
}
