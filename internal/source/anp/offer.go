package anp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

var perUnit = strings.NewReplacer("R$/", "BRL per ", "13KG", "13 kg", "L", "litre", "M3", "cubic metre")

// Offers implements source.Lister by the workbook of all weeks of Brazil: the products
// of its newest week, for Brazil and for each region and state. A product need not be
// sold in each of them.
func (s *Source) Offers(ctx context.Context) ([]source.Offer, error) {
	release, err := s.client.Reserve(ctx, maxConsolidated+besides)
	if err != nil {
		return nil, fmt.Errorf("anp: %w", err)
	}
	defer release()
	f := &fetch{client: s.client, listings: map[string][]string{}, rows: source.NewCollector(span.Span{}, 0)}
	name := consolidatedName(brazil) + ".xlsx"
	body, err := f.file(ctx, consolidated, name, maxConsolidated, func(names []string) string { return consolidatedOf(names, brazil) })
	if err == nil && body == nil {
		err = fault.New(fault.Rejected, "%s is not there, by no name", name)
	}
	t := f.table(brazil, func(span.Day) (string, bool) { return "", true })
	if err == nil {
		err = t.readOne(ctx, body)
	}
	if err != nil {
		return nil, fmt.Errorf("anp: %w", err)
	}
	var offers []source.Offer
	for _, product := range slices.Sorted(maps.Keys(t.others)) {
		unit := perUnit.Replace(units[product])
		offers = append(offers, source.Offer{Code: product, Unit: unit, Newest: t.newest})
		for _, l := range levels[1:] {
			for _, place := range l.places {
				offers = append(offers, source.Offer{Code: product + "/" + l.code + "/" + place, Unit: unit})
			}
		}
	}
	return offers, nil
}
