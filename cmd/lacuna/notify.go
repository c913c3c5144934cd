package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lacuna/internal/exit"
	"lacuna/internal/output"
	"lacuna/internal/roots"
)

// notice is what is posted to the URL of --notify. Slack and what speaks like it show
// its text.
type notice struct {
	Text     string `json:"text"`
	Event    string `json:"event"` // needs_person or mended
	Run      string `json:"run"`   // "": none was begun
	Status   string `json:"status"`
	Place    string `json:"place"` // the database, or the stack
	ExitCode int    `json:"exit_code"`
}

const (
	needsPerson = "needs_person"
	mended      = "mended"
)

// notifyTime is what the receiver of a notice has for its answer, and endingTime, of it,
// when the process is told to end.
const (
	notifyTime = 10 * time.Second
	endingTime = time.Second / 2
)

// checkNotify returns an error when notices cannot be posted to address. It does not show
// the address: its path is often a secret.
func checkNotify(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return exit.Usage("--notify: want a URL such as https://hooks.example/T000/B000")
	}
	return nil
}

// plainHTTP reports whether what is posted to address can be read on its way.
func plainHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback()
}

// notify posts n. It follows no redirect: the address is the one that was meant.
func notify(ctx context.Context, address string, n notice) error {
	n.Text = output.Visible(output.Shorten(n.Text, output.MaxCell))
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	posting, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyTime) // an end by Ctrl-C is told of too
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(endingTime, cancel) })()
	req, err := http.NewRequestWithContext(posting, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("--notify: not a URL")
	}
	req.Header.Set("Content-Type", "application/json")
	roots.Use()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if of := (*url.Error)(nil); errors.As(err, &of) {
		err = of.Err // without the address
	}
	if err != nil {
		return fmt.Errorf("--notify: %s", strings.ReplaceAll(err.Error(), address, "the address"))
	}
	defer res.Body.Close()
	io.CopyN(io.Discard, res.Body, 4<<10) //nolint:errcheck // so that a connection ends well; nobody reads it
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("--notify: the answer is %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	return nil
}
