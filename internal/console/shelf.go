package console

import (
	"crypto/rand"
	"net/http"
	"slices"
	"sync"
)

// shelf keeps what a person looks at before it is done, each under a name that nobody
// guesses, until there are too many: the oldest go first.
type shelf[T any] struct {
	most, mostBytes int

	mu   sync.Mutex
	list []kept[T] // the oldest first
}

type kept[T any] struct {
	id    string
	of    T
	bytes int
}

// add keeps a thing, which has about so many bytes, and returns its name.
func (s *shelf[T]) add(of T, bytes int) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = rand.Text()
	s.list = append(s.list, kept[T]{id, of, bytes})
	sum := 0
	for i, one := range slices.Backward(s.list) {
		if sum += one.bytes; i < len(s.list)-1 && (sum > s.mostBytes || len(s.list)-i > s.most) {
			s.list = slices.Delete(s.list, 0, i+1)
			break
		}
	}
	return id
}

// find returns what is kept under a name. If it is not any more, the error leads on.
func (s *shelf[T]) find(id string, next Link) (of T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.list {
		if one.id == id {
			return one.of, nil
		}
	}
	return of, &problem{Status: http.StatusNotFound, Text: "This is not there any more: it is kept until the console ends, or newer ones take its place.", Next: []Link{next}}
}
