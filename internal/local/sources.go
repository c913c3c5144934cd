package local

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
)

// Sources are the clients of the publishers.
type Sources struct {
	ByName    map[string]source.Source
	publisher *publisher.Publisher // built in; nil when live
}

// SourceOptions say how publishers are asked.
type SourceOptions struct {
	Getenv  func(name string) string
	Offline bool
	Timeout time.Duration // of a request; 0: what the catalogue says
	Note    func(format string, args ...any)
}

// OpenSources makes a client for each of list. Offline the built-in publisher
// is started for those that have no URL in the environment.
func OpenSources(o SourceOptions, list []*catalogue.Source) (*Sources, error) {
	s := &Sources{ByName: map[string]source.Source{}}
	for _, of := range list {
		if err := s.add(o, of); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Sources) add(o SourceOptions, of *catalogue.Source) error {
	set, err := registry.Configured(of, o.Getenv)
	if err != nil {
		return err
	}
	base := set.Base
	if base == "" && o.Offline {
		if base, err = s.builtIn(of.Name); err != nil {
			return err
		}
	}
	client, err := registry.Open(of, base, cmp.Or(o.Timeout, of.Timeout), float64(of.RatePerS), set.Options...)
	if err != nil && set.Base != "" {
		return fmt.Errorf("%s: %w", registry.URLVariable(of.Name), err)
	}
	if err != nil {
		return err
	}
	if set.Warning != "" {
		o.Note("%s", set.Warning)
	}
	s.ByName[of.Name] = client
	return nil
}

// builtIn returns the address of a source at the built-in publisher.
func (s *Sources) builtIn(name string) (url string, err error) {
	if s.publisher == nil {
		if s.publisher, err = publisher.Start(publisher.Options{}); err != nil {
			return "", err
		}
	}
	if url = s.publisher.URL(name); url == "" {
		return "", fmt.Errorf("source %s: there is no built-in data of it", name)
	}
	return url, nil
}

// Close ends the built-in publisher.
func (s *Sources) Close() error {
	if s.publisher == nil {
		return nil
	}
	return s.publisher.Close()
}
