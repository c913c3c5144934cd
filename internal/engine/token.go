package engine

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync"

	"lacuna/internal/asl"
	"lacuna/internal/jsonpath"
)

// APIError is an error of the callback operations, with AWS's name and message.
type APIError struct{ Name, Message string }

func (e *APIError) Error() string { return e.Name + ": " + e.Message }

// The callback errors. Those of a task that is over: it was answered, its time is over,
// or its execution has ended.
var (
	ErrTaskTimedOut     = &APIError{"TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"}
	ErrTaskDoesNotExist = &APIError{"TaskDoesNotExist", "Task does not exist"}
	ErrInvalidToken     = &APIError{"InvalidToken", "Invalid Token: 'Invalid token'"}
)

// tokens are the task tokens that wait for an answer. A token is signed, so that one of
// ours whose task is over can be told from any other without remembering it.
type tokens struct {
	key []byte

	mu   sync.Mutex
	open map[string]*attempt
}

const nonceSize = 16

func newTokens() *tokens {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails, by its documentation
	return &tokens{key: key, open: map[string]*attempt{}}
}

func (ts *tokens) sign(nonce []byte) []byte {
	mac := hmac.New(sha256.New, ts.key)
	mac.Write(nonce)
	return mac.Sum(nonce)
}

// mint makes a token that waits for no answer.
func (ts *tokens) mint() string {
	nonce := make([]byte, nonceSize, nonceSize+sha256.Size)
	rand.Read(nonce)
	return base64.StdEncoding.EncodeToString(ts.sign(nonce))
}

func (ts *tokens) issue(a *attempt) string {
	token := ts.mint()
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.open[token] = a
	return token
}

// find returns the attempt that waits for token; last takes the token away.
func (ts *tokens) find(token string, last bool) (*attempt, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if a, ok := ts.open[token]; ok {
		if last {
			delete(ts.open, token)
		}
		return a, nil
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	switch {
	case err != nil || len(raw) != nonceSize+sha256.Size:
		return nil, ErrInvalidToken
	case !hmac.Equal(raw, ts.sign(raw[:nonceSize:nonceSize])):
		return nil, ErrTaskDoesNotExist
	}
	return nil, ErrTaskTimedOut
}

// close takes a token away and tells whether it was still open.
func (ts *tokens) close(token string) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	_, ok := ts.open[token]
	delete(ts.open, token)
	return ok
}

// SendTaskSuccess ends the task of token with output, which must be JSON of at most
// 256 KiB. The error is an *APIError; a token that is none comes before an output that is
// none, as on AWS.
func (e *Engine) SendTaskSuccess(token string, output json.RawMessage) error {
	if _, err := e.tokens.find(token, false); err != nil {
		return err
	}
	if len(output) > asl.MaxPayload {
		return &APIError{"InvalidOutput", "Invalid Output: 'Output is larger than 262144 bytes'"}
	}
	if _, err := jsonpath.Decode(output); err != nil {
		return &APIError{"InvalidOutput", "Invalid Output: '" + err.Error() + "'"}
	}
	return e.answer(token, func(a *attempt) { a.succeed(output) })
}

// SendTaskFailure ends the task of token with an error; an empty name or cause is
// absent. The error is an *APIError.
func (e *Engine) SendTaskFailure(token, errName, cause string) error {
	return e.answer(token, func(a *attempt) { a.fail(taskFailure(&Error{Name: errName, Cause: cause})) })
}

// SendTaskHeartbeat starts the HeartbeatSeconds of the task of token anew. The error is
// an *APIError.
func (e *Engine) SendTaskHeartbeat(token string) error {
	a, err := e.tokens.find(token, false)
	if err != nil {
		return err
	}
	a.thread.x.post(a.beat)
	return nil
}

func (e *Engine) answer(token string, f func(*attempt)) error {
	a, err := e.tokens.find(token, true)
	if err != nil {
		return err
	}
	a.thread.x.post(func() { a.answered(f) })
	return nil
}
