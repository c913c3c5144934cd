package engine

import (
	"context"
	"errors"

	"lacuna/internal/asl"
	"lacuna/internal/engine/objects"
)

// maxReading is how many Maps read their items at once: what a reader has in hand while
// it takes an object apart is up to three times what may be read.
const maxReading = 1

// source is where a distributed Map takes its items from, as evaluated.
type source struct {
	reader     *asl.Reader
	parameters any
	most       int64 // MaxItems, 0 for all
}

var errNoObjects = objects.Causef("Nothing stands for Amazon S3 here: there are no objects to read or write.")

func (e *env) source(r *asl.Reader) (*source, error) {
	s := &source{reader: r, most: r.MaxItems}
	var err error
	if path := r.MaxItemsPath; path != nil {
		if s.most, err = e.whole(path, "MaxItemsPath"); err != nil {
			return nil, err
		}
	}
	s.parameters, err = e.template(r.Parameters)
	return s, err
}

// read reads the items and then starts the children.
func (r *mapRun) read() {
	s, store := r.source, r.owner.x.engine.options.Objects
	if store == nil {
		r.loaded(nil, errNoObjects)
		return
	}
	hold, reading := r.owner.x.holder, r.owner.x.engine.reading
	r.aside(func(ctx context.Context) func() {
		select {
		case reading <- struct{}{}:
			defer func() { <-reading }()
		case <-ctx.Done():
			return func() {}
		}
		held := int64(0)
		items, err := objects.Read(ctx, store, s.reader, s.parameters, s.most, func(n int64) error {
			if hold != nil {
				if err := hold(n); err != nil {
					return &fullError{err}
				}
				held += n
			}
			return nil
		})
		return func() {
			r.weight = held
			r.owner.x.loose += held
			r.loaded(items, err)
		}
	})
}

// loaded takes the items that were read. Without them a redrive begins the state anew.
func (r *mapRun) loaded(items []objects.Item, err error) {
	if full := (*fullError)(nil); errors.As(err, &full) {
		r.end(Failed)
		r.owner.failState(full)
		return
	}
	if err != nil {
		r.owner.mapRun = nil
		r.fail(asl.ErrorItemReader, err)
		return
	}
	list := make([]*mapItem, len(items))
	for i, item := range items {
		list[i] = &mapItem{index: i, text: item.Text, source: item.Source}
	}
	if err := r.take(list); err != nil {
		r.end(Failed)
		r.owner.failState(err)
		return
	}
	r.fill()
}

// aside does work apart from the goroutine of the execution, which then does what work
// returns, unless the state has ended by then.
func (r *mapRun) aside(work func(context.Context) func()) {
	done, ctx, x := make(chan struct{}), r.ctx, r.owner.x
	r.apart = done
	go func() {
		defer close(done)
		next := work(ctx)
		x.post(func() {
			if !x.over && !r.owner.dead {
				next()
			}
		})
	}()
}
