package stack

import (
	"context"
	"fmt"

	"lacuna/internal/body"
	"lacuna/internal/bucket"
)

// OpenObjects returns Amazon S3 with the region and the credentials of a stack's options.
func OpenObjects(ctx context.Context, o Options) (*bucket.Objects, error) {
	cfg, err := LoadConfig(ctx, o)
	if err != nil {
		return nil, err
	}
	return bucket.New(cfg), nil
}

// KeptBodies is what publishers have sent, where the stack keeps it.
func (s *Stack) KeptBodies() (body.Bodies, error) {
	if s.Bodies == "" {
		return body.Bodies{}, fmt.Errorf("stack of table %s: it keeps no bodies, or was deployed before it could: keep: bodies of a source, and make deploy", s.Table)
	}
	return body.InBucket(bucket.New(s.Config), s.Bodies), nil
}
