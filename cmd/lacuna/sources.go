package main

import (
	"errors"
	"fmt"
	"time"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/registry"
)

// sources are the clients of the publishers.
type sources struct {
	byName    map[string]source.Source
	publisher *publisher.Publisher // built in; nil when live
}

// sourceOptions say how publishers are asked.
type sourceOptions struct {
	Getenv  func(name string) string
	Offline bool
	Timeout time.Duration // of a request; 0: what the catalogue says
	Note    func(format string, args ...any)
}

// openSources makes a client for each of list. Offline the built-in publisher
// is started for those that have no URL in the environment.
func openSources(o sourceOptions, list []*catalogue.Source) (*sources, error) {
	s := &sources{byName: map[string]source.Source{}}
	for _, of := range list {
		if err := s.add(o, of); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *sources) add(o sourceOptions, of *catalogue.Source) error {
	timeout := of.Timeout
	if o.Timeout > 0 {
		timeout = o.Timeout
	}
	set, err := registry.Configured(of.Name, o.Getenv)
	if err != nil {
		return err
	}
	base := set.Base
	if base == "" && o.Offline {
		if base, err = s.builtIn(of.Name); err != nil {
			return err
		}
	}
	client, err := registry.Open(of.Name, base, timeout, float64(of.RatePerS), set.Options...)
	if err != nil && set.Base != "" {
		return fmt.Errorf("%s: %w", registry.URLVariable(of.Name), err)
	}
	if err != nil {
		return err
	}
	if set.Warning != "" {
		o.Note("%s", set.Warning)
	}
	s.byName[of.Name] = client
	return nil
}

// builtIn returns the address of a source at the built-in publisher.
func (s *sources) builtIn(name string) (url string, err error) {
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

func (s *sources) close() error {
	if s.publisher == nil {
		return nil
	}
	return s.publisher.Close()
}
