package console

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Denied is the error of a deed that the credentials do not allow.
type Denied struct {
	Action string // of IAM that they lack, such as states:StartExecution
	Err    error
}

func (e *Denied) Error() string { return e.Err.Error() }
func (e *Denied) Unwrap() error { return e.Err }

// deedKind is what changes something, and may be allowed or not.
type deedKind string

// The kinds of deeds, as words of a sentence.
const (
	starting deedKind = "started"
	stopping deedKind = "stopped"
	changing deedKind = "changed"
)

// denials are the actions that deeds were found to lack.
type denials struct {
	mu    sync.Mutex
	lacks map[deedKind]string
}

// learn notes what a deed lacks, if that is why it failed, and reports whether it is.
func (d *denials) learn(kind deedKind, err error) bool {
	denied := (*Denied)(nil)
	if !errors.As(err, &denied) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lacks == nil {
		d.lacks = map[deedKind]string{}
	}
	d.lacks[kind] = denied.Action
	return true
}

// cannot says why nothing can be started, stopped or changed here, "" when it can.
func (s *Server) cannot(kind deedKind) string {
	switch {
	case s.o.Target.ReadOnly:
		return "The console was started with --read-only."
	case kind == changing && s.o.Changer == nil:
		return "Days cannot be changed here."
	case kind != changing && s.o.Runner == nil:
		return fmt.Sprintf("Runs cannot be %s here.", kind)
	}
	s.denials.mu.Lock()
	defer s.denials.mu.Unlock()
	if action := s.denials.lacks[kind]; action != "" {
		return fmt.Sprintf("AWS has refused it: these credentials lack %s, which the stack's operator_policy has. Start the console again when they have it.", action)
	}
	return ""
}

// allowed makes an answer where deeds of a kind can be done.
func (s *Server) allowed(kind deedKind, do handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if why := s.cannot(kind); why != "" {
			return &problem{Status: http.StatusForbidden, Text: why}
		}
		return do(w, r)
	}
}
