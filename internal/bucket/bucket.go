// Package bucket writes and reads whole objects of Amazon S3.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"lacuna/internal/fault"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// Objects is Amazon S3.
type Objects struct{ client *s3.Client }

// New returns Amazon S3 with the region and the credentials of cfg.
func New(cfg aws.Config) *Objects {
	return &Objects{s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // what stands for S3 has no name for each bucket
	})}
}

// Put writes an object, which has what write writes. It waits on disk until it is whole. The
// error is named fault.StoreUnusable when the bucket takes nothing of ours.
func (o *Objects) Put(ctx context.Context, bucket, key string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp("", "lacuna-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if err := write(file); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := o.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: file}); err != nil {
		if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() == "NoSuchBucket" {
			return fault.New(fault.StoreUnusable, "s3://%s/%s: %w", bucket, key, err)
		}
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
	}
	return nil
}

// Get reads an object of at most so many bytes. The error wraps fs.ErrNotExist when there is
// none of that key.
func (o *Objects) Get(ctx context.Context, bucket, key string, most int64) (text []byte, err error) {
	defer func() {
		if errors.As(err, new(*types.NoSuchKey)) {
			err = fs.ErrNotExist
		}
		if err != nil {
			err = fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
		}
	}()
	out, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.Body.Close()) }()
	text, err = io.ReadAll(io.LimitReader(out.Body, most+1))
	if err == nil && int64(len(text)) > most {
		return nil, fmt.Errorf("more than %d bytes", most)
	}
	return text, err
}
