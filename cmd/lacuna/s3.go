package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"lacuna/internal/engine/objects"
	"lacuna/internal/engine/objects/folder"
)

// s3 is what stands for Amazon S3, and how to let go of it: the folder dir or, without
// one, nothing that could be read or written.
func s3(dir string) (store objects.Store, done func() error, err error) {
	if dir == "" {
		return noS3{}, func() error { return nil }, nil
	}
	f, err := folder.Open(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("--s3 %s: %w", dir, err)
	}
	return f, f.Close, nil
}

// noS3 refuses everything and says what is missing.
type noS3 struct{}

var errNoS3 = errors.New("nothing stands for Amazon S3 here: start lacuna serve with --s3 DIR, a folder with a folder for each bucket")

func (noS3) Open(context.Context, string, string) (io.ReadCloser, error) { return nil, errNoS3 }

func (noS3) List(context.Context, string, string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) { yield(objects.Object{}, errNoS3) }
}

func (noS3) Put(context.Context, string, string, func(io.Writer) error) (int64, error) {
	return 0, errNoS3
}
