package anp

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lacuna/internal/fault"
	"lacuna/internal/lazy"
	"lacuna/internal/span"
)

// What a folder's listing may have; a year has about six pages of twenty names.
const (
	maxPages = 30
	maxNames = 2000
	maxPage  = 2 << 20 // bytes of a page; a page has 0.1 MB
	maxName  = 200     // bytes of a file's name, or of a text in a column of names
)

var (
	workbookName = lazy.Regexp(`[A-Za-z0-9_.-]+\.xlsx`)
	dateInName   = lazy.Regexp(`[0-9]{4}-[0-9]{2}-[0-9]{2}`)
)

// listing returns the names of the workbooks that a folder has, in order; none
// when there is no such folder. A folder is read once, page by page until one
// shows nothing new.
func (f *fetch) listing(ctx context.Context, folder string) ([]string, error) {
	if names, ok := f.listings[folder]; ok {
		return names, nil
	}
	var names []string
	seen := map[string]bool{}
	for page := range maxPages {
		response, err := f.client.Within(maxPage).GetPage(ctx, fmt.Sprintf("%s/?b_start:int=%d", folder, page*20))
		f.requests += response.Requests
		if err == nil && response.Status == http.StatusNotFound {
			break
		}
		if err := response.Refused(err); err != nil {
			return nil, err
		}
		if !bytes.Contains(response.Body, []byte(folder)) {
			return nil, fault.New(fault.Unavailable, "a page of %d bytes that is no listing of %s", len(response.Body), folder)
		}
		before := len(names)
		for _, name := range namesIn(response.Body) {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
		if len(names) > maxNames {
			return nil, fault.New(fault.Malformed, "the listing of %s has more than %d workbooks", folder, maxNames)
		}
		if len(names) == before {
			break
		}
	}
	slices.Sort(names)
	f.listings[folder] = names
	return names, nil
}

// namesIn returns the first names of workbooks on a page, as often as they are there.
func namesIn(page []byte) []string {
	var names []string
	for _, name := range workbookName().FindAll(page, maxNames+1) {
		if len(name) <= maxName {
			names = append(names, string(name))
		}
	}
	return names
}

// summaryOf picks the weekly summary of week, whose name may have another
// separator or an ending such as -1; "" when there is none. The last one in
// order is the newest.
func summaryOf(names []string, week span.Day) string {
	for _, name := range slices.Backward(names) {
		if strings.HasPrefix(name, summaryPrefix) && slices.Equal(dateInName().FindAllString(name, -1), []string{week.String(), (week + 6).String()}) {
			return name
		}
	}
	return ""
}

// consolidatedOf picks the workbook of all weeks of a level, whose name may have
// an ending such as -2.
func consolidatedOf(names []string, l *level) string {
	for _, name := range slices.Backward(names) {
		if strings.HasPrefix(name, consolidatedName(l)) {
			return name
		}
	}
	return ""
}
