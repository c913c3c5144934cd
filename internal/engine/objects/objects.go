// Package objects reads the items of a distributed Map state from objects in buckets, as
// its ItemReader says: JSON, JSON Lines, CSV, a list of objects, and manifests of them.
// Where the objects are, a Store knows; nothing here does I/O by itself.
//
// Source: AWS Step Functions developer guide, "ItemReader (Map)" and "How Step Functions
// parses input CSV files"; recorded executions.
package objects

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"
)

// Store keeps objects in buckets, as Amazon S3 does. Its errors have the text that a
// person reads as the cause of a failed state.
type Store interface {
	// Open reads an object, which the caller closes.
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// List gives the objects whose keys begin with prefix, in the order of the bytes of
	// their keys. An error ends it.
	List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error]
	// Put makes an object of what write writes, whole or not at all, in the place of the
	// one before, and returns its size in bytes.
	Put(ctx context.Context, bucket, key string, write func(io.Writer) error) (int64, error)
}

// Object is one of a list.
type Object struct {
	Key      string
	ETag     string // with its quotation marks
	Size     int64  // in bytes
	Modified time.Time
}

// cause is an error that a person reads in the history.
type cause string

func (c cause) Error() string { return string(c) }

// Causef makes an error whose text is the cause of a failed state, as AWS words them.
func Causef(format string, args ...any) error { return cause(fmt.Sprintf(format, args...)) }
