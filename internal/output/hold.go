package output

import "bytes"

// Hold keeps what is written from now on, and draws nothing, until release, which
// writes it or drops it. A screen that is held is no terminal.
func (s *Screen) Hold() (release func(write bool) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, held := s.out, &bytes.Buffer{}
	s.out = held
	return func(write bool) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out = out
		if !write {
			return nil
		}
		_, err := held.WriteTo(out)
		return err
	}
}
