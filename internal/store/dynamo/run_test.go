package dynamo_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/google/go-cmp/cmp"
)

func TestSaveStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newFake(inOrder(ok(`{"ConsumedCapacity":{"CapacityUnits":1}}`)))
		err := s.SaveStream(t.Context(), store.Stream{
			Run: "run-1", ID: "ecb-001", Source: "ecb", Span: span.Span{From: day1, To: day1 + 1}, Requests: 2, Attempt: 1, Malformed: true,
			Series:   []store.SeriesCount{{Key: usd, Count: row.Count{Observed: 1, Absent: 2, Incomplete: 3, Quarantined: 4, Revised: 1, Suspicious: 6}, Pending: 5}},
			Warnings: []string{"CURRENCY#USD: values on closed days", "«ç»"},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := w.got[0]
		// The order of the assignments is of no account.
		sets, add, _ := strings.Cut(got.body["UpdateExpression"].(string), " ADD ")
		assigned := strings.Split(strings.TrimPrefix(sets, "SET "), ", ")
		slices.Sort(assigned)
		got.body["UpdateExpression"] = strings.Join(assigned, " ") + " + " + add
		kept := time.Date(2001, 2, 4, 0, 0, 0, 0, time.UTC) // 400 days from 2000-01-01
		wantSent(t, got, "UpdateItem", fmt.Sprintf(`{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL",
			"Key":{"info_type":{"S":"RUN#run-1"},"date":{"S":"STREAM#ecb-001"}},
			"UpdateExpression":"#attempt = :attempt #error = :error #expires_at = :expires_at #malformed = :malformed #message = :message #series = :series #source = :source #span = :span #warnings = :warnings + #requests :requests",
			"ExpressionAttributeNames":{"#attempt":"attempt","#error":"error","#expires_at":"expires_at","#malformed":"malformed","#message":"message",
				"#requests":"requests","#series":"series","#source":"source","#span":"span","#warnings":"warnings"},
			"ExpressionAttributeValues":{":attempt":{"N":"1"},":error":{"S":""},":expires_at":{"N":"%d"},":malformed":{"BOOL":true},":message":{"S":""},
				":requests":{"N":"2"},":source":{"S":"ecb"},":span":{"S":"2024-01-02/2024-01-03"},":series":{"L":[{"M":{"key":{"S":"CURRENCY#USD"},
				"observed":{"N":"1"},"absent":{"N":"2"},"incomplete":{"N":"3"},"quarantined":{"N":"4"},"revised":{"N":"1"},"suspicious":{"N":"6"},"pending":{"N":"5"}}}]},
				":warnings":{"L":[{"S":"CURRENCY#USD: values on closed days"},{"S":"«ç»"}]}}}`, kept.Unix()))
		if got := s.Consumed().Write; got != 1 {
			t.Errorf("%v units written, want 1", got)
		}
	})
}

func TestSaveRun(t *testing.T) {
	s, w := newFake(inOrder(ok(`{}`)))
	june30 := time.Date(2026, 6, 30, 21, 30, 0, 5_000_000, time.FixedZone("-03", -3*3600)) // July in UTC
	run := store.Run{ID: "daily-1", AsOf: june30, Status: "complete", Summary: json.RawMessage(`{"n":1.0}`)}
	if err := s.SaveRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	wantSent(t, w.got[0], "PutItem", `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","Item":{"info_type":{"S":"RUNS#MONTHS"},"date":{"S":"2026-07"}}}`)
	wantSent(t, w.got[1], "PutItem", `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","Item":{
		"info_type":{"S":"RUNS#2026-07"},"date":{"S":"2026-07-01T00:30:00.005000000Z#daily-1"},"run":{"S":"daily-1"},
		"as_of":{"S":"2026-07-01T00:30:00.005Z"},"status":{"S":"complete"},"cause":{"S":""},"summary":{"S":"{\"n\":1.0}"}}}`)
}

// runsTable answers queries of run summaries: two runs a month.
func runsTable(_ int, r request) (answer, error) {
	key := r.body["ExpressionAttributeValues"].(map[string]any)[":key"].(map[string]any)["S"].(string)
	if key == "RUNS#MONTHS" {
		return ok(`{"Items":[{"date":{"S":"2026-07"}},{"date":{"S":"2026-03"}},{"date":{"S":"2025-12"}}]}`), nil
	}
	month := strings.TrimPrefix(key, "RUNS#")
	var items []string
	for _, day := range []string{"20", "10"} {
		at := month + "-" + day + "T00:00:00Z"
		items = append(items, fmt.Sprintf(`{"date":{"S":"%[1]s#x"},"run":{"S":"%[1]s"},"as_of":{"S":"%[1]s"},"status":{"S":"complete"},"summary":{"S":"{}"}}`, at))
	}
	return ok(`{"Items":[` + strings.Join(items, ",") + `]}`), nil
}

