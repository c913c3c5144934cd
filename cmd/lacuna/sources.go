package main

import (
	"errors"
	"fmt"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sgs"
)

// client is a publisher's service that this program can ask.
type client struct {
	url  string
	open func(*source.Client) source.Source
}

func clientOf(name string) (client, error) {
	switch name {
	case "bcb-ptax":
		return client{ptax.DefaultURL, func(c *source.Client) source.Source { return ptax.New(c) }}, nil
	case "bcb-sgs":
		return client{sgs.DefaultURL, func(c *source.Client) source.Source { return sgs.New(c) }}, nil
	case "ecb":
		return client{ecb.DefaultURL, func(c *source.Client) source.Source { return ecb.New(c) }}, nil
	}
	return client{}, fmt.Errorf("source %q: there is no client for it, only for bcb-ptax, bcb-sgs and ecb", name)
}

// sources are the clients of the publishers.
type sources struct {
	byName    map[string]source.Source
	publisher *publisher.Publisher // built in; nil when live
}

// openSources makes a client for each of list. Offline the built-in publisher
// is started for those that have no URL in the environment.
func (a *app) openSources(list ...*catalogue.Source) (*sources, error) {
	s := &sources{byName: map[string]source.Source{}}
	for _, of := range list {
		if err := a.addSource(s, of); err != nil {
			return nil, errors.Join(fmt.Errorf("source %s: %w", of.Name, err), s.close())
		}
	}
	return s, nil
}

func (a *app) addSource(s *sources, of *catalogue.Source) error {
	kind, err := clientOf(of.Name)
	if err != nil {
		return err
	}
	url, where, err := a.baseURL(s, of.Name, kind.url)
	if err != nil {
		return err
	}
	timeout := of.Timeout
	if a.httpTimeout > 0 {
		timeout = a.httpTimeout
	}
	c, err := source.NewClient(url, timeout, float64(of.RatePerS))
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	s.byName[of.Name] = kind.open(c)
	return nil
}

// baseURL returns the address of a source, and who says so.
func (a *app) baseURL(s *sources, name, usual string) (url, where string, err error) {
	variable := "LACUNA_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_URL"
	if url := a.env[variable]; url != "" {
		return url, variable, nil
	}
	if !a.offline {
		return usual, "usual address", nil
	}
	if s.publisher == nil {
		if s.publisher, err = publisher.Start(publisher.Options{}); err != nil {
			return "", "", err
		}
	}
	return s.publisher.URL(name), "built-in publisher", nil
}

func (s *sources) close() error {
	if s.publisher == nil {
		return nil
	}
	return s.publisher.Close()
}
