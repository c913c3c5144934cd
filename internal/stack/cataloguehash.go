package stack

import (
	"crypto/sha256"
	"encoding/hex"

	"lacuna"
	"lacuna/internal/choice"
)

// CatalogueHash tells catalogues apart: the SHA-256 of the file's bytes, and of
// the shipped one's, which it may include.
type CatalogueHash struct {
	Own     string `json:"sha256"`
	Shipped string `json:"shipped_sha256"`
}

// HashCatalogue returns the hash of a catalogue.
func HashCatalogue(file string) (name string, h CatalogueHash, err error) {
	name, text, err := choice.Text(file)
	return name, CatalogueHash{Hash(text), Hash(lacuna.Series)}, err
}

// Hash is how a catalogue is hashed, in hexadecimal.
func Hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