func TestRunsReadsOnlyTheMonthsItNeeds(t *testing.T) {
	tests := []struct {
		limit int
		want  []string
		pages []any // the limit of each query
	}{
		{0, nil, nil},
		{1, []string{"2026-07-20"}, []any{1.0, 1.0}},
		{2, []string{"2026-07-20", "2026-07-10"}, []any{2.0, 2.0}},
		{3, []string{"2026-07-20", "2026-07-10", "2026-03-20"}, []any{3.0, 3.0, 1.0}},
		{9, []string{"2026-07-20", "2026-07-10", "2026-03-20", "2026-03-10", "2025-12-20", "2025-12-10"}, []any{9.0, 9.0, 7.0, 5.0}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.limit), func(t *testing.T) {
			s, w := newFake(runsTable)
			runs, err := s.Runs(t.Context(), tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range runs {
				got = append(got, r.AsOf.Format(time.DateOnly))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Runs mismatch (-want +got):\n%s", diff)
			}
			var pages []any
			for _, r := range w.got {
				pages = append(pages, r.body["Limit"])
			}
			if diff := cmp.Diff(tt.pages, pages); diff != "" {
				t.Errorf("limits mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// However many runs a table has, only those of the months and the time that are
// asked for are read, and no more once all are found.
func TestRunsOfReadsOnlyTheTimeItIsGiven(t *testing.T) {
	s, w := newFake(runsTable)
	from, to := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 20, 0, 0, 0, 0, time.UTC)
	runs, err := s.RunsOf(t.Context(), []string{"2026-07-10T00:00:00Z", "2026-07-20T00:00:00Z"}, from, to)
	if err != nil || len(runs) != 2 || !runs[0].AsOf.Equal(to) {
		t.Errorf("got %v, %v", runs, err)
	}
	if len(w.got) != 2 {
		t.Fatalf("%d queries, want 2", len(w.got))
	}
	const query = `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","ConsistentRead":true,"ScanIndexForward":false,"Limit":1000,
		"KeyConditionExpression":"info_type = :key AND #date BETWEEN :from AND :to","ExpressionAttributeNames":{"#date":"date"},
		"ExpressionAttributeValues":{":key":{"S":"%s"},":from":{"S":"%s"},":to":{"S":"%s"}}}`
	wantSent(t, w.got[0], "Query", fmt.Sprintf(query, "RUNS#MONTHS", "2026-03", "2026-07"))
	wantSent(t, w.got[1], "Query", fmt.Sprintf(query, "RUNS#2026-07", "2026-03-10T00:00:00.000000000Z", "2026-07-20T00:00:00.000000000Z#~"))
}

func TestRunItemsThatCannotBeRead(t *testing.T) {
	item := func(attributes string) func(int, request) (answer, error) {
		return inOrder(ok(`{"Item":{`+attributes+`},"Items":[{`+attributes+`}]}`), ok(`{"Items":[{`+attributes+`}]}`))
	}
	tests := map[string]struct {
		attributes string
		call       func(s store.Store) error
		want       string
	}{
		"a stream's range": {`"date":{"S":"STREAM#x"},"span":{"S":"ever"}`, func(s store.Store) error { _, err := s.Streams(t.Context(), "r"); return err },
			`stream x of run r: span: range "ever": day "ever": want YYYY-MM-DD`},
		"a stream's requests": {`"date":{"S":"STREAM#x"},"span":{"S":"2024-01-02"},"requests":{"S":"1"}`, func(s store.Store) error { _, err := s.Streams(t.Context(), "r"); return err },
			`stream x of run r: requests: want a number`},
		"a stream's flag": {`"date":{"S":"STREAM#x"},"span":{"S":"2024-01-02"},"malformed":{"S":"yes"}`, func(s store.Store) error { _, err := s.Streams(t.Context(), "r"); return err },
			`stream x of run r: malformed: want true or false`},
		"a stream's counts": {`"date":{"S":"STREAM#x"},"span":{"S":"2024-01-02"},"series":{"L":[{"M":{"absent":{"S":"1"}}}]}`, func(s store.Store) error { _, err := s.Streams(t.Context(), "r"); return err },
			`stream x of run r: series: absent: want a number`},
		"a stream's warnings": {`"date":{"S":"STREAM#x"},"span":{"S":"2024-01-02"},"warnings":{"L":[{"N":"1"}]}`, func(s store.Store) error { _, err := s.Streams(t.Context(), "r"); return err },
			`stream x of run r: warnings: want a list of texts`},
		"a run's time": {`"date":{"S":"2026-07"},"as_of":{"S":"July"}`, func(s store.Store) error { _, err := s.Runs(t.Context(), 1); return err },
			`run 2026-07: as_of: "July": want RFC 3339 in UTC`},
		"a breaker's time": {`"down_until":{"N":"5"}`, func(s store.Store) error { _, err := s.Breaker(t.Context(), "ecb"); return err },
			`breaker of ecb: down_until: want a text`},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			tt := tests[name]
			s, _ := newFake(item(tt.attributes))
			if err := tt.call(s); err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
