package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"io/fs"
	"os"
	"time"

	"lacuna/internal/catalogue"
)

// write writes the zip of a function: the program, called bootstrap, and its compiled
// catalogue. It returns the zip's size in bytes.
func write(name, program string, compiled []byte) (int, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return 0, err
	}
	var text bytes.Buffer
	if err := encode(&text, binary, compiled); err != nil {
		return 0, err
	}
	// By rename: whoever reads the old zip meanwhile gets all of it.
	if err := os.WriteFile(name+".new", text.Bytes(), 0o644); err != nil {
		return 0, err
	}
	return text.Len(), os.Rename(name+".new", name)
}

func encode(w io.Writer, program, compiled []byte) error {
	always := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) // the first that a zip can tell
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	add := func(name string, mode fs.FileMode, text []byte) error {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: always}
		h.SetMode(mode)
		entry, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		_, err = entry.Write(text)
		return err
	}
	if err := add("bootstrap", 0o755, program); err != nil {
		return err
	}
	if err := add(catalogue.CompiledName, 0o644, compiled); err != nil {
		return err
	}
	return z.Close()
}
