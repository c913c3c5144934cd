package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/internal/exit"
	"lacuna/internal/export"
	"lacuna/internal/intake"
	"lacuna/internal/output"
	"lacuna/internal/stack"
)

// put writes a file of a name, which has what write writes, as a whole or not at all.
type put func(name string, write func(io.Writer) error) error

// send writes rows where --out says.
func (a *app) send(ctx context.Context, e *export.Exporter, keys []string, format string, form exportForm) error {
	if form.out == "" {
		if format == "parquet" {
			out, err := a.stdout.Bytes()
			if err != nil {
				return exit.Usage("-o parquet: %w, or name one by --out", err)
			}
			return e.Parquet(ctx, out, keys)
		}
		return written(ctx, a.stdout, e, keys, format, form)
	}
	put, name, err := a.place(ctx, form.out)
	if err != nil {
		return err
	}
	if name == "" {
		if format != "parquet" {
			return exit.Usage("--out %s is a folder: folders are for -o parquet", form.out)
		}
		return e.Folder(ctx, keys, put)
	}
	return put(name, func(to io.Writer) error {
		if format == "parquet" {
			return e.Parquet(ctx, to, keys)
		}
		return written(ctx, output.NewScreen(to), e, keys, format, form)
	})
}

// written writes rows as text.
func written(ctx context.Context, to *output.Screen, e *export.Exporter, keys []string, format string, form exportForm) error {
	switch {
	case form.full:
		return e.Whole(ctx, to.JSONLines(), keys)
	case form.wide:
		return e.Wide(ctx, to.CSVIn(form.dialect), keys)
	case format == "csv":
		return e.CSV(ctx, to.CSVIn(form.dialect), keys)
	}
	return e.JSONLines(ctx, to.JSONLines(), keys)
}

// place returns what writes files where out says, and the name of the one file that is
// meant; "" where a folder is.
func (a *app) place(ctx context.Context, out string) (put, string, error) {
	if inBucket(out) {
		return a.bucket(ctx, out)
	}
	if !isFolder(out) {
		return func(name string, write func(io.Writer) error) error { return a.writeFileBy(name, isExport, write) }, out, nil
	}
	return func(name string, write func(io.Writer) error) error {
		name = filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return a.writeFileBy(name, isExport, write)
	}, "", nil
}

// isExport returns an error unless name is that of an export, which may give way to another.
func isExport(name string) error {
	if !slices.Contains(intake.Formats, ending(name)) {
		return fmt.Errorf("want a name that ends in .%s", strings.Join(intake.Formats, ", ."))
	}
	return nil
}

// bucket is place for Amazon S3.
func (a *app) bucket(ctx context.Context, out string) (put, string, error) {
	at, err := url.Parse(out)
	if err != nil || at.Host == "" || at.RawQuery != "" || at.Fragment != "" || at.User != nil {
		return nil, "", exit.Usage("--out %s: want s3://BUCKET/NAME", out)
	}
	objects, err := stack.OpenObjects(ctx, a.stackOptions())
	if err != nil {
		return nil, "", err
	}
	name := strings.TrimPrefix(at.Path, "/")
	prefix := ""
	if isExport(name) != nil {
		prefix, name = name, ""
	}
	return func(name string, write func(io.Writer) error) error {
		return objects.Put(ctx, at.Host, path.Join(prefix, name), write)
	}, name, nil
}
