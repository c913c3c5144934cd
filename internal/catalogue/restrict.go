package catalogue

import "sync"

// Restrict returns the catalogue with what keep makes of each series, without
// those for which it returns false. keep must not change Key or Aliases; it is asked
// once for each series that is asked for.
func (c *Catalogue) Restrict(keep func(Series) (Series, bool)) *Catalogue {
	r := &restricted{of: c.shelf(), keep: keep, kept: map[*Series]*Series{}}
	return &Catalogue{Sources: c.Sources, calendars: c.calendars, series: r}
}

// restricted is a shelf with some of the series of another.
type restricted struct {
	of   shelf
	keep func(Series) (Series, bool)

	mu   sync.Mutex
	kept map[*Series]*Series // nil: left out
	list []*Series           // once all are asked for
}

func (r *restricted) all() ([]*Series, error) {
	all, err := r.of.all()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		for _, s := range all {
			if kept := r.take(s); kept != nil {
				r.list = append(r.list, kept)
			}
		}
	}
	return r.list, nil
}

func (r *restricted) between(first, last string) ([]*Series, error) {
	list, err := r.of.between(first, last)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var kept []*Series
	for _, s := range list {
		if s = r.take(s); s != nil {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

func (r *restricted) find(name string) (*Series, error) {
	s, err := r.of.find(name)
	if s == nil || err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.take(s), nil
}

// take returns what is kept of s, nil when it is left out.
func (r *restricted) take(s *Series) *Series {
	kept, known := r.kept[s]
	if !known {
		if changed, ok := r.keep(*s); ok {
			kept = &changed
		}
		r.kept[s] = kept
	}
	return kept
}
