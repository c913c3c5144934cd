package source

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

// An error says what was asked for, and of which days once there is an answer.
// The room for an answer is taken until it is read, and given back each time.
func TestAsk(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	c := client(t, server.URL)
	r := Request{Series: make([]Series, 3), Span: span.Span{From: 0, To: 1}}
	taken := int64(MaxRows(r.Span, 3) * perRow)
	for _, tt := range []struct {
		name, path      string
		refused, parsed error
		want            Answer
		wantErr         string // the beginning
	}{
		{name: "an answer", path: "/", want: Answer{Warnings: []string{"odd"}, Requests: 1}},
		{name: "what cannot be read", path: "/", parsed: errors.New("no rows"), want: Answer{Warnings: []string{"odd"}, Requests: 1}, wantErr: "bank USD 1970-01-01/1970-01-02: no rows"},
		{name: "a refusal", path: "/", refused: errors.New("no such code"), want: Answer{Requests: 1}, wantErr: "bank USD: no such code"},
		{name: "a breakdown", path: "/down", want: Answer{Requests: 1}, wantErr: "bank USD: Source.Unavailable: status 503"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.Ask(t.Context(), r, "bank USD", tt.path, func(_ Response, err error) error {
				return errors.Join(err, tt.refused)
			}, func(Response) (Answer, error) {
				if c.room.TryAcquire(room-taken+1) || !c.room.TryAcquire(room-taken) {
					t.Errorf("the room taken is not %d bytes", taken)
				}
				c.room.Release(room - taken)
				return Answer{Warnings: []string{"odd"}}, tt.parsed
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer mismatch (-want +got):\n%s", diff)
			}
			if (err == nil) != (tt.wantErr == "") || err != nil && !strings.HasPrefix(err.Error(), tt.wantErr) {
				t.Errorf("error %v, want %q", err, tt.wantErr)
			}
			if !c.room.TryAcquire(room) {
				t.Fatal("some room is still taken")
			}
			c.room.Release(room)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := c.Ask(ctx, r, "bank USD", "/", nil, nil); got.Requests != 0 || !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "bank USD: ") {
		t.Errorf("asked by who does not wait: %+v, error %v", got, err)
	}
}
