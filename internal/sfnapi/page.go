package sfnapi

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
)

// page are the members with which a request asks for a part of a list.
type page struct {
	MaxResults int     `json:"maxResults"`
	NextToken  *string `json:"nextToken"`
}

func (p page) check() error {
	var v validation
	v.page(p, 1024)
	return v.err()
}

// ofExecution asks for a page of what an execution has.
type ofExecution struct {
	page
	ARN *string `json:"executionArn"`
}

func (in ofExecution) check() error {
	var v validation
	v.page(in.page, 1024)
	return v.arn("executionArn", in.ARN, kindExecution)
}

// A page token holds the position of the last element that was given, and a
// signature over it and the request's other members: one of another list is refused.
const positionSize = 8

func (s *Server) pageToken(list string, position int64) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(position))
	mac := hmac.New(sha256.New, s.key)
	fmt.Fprintf(mac, "%s %d", list, position)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(raw))
}

// position reads a page token; ok is false at the start of the list.
func (s *Server) position(list string, token *string) (position int64, ok bool, err error) {
	if token == nil {
		return 0, false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*token)
	if err == nil && len(raw) > positionSize {
		position = int64(binary.BigEndian.Uint64(raw))
		if hmac.Equal([]byte(s.pageToken(list, position)), []byte(*token)) {
			return position, true, nil
		}
	}
	return 0, false, fail("InvalidToken", "Invalid Token: 'Invalid token'")
}

// maxPageBytes is how large a page is at most, unless its first element alone is larger:
// AWS's answers have at most 1 MiB.
const maxPageBytes = 1 << 20

// list is an answer with a page of something, and with the token of the next page if there is
// one.
type list map[string]any

// part returns the page of all that p asks for, as the member of that name. of says what the
// list is of, with every member of the request that shapes it. The position of an element
// never changes, and all is sorted by it. show gives what is shown of an element.
func part[T any](s *Server, name string, p page, of string, all []T, position func(T) int64, show func(T) any) (list, error) {
	after, ok, err := s.position(of, p.NextToken)
	if err != nil {
		return nil, err
	}
	if ok {
		first, _ := slices.BinarySearchFunc(all, after+1, func(e T, want int64) int { return cmp.Compare(position(e), want) })
		all = all[first:]
	}
	n := cmp.Or(p.MaxResults, defaultPage)
	elements, size := []json.RawMessage{}, 0
	for i, element := range all {
		text, err := json.Marshal(show(element))
		if err != nil {
			return nil, err
		}
		size += len(text) + len(",")
		if i == n || i > 0 && size > maxPageBytes {
			return list{name: elements, "nextToken": s.pageToken(of, position(all[i-1]))}, nil
		}
		elements = append(elements, text)
	}
	return list{name: elements}, nil
}

// asIs shows an element as it is.
func asIs[T any](element T) any { return element }
