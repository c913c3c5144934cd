package ecb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// maxList bounds the last rates of all currencies, in bytes: forty of them have 3 KB.
const maxList = 1 << 20

// Offers implements source.Lister by the last rate of every currency.
func (s *Source) Offers(ctx context.Context) ([]source.Offer, error) {
	response, err := s.client.Within(maxList).Get(ctx, "/EXR/D..EUR.SP00.A?lastNObservations=1&format=csvdata&detail=dataonly")
	var offers []source.Offer
	if err = refused(response, err); err == nil {
		offers, err = ParseOffers(response.Body)
	}
	if err != nil {
		return nil, fmt.Errorf("ecb: %w", err)
	}
	return offers, nil
}

// ParseOffers reads a body with one row of each currency. It does no I/O; its errors
// are named Malformed.
func ParseOffers(body []byte) (offers []source.Offer, err error) {
	in, _, err := source.ReadCSV(body, ',', source.MaxOffers)
	if err != nil {
		return nil, fault.New(fault.Malformed, "%w", err)
	}
	header, err := in.Read()
	if err != nil {
		return nil, fault.New(fault.Malformed, "header: %w", err)
	}
	currency, period := slices.Index(header, "CURRENCY"), slices.Index(header, "TIME_PERIOD")
	if currency < 0 || period < 0 {
		return nil, fault.New(fault.Malformed, "header %.50q lacks CURRENCY or TIME_PERIOD", header[:min(len(header), 5)])
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) && len(offers) == 0 {
			return nil, fault.New(fault.Malformed, "no currencies in a body of %d bytes", len(body))
		}
		if errors.Is(err, io.EOF) {
			slices.SortFunc(offers, func(a, b source.Offer) int { return cmp.Compare(a.Code, b.Code) })
			return offers, nil
		}
		if err != nil {
			return nil, fault.New(fault.Malformed, "%w", err)
		}
		day, err := span.Parse(record[period])
		if err != nil {
			return nil, fault.New(fault.Malformed, "TIME_PERIOD: %w", err)
		}
		code := record[currency]
		offers = append(offers, source.Offer{Code: code, Unit: code + " per EUR", Newest: day})
	}
}
