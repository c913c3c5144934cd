package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"io/fs"
	"os"
	"time"
)

// write writes the zip of a function: the program, called bootstrap, and its
// catalogue. It returns the zip's size in bytes.
func write(name, program string, series []byte) (int, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return 0, err
	}
	var text bytes.Buffer
	if err := encode(&text, binary, series); err != nil {
		return 0, err
	}
	// By rename: whoever reads the old zip meanwhile gets all of it.
	if err := os.WriteFile(name+".new", text.Bytes(), 0o644); err != nil {
		return 0, err
	}
	return text.Len(), os.Rename(name+".new", name)
}

func encode(w io.Writer, program, series []byte) error {
	always := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) // the first that a zip can tell
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, f := range []struct {
		name string
		mode fs.FileMode
		text []byte
	}{{"bootstrap", 0o755, program}, {"series.yaml", 0o644, series}} {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: always}
		h.SetMode(f.mode)
		entry, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.text); err != nil {
			return err
		}
	}
	return z.Close()
}
