package sfnapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/engine"
	"lacuna/internal/loopback"

	"github.com/google/uuid"
)

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "AWSStepFunctions."
)

// How large a request may be, in bytes. A character of a text may be escaped by six of
// them, two bytes of UTF-8 by six and four by twelve.
const (
	maxBody        = 4 << 20   // a definition of 1 MiB with every quote escaped fits
	maxPayloadBody = 2 << 20   // an input or output of 256 KiB
	maxTextBody    = 512 << 10 // a cause of 32,768 characters, 50 tags
	maxSmallBody   = smallBody // names, ARNs, tokens
)

// maxBodyOf is how large a request of an operation may be.
func maxBodyOf(operation string) int64 {
	switch operation {
	case "CreateStateMachine", "UpdateStateMachine", "ValidateStateMachineDefinition":
		return maxBody
	case "StartExecution", "SendTaskSuccess":
		return maxPayloadBody
	case "SendTaskFailure", "StopExecution", "CreateActivity", "TagResource", "UntagResource":
		return maxTextBody
	}
	return maxSmallBody
}

// waits tells whether an operation waits for something: then it has no turn to work.
func waits(operation string) bool {
	return operation == "GetActivityTask" || operation == "StopExecution"
}

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
			s.refuse(w, http.StatusInternalServerError, "InternalFailure", "The server failed; its log has request "+id+".")
		}
	}()
	out, err := s.serve(w, r)
	var refused *refusal
	var api *engine.APIError
	switch {
	case err == nil:
		s.deliver(w, out)
	case errors.As(err, &refused):
		s.refuse(w, refused.status, refused.name, refused.message)
	case errors.As(err, &api):
		s.refuse(w, statusOf(api.Name), api.Name, api.Message)
	default:
		s.log.ErrorContext(r.Context(), "request", "request", id, "target", r.Header.Get("X-Amz-Target"), "error", err)
		s.refuse(w, http.StatusInternalServerError, "InternalFailure", err.Error())
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
func (s *Server) serve(w http.ResponseWriter, r *http.Request) (json.RawMessage, error) {
	if !loopback.Answers(r.Host, s.options.Hosts) {
		return nil, &refusal{http.StatusForbidden, "AccessDeniedException", fmt.Sprintf("Host %.300q: the server answers to localhost and to the names of --allow-host, and to no other", r.Host)}
	}
	if why := ofOtherSite(r); why != "" {
		return nil, &refusal{http.StatusForbidden, "AccessDeniedException", why + ": pages of other sites may not use the server"}
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
	most := maxBodyOf(name)
	body, read, err := s.hands.read(r.Body, most)
	defer read()
	api := (*engine.APIError)(nil)
	switch {
	case err == nil:
	case errors.As(err, &api):
		w.Header().Set("Connection", "close") // what is left of the body is not read
		return nil, err
	case errors.Is(err, errTooLarge):
		w.Header().Set("Connection", "close")
		return nil, &refusal{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", fmt.Sprintf("the request has more than %d bytes", most)}
	default:
		return nil, &refusal{http.StatusBadRequest, "SerializationException", fmt.Sprintf("body: %s", err)}
	}
	return s.answer(r.Context(), name, do, body)
}

// answer does an operation and returns the JSON of its answer.
func (s *Server) answer(ctx context.Context, name string, do operation, body []byte) (json.RawMessage, error) {
	if !waits(name) {
		done, err := s.hands.work(ctx, len(body))
		if err != nil {
			return nil, err
		}
		defer done()
	}
	out, err := do(ctx, body)
	if err != nil {
		return nil, err
	}
	if waits(name) { // the end of ctx has ended that alone
		done, err := s.hands.work(context.WithoutCancel(ctx), len(body))
		if err != nil {
			return nil, err
		}
		defer done()
	}
	return json.Marshal(out)
}

// ofOtherSite tells why a request comes from a page of another site, "" if it does not. A
// browser says where a page is from that makes it send a request; the SDKs say nothing.
func ofOtherSite(r *http.Request) string {
	for _, origin := range r.Header["Origin"] {
		if at, err := url.Parse(origin); err != nil || at.Host == "" || !strings.EqualFold(at.Host, r.Host) {
			return fmt.Sprintf("Origin %.300q", origin)
		}
	}
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "none" && site != "same-origin" {
			return fmt.Sprintf("Sec-Fetch-Site %.300q", site)
		}
	}
	return ""
}

// maxMessage is how much of a message is sent: some show what a client has sent.
const maxMessage = 64 << 10

// refuse writes an error.
func (s *Server) refuse(w http.ResponseWriter, status int, name, message string) {
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	text, err := json.Marshal(failure{name, message})
	if err != nil {
		s.log.Error("answer", "error", err)
		status, text = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure","message":"answer is no JSON"}`)
	}
	s.write(w, status, text)
}

// write writes the answer; a client that is gone does not hear it.
func (s *Server) write(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if _, err := w.Write(text); err != nil {
		s.log.Debug("answer not sent", "error", err)
	}
}

// deliver writes an answer. One that is not small is counted until the client has it.
func (s *Server) deliver(w http.ResponseWriter, text []byte) {
	if n := int64(len(text)); n > smallBody {
		if err := s.hands.take(n); err != nil {
			s.refuse(w, http.StatusBadRequest, "ThrottlingException", "Rate exceeded: other answers are as large as the server has room for at once")
			return
		}
		defer s.hands.give(n)
	}
	s.write(w, http.StatusOK, text)
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
	return new(seconds(t))
}

// deref is the text of an optional member, "" if it is absent.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
