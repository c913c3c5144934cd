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

// hashCatalogue returns the hash of the catalogue of this call.
func (a *app) hashCatalogue() (name string, h catalogueHash, err error) {
	name, text, err := catalogueText(a.catalogue)
	return name, catalogueHash{hash(text), hash(lacuna.Series)}, err
}

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// noteCatalogue says on stderr, once, when s works with another catalogue.
func (a *app) noteCatalogue(s *stack) error {
	name, here, err := a.hashCatalogue()
	if err != nil || s.Catalogue == nil || *s.Catalogue == here || a.noted {
		return err
	}
	a.noted = true
	a.note("warning: the stack was deployed with another catalogue than %s: see %s", name, a.again("doctor"))
	return nil
}
