package source

import (
	"context"

	"lacuna/internal/span"
)

// Offer is a series that a publisher says it has.
type Offer struct {
	Code   string   // by which the publisher is asked for it
	Title  string   // as the publisher has it; "": it says none
	Unit   string   // of its values; "": unknown
	Newest span.Day // its last day; zero: unknown
}

// Lister is a Source whose publisher tells which series it has.
type Lister interface {
	// Offers returns them by code. Errors are named as those of Fetch.
	Offers(ctx context.Context) ([]Offer, error)
}

// MaxOffers bounds what a publisher may say that it has.
const MaxOffers = 10_000
