package main

import (
	"errors"

	"lacuna/internal/store/sqlite"
)

func (a *app) mode() sqlite.Mode {
	if a.offline {
		return sqlite.Offline
	}
	return sqlite.Live
}

// open opens the database, which is made if there is none.
func (a *app) open() (*sqlite.Store, error) { return opened(sqlite.Open(a.db, a.mode())) }

// openToRead opens the database; where there is none it is empty, and none is made.
func (a *app) openToRead() (*sqlite.Store, error) { return opened(sqlite.OpenToRead(a.db, a.mode())) }

func opened(s *sqlite.Store, err error) (*sqlite.Store, error) {
	if wrong := (*sqlite.WrongModeError)(nil); errors.As(err, &wrong) {
		return nil, &exitCode{exitRefused, err}
	}
	return s, err
}
