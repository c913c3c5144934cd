package dynamo_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lacuna/internal/fault"
	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store"
	"lacuna/internal/store/dynamo"

	"github.com/google/go-cmp/cmp"
)

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	plain     = `"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-02"},"status":{"S":"observed"},"source":{"S":"bcb-ptax"}`
	fetched   = `,"fetched_at":{"S":"2026-07-01T12:30:00Z"}`
	unchanged = `"ConditionExpression":"#status = :status AND #attempts = :attempts AND #retry_at = :retry_at AND #fetched_at = :fetched_at AND #run = :run",
		"ExpressionAttributeNames":{"#status":"status","#attempts":"attempts","#retry_at":"retry_at","#fetched_at":"fetched_at","#run":"run"},"ExpressionAttributeValues":`
	neverAsked = `"ConditionExpression":"#status = :status AND (attribute_not_exists(#attempts) OR #attempts = :attempts) AND (attribute_not_exists(#retry_at) OR #retry_at = :retry_at) AND #fetched_at = :fetched_at AND #run = :run AND #fields = :fields",
		"ExpressionAttributeNames":{"#status":"status","#attempts":"attempts","#retry_at":"retry_at","#fetched_at":"fetched_at","#run":"run","#fields":"fields"},"ExpressionAttributeValues":`
)

