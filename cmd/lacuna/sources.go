package main

import (
	"fmt"
	"strings"

	"lacuna/internal/catalogue"
	"lacuna/internal/publisher"
	"lacuna/internal/source"
	"lacuna/internal/source/ecb"
	"lacuna/internal/source/ptax"
	"lacuna/internal/source/sgs"
)

// kind is a publisher's service that this program can ask.
type kind struct {
	url  string
	open func(*source.Client) source.Source
}

func kinds() map[string]kind {
	return map[string]kind{
		"bcb-ptax": {ptax.DefaultURL, func(c *source.Client) source.Source { return ptax.New(c) }},
		"bcb-sgs":  {sgs.DefaultURL, func(c *source.Client) source.Source { return sgs.New(c) }},
		"ecb":      {ecb.DefaultURL, func(c *source.Client) source.Source { return ecb.New(c) }},
	}
}

// sources are the clients of the publishers.
type sources struct {
	byName    map[string]source.Source
	publisher *publisher.Publisher // built in; nil when live
}

// openSources makes a client for each source of c. Offline the built-in
// publisher is started for those that have no URL in the environment.
func (a *app) openSources(c *catalogue.Catalogue) (*sources, error) {
	s := &sources{byName: map[string]source.Source{}}
	for _, of := range c.Sources {
		if err := a.addSource(s, of); err != nil {
			s.close()
			return nil, fmt.Errorf("source %s: %w", of.Name, err)
		}
	}
	return s, nil
}

func (a *app) addSource(s *sources, of catalogue.Source) error {
	k, ok := kinds()[of.Name]
	if !ok {
		return fmt.Errorf("lacuna does not know how to ask it: want bcb-ptax, bcb-sgs or ecb")
	}
	variable := "LACUNA_" + strings.ToUpper(strings.ReplaceAll(of.Name, "-", "_")) + "_URL"
	url := a.env[variable]
	if url == "" && a.offline {
		if s.publisher == nil {
			var err error
			if s.publisher, err = publisher.Start(publisher.Options{}); err != nil {
				return err
			}
		}
		url, variable = s.publisher.URL(of.Name), "built-in publisher"
	} else if url == "" {
		url, variable = k.url, "default URL"
	}
	timeout := of.Timeout
	if a.httpTimeout > 0 {
		timeout = a.httpTimeout
	}
	client, err := source.NewClient(url, timeout, float64(of.RatePerS))
	if err != nil {
		return fmt.Errorf("%s: %w", variable, err)
	}
	s.byName[of.Name] = k.open(client)
	return nil
}

func (s *sources) close() error {
	if s.publisher == nil {
		return nil
	}
	return s.publisher.Close()
}
