package stack

import (
	"maps"
	"slices"

	"lacuna"
	"lacuna/internal/choice"
)

// CatalogueHash tells catalogues apart: the SHA-256 of the file's bytes, or with files
// beside it of all their hashes, and of the shipped one's, which it may include.
type CatalogueHash struct {
	Own     string `json:"sha256"`
	Shipped string `json:"shipped_sha256"`
}

// HashCatalogue returns the hash of a catalogue.
func HashCatalogue(file string) (name string, h CatalogueHash, err error) {
	name, own, beside, err := choice.Hashes(file)
	if len(beside) > 0 {
		for _, name := range slices.Sorted(maps.Keys(beside)) {
			own += beside[name]
		}
		own = choice.Hash([]byte(own))
	}
	return name, CatalogueHash{own, choice.Hash(lacuna.Series)}, err
}
