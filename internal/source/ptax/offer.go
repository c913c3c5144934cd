package ptax

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
)

// maxList bounds the list of currencies, in bytes: ten of them have 1 KB.
const maxList = 1 << 20

// Offers implements source.Lister by the resource Moedas.
func (s *Source) Offers(ctx context.Context) ([]source.Offer, error) {
	response, err := s.client.Within(maxList).Get(ctx, "/Moedas?$format=json")
	var offers []source.Offer
	if err = response.Refused(err); err == nil {
		offers, err = ParseOffers(response.Body)
	}
	if err != nil {
		return nil, fmt.Errorf("ptax: %w", err)
	}
	return offers, nil
}

// ParseOffers reads a body of Moedas. It does no I/O; its errors are named Malformed.
func ParseOffers(body []byte) (offers []source.Offer, err error) {
	err = source.ReadJSON(body, func(j *source.JSON) error {
		return j.Members(func(name string) error {
			if !strings.EqualFold(name, "value") {
				return j.Skip()
			}
			return j.Rows(source.MaxOffers, func() error {
				var currency struct {
					Code string `json:"simbolo"`
					Name string `json:"nomeFormatado"`
				}
				if err := j.Decode(&currency); err != nil {
					return err
				}
				offers = append(offers, source.Offer{Code: currency.Code, Title: currency.Name, Unit: "BRL per " + currency.Code})
				return nil
			})
		})
	})
	if err == nil && len(offers) == 0 {
		err = fault.New(fault.Malformed, "no currencies in a body of %d bytes", len(body))
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(offers, func(a, b source.Offer) int { return cmp.Compare(a.Code, b.Code) })
	return offers, nil
}
