// Package body keeps what publishers sent, by hash and compressed, so that it can be read
// again when a parser or a catalogue was mended. It asks nobody.
package body

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"lacuna/internal/bound"
	"lacuna/internal/source"
	"lacuna/internal/span"
)

// Bodies keeps them in a place: InFolder, InBucket.
type Bodies struct{ place place }

// place has files. What it is told of the source says where one may be, and no more: a file
// is named by the hash of what is in it.
type place interface {
	put(ctx context.Context, source, file string, write func(io.Writer) error) error
	// get returns a file of at most so many bytes; the error wraps fs.ErrNotExist when there is none.
	get(ctx context.Context, source, file string, most int64) ([]byte, error)
}

// Fetch is what is kept of one: what was asked for, and what came. Its own hash is what the
// rows that came from it have as Raw.
type Fetch struct {
	V       int       `json:"v"`
	Source  string    `json:"source"`
	Series  []string  `json:"series"` // keys
	Span    span.Span `json:"span"`
	Answers []answer  `json:"answers"`
}

type answer struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
	Link   string `json:"link,omitempty"`
	Body   string `json:"body"` // hash
}

const (
	version = 1

	maxFile   = 64 << 20 // bytes, compressed and not: as much as a tape has
	maxFetch  = 8 << 20  // of what is kept of a fetch, without the bodies
	maxValues = 100_000
)

// Keep keeps what t has recorded of a request, and returns the hash of it.
func (b Bodies) Keep(ctx context.Context, name string, r source.Request, t *source.Tape) (string, error) {
	taped, err := t.Answers()
	if err != nil {
		return "", err
	}
	kept := Fetch{V: version, Source: name, Span: r.Span, Answers: []answer{}}
	for _, s := range r.Series {
		kept.Series = append(kept.Series, s.Key)
	}
	for _, a := range taped {
		hash, err := b.put(ctx, name, a.Body)
		if err != nil {
			return "", err
		}
		kept.Answers = append(kept.Answers, answer{a.Path, a.Status, a.Link, hash})
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return "", err
	}
	return b.put(ctx, name, text)
}

// Load returns what was kept of a source under a hash, and a tape that plays it. The error
// wraps fs.ErrNotExist when it is not there any more.
func (b Bodies) Load(ctx context.Context, name, hash string) (Fetch, *source.Tape, error) {
	var kept Fetch
	text, err := b.get(ctx, name, hash, maxFetch)
	if err == nil {
		err = bound.JSON(text, maxValues, 5)
	}
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err == nil && kept.V != version {
		err = fmt.Errorf("version %d, this program reads %d", kept.V, version)
	}
	if err == nil && kept.Source != name {
		err = fmt.Errorf("of %.80q, not of %s", kept.Source, name)
	}
	if err != nil {
		return kept, nil, fmt.Errorf("kept answer %.80q: %w", hash, err)
	}
	taped, left := make([]source.Taped, len(kept.Answers)), int64(maxFile)
	for i, a := range kept.Answers {
		body, err := b.get(ctx, name, a.Body, left)
		if err != nil {
			return kept, nil, fmt.Errorf("kept body %.80q: %w", a.Body, err)
		}
		left -= int64(len(body))
		taped[i] = source.Taped{Path: a.Path, Status: a.Status, Link: a.Link, Body: body}
	}
	return kept, source.Play(taped), nil
}

// file is the name of what has a hash.
func file(hash string) string { return path.Join(hash[:2], hash+".gz") }

// put keeps text, once, and returns its hash.
func (b Bodies) put(ctx context.Context, name string, text []byte) (hash string, err error) {
	sum := sha256.Sum256(text)
	hash = hex.EncodeToString(sum[:])
	return hash, b.place.put(ctx, name, file(hash), func(w io.Writer) error {
		zip := gzip.NewWriter(w)
		_, err := zip.Write(text)
		return errors.Join(err, zip.Close())
	})
}

// get returns what has a hash, of at most so many bytes.
func (b Bodies) get(ctx context.Context, name, hash string, most int64) ([]byte, error) {
	if len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return nil, errors.New("want the SHA-256 of it, in hexadecimal")
	}
	packed, err := b.place.get(ctx, name, file(hash), maxFile+maxFile/100)
	if err != nil {
		return nil, err
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(zip, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("more than %d bytes", most)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != hash {
		return nil, errors.New("it has changed since: its hash is another")
	}
	return text, nil
}
