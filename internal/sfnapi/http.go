package sfnapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"lacuna/internal/engine"
)

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "AWSStepFunctions."
	// maxBody is the largest request in bytes: a definition of 1 MiB with every
	// quote escaped fits.
	maxBody = 4 << 20
)

// fail is an error of the API: a name that clients match, and a text.
func fail(name, format string, args ...any) error {
	return &engine.APIError{Name: name, Message: fmt.Sprintf(format, args...)}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("x-amzn-RequestId", id)
	w.Header().Set("Content-Type", contentType)
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(r.Context(), "panic", "request", id, "panic", p, "stack", string(debug.Stack()))
			s.write(w, http.StatusInternalServerError, failure{"InternalFailure", "The server failed; its log has request " + id + "."})
		}
	}()
	out, err := s.serve(w, r)
	var refused *refusal
	var api *engine.APIError
	switch {
	case err == nil:
		s.write(w, http.StatusOK, out)
	case errors.As(err, &refused):
		s.write(w, refused.status, failure{refused.name, refused.message})
	case errors.As(err, &api):
		s.write(w, statusOf(api.Name), failure{api.Name, api.Message})
	default:
		s.log.ErrorContext(r.Context(), "request", "request", id, "target", r.Header.Get("X-Amz-Target"), "error", err)
		s.write(w, http.StatusInternalServerError, failure{"InternalFailure", err.Error()})
	}
}

// statusOf is the status of an error of the API, by its model.
func statusOf(name string) int {
	switch name {
	case "ConflictException":
		return http.StatusConflict
	case "ServiceQuotaExceededException":
		return http.StatusPaymentRequired
	}
	return http.StatusBadRequest
}

// failure is the body of an error.
type failure struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

// refusal is an error with a status of its own: the request is none of the API.
type refusal struct {
	status        int
	name, message string
}

func (e *refusal) Error() string { return e.name + ": " + e.message }

// serve finds the operation and does it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) (any, error) {
	if !s.localHost(r.Host) {
		return nil, &refusal{http.StatusForbidden, "AccessDeniedException", fmt.Sprintf("Host %q: the server answers to localhost and to the address it was given, and to no other name", r.Host)}
	}
	if r.URL.Path != "/" {
		return nil, &refusal{http.StatusNotFound, "UnknownOperationException", fmt.Sprintf("path %q: want POST /", r.URL.Path)}
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &refusal{http.StatusMethodNotAllowed, "UnknownOperationException", fmt.Sprintf("method %s: want POST", r.Method)}
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != contentType {
		return nil, &refusal{http.StatusUnsupportedMediaType, "SerializationException", fmt.Sprintf("Content-Type %q: want %s", r.Header.Get("Content-Type"), contentType)}
	}
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	do, known := s.operations[name]
	switch {
	case !ok || !known:
		return nil, fail("UnknownOperationException", "X-Amz-Target %q: want %sStartExecution or another operation of Step Functions", r.Header.Get("X-Amz-Target"), targetPrefix)
	case do == nil:
		return nil, fail("UnknownOperationException", "%s is not supported: there are no Express workflows here, and no TestState", name)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", fmt.Sprintf("the request has more than %d bytes", maxBody)}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "SerializationException", fmt.Sprintf("body: %s", err)}
	}
	return do(r.Context(), body)
}

// write writes the answer; a client that is gone does not hear it.
func (s *Server) write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		s.log.Error("answer", "error", err)
		status, text = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure","message":"answer is no JSON"}`)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if _, err := w.Write(text); err != nil {
		s.log.Debug("answer not sent", "error", err)
	}
}

// seconds is a time as the protocol writes it: seconds since 1970, with milliseconds.
type seconds time.Time

// MarshalJSON implements json.Marshaler.
func (t seconds) MarshalJSON() ([]byte, error) {
	ms := time.Time(t).UnixMilli()
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

// optionalTime is nil for the zero time.
func optionalTime(t time.Time) *seconds {
	if t.IsZero() {
		return nil
	}
	s := seconds(t)
	return &s
}
