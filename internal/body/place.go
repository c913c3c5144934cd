package body

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"

	"lacuna/internal/bound"
	"lacuna/internal/fault"
)

// InFolder keeps them in files of a folder, which is made when the first one comes.
func InFolder(dir string) Bodies { return Bodies{folder(dir)} }

type folder string

// put fails when the folder cannot be had or its disk is full: that helps no later file either.
func (f folder) put(_ context.Context, _, file string, write func(io.Writer) error) error {
	if err := f.write(file, write); err != nil {
		return fault.New(fault.StoreUnusable, "%w", err)
	}
	return nil
}

func (f folder) write(file string, write func(io.Writer) error) error {
	name := filepath.Join(string(f), filepath.FromSlash(file))
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(name), "part-*")
	if err != nil {
		return err
	}
	if err = errors.Join(write(part), part.Close()); err == nil {
		err = os.Rename(part.Name(), name) // whole, or not there
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

func (f folder) get(_ context.Context, _, file string, most int64) ([]byte, error) {
	return bound.ReadFile(filepath.Join(string(f), filepath.FromSlash(file)), most)
}

// Objects is Amazon S3.
type Objects interface {
	Put(ctx context.Context, bucket, key string, write func(io.Writer) error) error
	Get(ctx context.Context, bucket, key string, most int64) ([]byte, error)
}

// InBucket keeps them in a bucket, those of a source below its name, as in a folder. One that
// comes again is written again: its age, by which the bucket forgets, is that of the last time.
func InBucket(objects Objects, name string) Bodies { return Bodies{bucket{objects, name}} }

type bucket struct {
	objects Objects
	name    string
}

func (b bucket) put(ctx context.Context, source, file string, write func(io.Writer) error) error {
	return b.objects.Put(ctx, b.name, path.Join(source, file), write)
}

func (b bucket) get(ctx context.Context, source, file string, most int64) ([]byte, error) {
	return b.objects.Get(ctx, b.name, path.Join(source, file), most)
}
