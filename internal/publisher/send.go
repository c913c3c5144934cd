package publisher

import (
	"bytes"
	"cmp"
	"context"
	"net"
	"net/http"
	"strconv"
	"time"
)

const page = `<!DOCTYPE html>
<html lang="pt-br"><head><meta charset="utf-8"><title>Fora do ar</title></head>
<body><p>O servidor não pode responder agora.</p></body></html>
`

// onReply changes the answer itself.
func (f Fault) onReply(out *reply, column string) {
	switch f.Kind {
	case Status:
		*out = reply{status: f.Status}
		if f.Status == 0 {
			out.status = http.StatusServiceUnavailable
		}
	case HTML:
		*out = htmlReply()
	case Throttle, ThrottleOn:
		*out = reply{status: http.StatusTooManyRequests}
	case CutBody:
		out.body = out.body[:max(0, len(out.body)-3)]
	case Columns:
		out.body = bytes.ReplaceAll(out.body, []byte(column), []byte(column+"2"))
	}
}

func htmlReply() reply {
	return reply{status: http.StatusOK, contentType: "text/html; charset=utf-8", body: []byte(page)}
}

// send writes the answer, or breaks the transfer.
func (f Fault) send(w http.ResponseWriter, r *http.Request, out *reply) {
	header := w.Header()
	if out.contentType != "" {
		header.Set("Content-Type", out.contentType)
	}
	header.Set("Content-Length", strconv.Itoa(len(out.body)))
	body := out.body
	switch f.Kind {
	case Throttle:
		header.Set("Retry-After", strconv.Itoa(int(f.Wait/time.Second)))
	case ThrottleOn:
		header.Set("Retry-After", time.Now().Add(f.Wait).UTC().Format(http.TimeFormat))
	case Slow:
		if !pause(r.Context(), f.Wait) {
			return
		}
	case CutTransfer:
		header.Set("Content-Length", strconv.Itoa(len(body)+1))
	case Hang:
		<-r.Context().Done()
		return
	case Reset:
		reset(w)
		return
	case Drip:
		w.WriteHeader(out.status)
		drip(w, r.Context(), body, f.Wait)
		return
	}
	w.WriteHeader(out.status)
	w.Write(body) // a client that has gone needs no answer
}

// reset breaks the connection after half a header line: a connection that
// breaks before any byte would be tried again by net/http itself. An error on
// the way breaks it all the same.
func reset(w http.ResponseWriter) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	buffered.WriteString("HTTP/1.1 200 OK\r\nContent-")
	buffered.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // Close sends RST
	}
}

func drip(w http.ResponseWriter, ctx context.Context, body []byte, wait time.Duration) {
	wait = cmp.Or(wait, 10*time.Millisecond)
	flusher := http.NewResponseController(w)
	for i := range body {
		if _, err := w.Write(body[i : i+1]); err != nil || flusher.Flush() != nil || !pause(ctx, wait) {
			return
		}
	}
}

// pause waits; it reports false when the client has gone.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
