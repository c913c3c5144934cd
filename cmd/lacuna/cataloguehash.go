package main

import (
	"crypto/sha256"
	"encoding/hex"

	"lacuna"
)

// catalogueHash tells catalogues apart: the SHA-256 of the file's bytes, and of
// the shipped one's, which it may include.
type catalogueHash struct {
	Own     string `json:"sha256"`
	Shipped string `json:"shipped_sha256"`
}

// hashCatalogue returns the hash of a catalogue.
func hashCatalogue(file string) (name string, h catalogueHash, err error) {
	name, text, err := catalogueText(file)
	return name, catalogueHash{hash(text), hash(lacuna.Series)}, err
}

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