func TestChange(t *testing.T) {
	fields := row.Fields{{Name: "buy", Value: "5.10"}, {Name: "sell", Value: "5.2"}}
	absent := row.Row{
		Series: usd, Day: day1, Status: row.Absent, Source: "ecb", FetchedAt: asOf, Run: "run-1", Attempts: 2, RetryAt: span.Date(2026, 7, 3), Reason: "no value",
		Trail: []row.Step{{At: asOf, Run: "run-1", Answer: "absent", Reason: "no value"}, {At: asOf, Answer: "mark absent", By: "ana"}}, Raw: "ab",
	}
	value := row.Row{Series: usd, Day: day1, Status: row.Observed, Source: "bcb-ptax", FetchedAt: asOf, Run: "run-1", Fields: fields}
	withdrawn := row.Row{Series: usd, Day: day1, Status: row.Absent, Trail: []row.Step{{At: asOf.AddDate(0, 0, 1), Answer: "mark missing", By: "ana"}}}
	revised, later := value, value
	revised.Run, revised.Fields = "run-2", row.Fields{{Name: "buy", Value: "5.3"}}
	later.FetchedAt, later.Fields = asOf.Add(time.Hour), row.Fields{{Name: "buy", Value: "5.1"}, {Name: "sell", Value: "5.20"}}

	const item = plain + fetched + `,"run":{"S":"run-1"},"fields":{"M":{"buy":{"N":"5.1"},"sell":{"N":"5.2"}}},"digits":{"M":{"buy":{"S":"5.10"}}}`
	const wasObserved = `{":status":{"S":"observed"},":attempts":{"N":"0"},":retry_at":{"S":""},":fetched_at":{"S":"2026-07-01T12:30:00Z"},":run":{"S":"run-1"},":fields":{"M":{"buy":{"N":"5.1"},"sell":{"N":"5.2"}}}}`
	tests := []struct {
		name, op  string
		old, next row.Row
		want      string
	}{
		{"no row", "PutItem", row.Row{}, absent, `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","ConditionExpression":"attribute_not_exists(info_type)","Item":{
			"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-02"},"status":{"S":"absent"},"source":{"S":"ecb"},"fetched_at":{"S":"2026-07-01T12:30:00Z"},
			"run":{"S":"run-1"},"attempts":{"N":"2"},"retry_at":{"S":"2026-07-03"},"reason":{"S":"no value"},"raw":{"S":"ab"},"trail":{"L":[
			{"M":{"at":{"S":"2026-07-01T12:30:00Z"},"run":{"S":"run-1"},"answer":{"S":"absent"},"reason":{"S":"no value"}}},
			{"M":{"at":{"S":"2026-07-01T12:30:00Z"},"answer":{"S":"mark absent"},"by":{"S":"ana"}}}]}}}`},
		{"a value for an absent day", "PutItem", absent, value, `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","Item":{` + item + `},` + unchanged +
			`{":status":{"S":"absent"},":attempts":{"N":"2"},":retry_at":{"S":"2026-07-03"},":fetched_at":{"S":"2026-07-01T12:30:00Z"},":run":{"S":"run-1"}}}`},
		{"the same value, asked for again", "PutItem", value, later, `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","Item":{` + plain +
			`,"fetched_at":{"S":"2026-07-01T13:30:00Z"},"run":{"S":"run-1"},"fields":{"M":{"buy":{"N":"5.1"},"sell":{"N":"5.2"}}},"digits":{"M":{"sell":{"S":"5.20"}}}},` +
			neverAsked + wasObserved + `}`},
		{"a revision", "TransactWriteItems", value, revised, `{"ReturnConsumedCapacity":"TOTAL","ClientRequestToken":"TOKEN","TransactItems":[
			{"Put":{"TableName":"lacuna","Item":{` + plain + fetched + `,"run":{"S":"run-2"},"fields":{"M":{"buy":{"N":"5.3"}}}},` + neverAsked + wasObserved + `}},
			{"Put":{"TableName":"lacuna","ConditionExpression":"attribute_not_exists(info_type)","Item":{` +
			strings.NewReplacer(`USD"`, `USD#REVISIONS"`, `01-02"`, `01-02#2000-01-01T00:00:00.000000000Z"`).Replace(item) + `,
			"replaced_at":{"S":"2026-07-01T12:30:00Z"},"replaced_by":{"S":"run-2"}}}}]}`},
		{"a withdrawn value", "TransactWriteItems", value, withdrawn, `{"ReturnConsumedCapacity":"TOTAL",
			"ClientRequestToken":"TOKEN","TransactItems":[
			{"Put":{"TableName":"lacuna","Item":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-02"},"status":{"S":"absent"},
				"trail":{"L":[{"M":{"at":{"S":"2026-07-02T12:30:00Z"},"answer":{"S":"mark missing"},"by":{"S":"ana"}}}]}},` + neverAsked + wasObserved + `}},
			{"Put":{"TableName":"lacuna","ConditionExpression":"attribute_not_exists(info_type)","Item":{` +
			strings.NewReplacer(`USD"`, `USD#REVISIONS"`, `01-02"`, `01-02#2000-01-01T00:00:00.000000000Z"`).Replace(item) + `,
			"replaced_at":{"S":"2026-07-02T12:30:00Z"},"replaced_by":{"S":"ana"}}}}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where it is midnight of 2000-01-01
				s, w := newFake(inOrder(ok(`{}`)))
				if err := s.Change(t.Context(), tt.old, tt.next); err != nil {
					t.Fatal(err)
				}
				if _, has := w.got[0].body["ClientRequestToken"]; has {
					w.got[0].body["ClientRequestToken"] = "TOKEN"
				}
				wantSent(t, w.got[0], tt.op, tt.want)
			})
		})
	}
}

// reasons are those of a cancelled transaction, one for each of its two puts.
func reasons(first, second string) answer {
	return refused(400, "TransactionCanceledException", `,"CancellationReasons":[{"Code":"`+first+`"},{"Code":"`+second+`"}]`)
}

func TestChangeRefused(t *testing.T) {
	value := observed(usd, day1, "5.10")
	other := observed(usd, day1, "5.20")
	absent := row.Row{Series: usd, Day: day1, Status: row.Absent}
	html := answer{502, "<html>Bad Gateway</html>"}
	tests := []struct {
		name         string
		old          row.Row
		answers      []answer
		want         string // of an error; a name of package fault is its name
		wantRequests int    // 0: any number, for 30 s
	}{
		{"another run was quicker", absent, []answer{refused(400, "ConditionalCheckFailedException", "")}, "conflict", 1},
		{"another run was quicker with a revision", value, []answer{reasons("ConditionalCheckFailed", "None")}, "conflict", 1},
		{"two revisions at the same instant", value, []answer{reasons("None", "ConditionalCheckFailed")}, "conflict", 1},
		{"a transaction on the same row ends", value, []answer{reasons("TransactionConflict", "None"), reasons("TransactionConflict", "None"), ok(`{}`)}, "", 3},
		{"a transaction on the same row changed it", value, []answer{reasons("TransactionConflict", "None"), reasons("ConditionalCheckFailed", "None")}, "conflict", 2},
		{"a transaction on the same row, for a plain put", absent, []answer{refused(400, "TransactionConflictException", ""), ok(`{}`)}, "", 2},
		{"a throttled transaction goes on", value, []answer{reasons("ThrottlingError", "None"), reasons("None", "ProvisionedThroughputExceeded"), ok(`{}`)}, "", 3},
		{"throttled for good", value, []answer{reasons("ThrottlingError", "None")}, "Store.Throttled", 0},
		{"throttled put for good", absent, []answer{refused(400, "ThrottlingException", "")}, "Store.Throttled", 0},
		{"an item too large", value, []answer{reasons("ValidationError", "None")}, "Lacuna.Internal", 1},
		{"no permission", absent, []answer{refused(400, "AccessDeniedException", "")}, "Store.Unavailable", 1},
		{"no table", absent, []answer{refused(400, "ResourceNotFoundException", "")}, "Store.Unusable", 1},
		{"a server error, three times", absent, []answer{refused(500, "InternalServerError", "")}, "Store.Unavailable", 3},
		{"a server error, once", absent, []answer{refused(500, "InternalServerError", ""), ok(`{}`)}, "", 2},
		{"a proxy's page", absent, []answer{html}, "Store.Unavailable", 3},
		{"half an answer", absent, []answer{ok(`{"ConsumedCapacity":{"Capac`)}, "Store.Unavailable", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w := newFake(inOrder(tt.answers...))
				begin := time.Now()
				err := s.Change(t.Context(), tt.old, other)
				if got := nameOf(err); got != tt.want {
					t.Errorf("Change: %q, want %q: %v", got, tt.want, err)
				}
				if err != nil && !strings.HasPrefix(err.Error(), "row CURRENCY#USD 2024-01-02: ") {
					t.Errorf("error %q does not name the row", err)
				}
				if n := len(w.got); tt.wantRequests > 0 && n != tt.wantRequests || tt.wantRequests == 0 && time.Since(begin) < 30*time.Second {
					t.Errorf("%d requests in %s, want %d (0: for 30 s)", n, time.Since(begin), tt.wantRequests)
				}
			})
		})
	}
}

func nameOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, store.ErrConflict):
		return "conflict"
	}
	return string(fault.NameOf(err))
}

var errReset = errors.New("connection reset by peer")

func TestErrorsOfEveryMethod(t *testing.T) {
	calls := map[string]func(*testing.T, *dynamo.Store) error{
		"Marks":     func(t *testing.T, s *dynamo.Store) error { _, err := s.Marks(t.Context(), usd, ever); return err },
		"Rows":      func(t *testing.T, s *dynamo.Store) error { _, err := s.Rows(t.Context(), usd, ever); return err },
		"Revisions": func(t *testing.T, s *dynamo.Store) error { _, err := s.Revisions(t.Context(), usd, ever); return err },
		"Insert":    func(t *testing.T, s *dynamo.Store) error { return s.Insert(t.Context(), rowsOf(3, usd)) },
		"Change": func(t *testing.T, s *dynamo.Store) error {
			return s.Change(t.Context(), row.Row{}, observed(usd, day1, "1"))
		},
		"SaveStream": func(t *testing.T, s *dynamo.Store) error {
			return s.SaveStream(t.Context(), store.Stream{Run: "r", ID: "x"})
		},
		"Streams": func(t *testing.T, s *dynamo.Store) error { _, err := s.Streams(t.Context(), "r"); return err },
		"SaveRun": func(t *testing.T, s *dynamo.Store) error {
			return s.SaveRun(t.Context(), store.Run{ID: "r", AsOf: asOf})
		},
		"Runs": func(t *testing.T, s *dynamo.Store) error { _, err := s.Runs(t.Context(), 3); return err },
		"RunsOf": func(t *testing.T, s *dynamo.Store) error {
			_, err := s.RunsOf(t.Context(), []string{"r"}, asOf, asOf)
			return err
		},
		"Breaker":    func(t *testing.T, s *dynamo.Store) error { _, err := s.Breaker(t.Context(), "ecb"); return err },
		"SetBreaker": func(t *testing.T, s *dynamo.Store) error { return s.SetBreaker(t.Context(), "ecb", store.Breaker{}) },
	}
	replies := map[string]struct {
		reply func(int, request) (answer, error)
		want  string
	}{
		"throttled":   {inOrder(refused(400, "ProvisionedThroughputExceededException", "")), "Store.Throttled"},
		"slowed down": {inOrder(refused(400, "RequestLimitExceeded", "")), "Store.Throttled"},
		"reset":       {func(int, request) (answer, error) { return answer{}, errReset }, "Store.Unavailable"},
		"no table":    {inOrder(refused(400, "ResourceNotFoundException", "")), "Store.Unusable"},
		"denied":      {inOrder(refused(400, "AccessDeniedException", "")), "Store.Unavailable"},
		"not known":   {inOrder(refused(400, "UnrecognizedClientException", "")), "Store.Unusable"},
		"not valid":   {inOrder(refused(400, "ValidationException", "")), "Lacuna.Internal"},
		"expired key": {inOrder(refused(400, "ExpiredTokenException", "")), "Store.Unavailable"},
	}
	for method, call := range calls {
		for what, r := range replies {
			t.Run(method+" "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, _ := newFake(r.reply)
					err := call(t, s)
					if diff := cmp.Diff(r.want, nameOf(err)); diff != "" {
						t.Fatalf("error %v: name mismatch (-want +got):\n%s", err, diff)
					}
					if !strings.Contains(err.Error(), "table lacuna") || strings.Contains(err.Error(), "secret") {
						t.Errorf("error %q does not name the table, or too much", err)
					}
				})
			})
		}
	}
}
