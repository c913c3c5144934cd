package dynamo_test

import (
	"strings"
	"testing"

	"lacuna/internal/row"
	"lacuna/internal/span"
	"lacuna/internal/store/dynamo"

	"github.com/google/go-cmp/cmp"
)

// A page may be empty and not be the last: DynamoDB stops reading after 1 MB.
var pages = []answer{
	ok(`{"Items":[{"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fetched_at":{"S":"2026-07-01T12:30:00Z"}}],"Count":1,
		"LastEvaluatedKey":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-02"}},"ConsumedCapacity":{"CapacityUnits":128.5}}`),
	ok(`{"Items":[],"Count":0,"LastEvaluatedKey":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-03"}},"ConsumedCapacity":{"CapacityUnits":128}}`),
	ok(`{"Items":[],"Count":0,"LastEvaluatedKey":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-04"}},"ConsumedCapacity":{"CapacityUnits":128}}`),
	ok(`{"Items":[{"date":{"S":"2024-01-05"},"status":{"S":"absent"},"fetched_at":{"S":"2026-07-01T12:30:00Z"},"retry_at":{"S":"2026-07-02"}}],
		"Count":1,"ConsumedCapacity":{"CapacityUnits":0.5}}`),
}

func TestMarksReadEveryPage(t *testing.T) {
	s, w := newFake(inOrder(pages...))
	got, err := s.Marks(t.Context(), usd, ever)
	if err != nil {
		t.Fatal(err)
	}
	want := []row.Mark{
		{Day: day1, Status: row.Observed, FetchedAt: asOf},
		{Day: day1 + 3, Status: row.Absent, FetchedAt: asOf, RetryAt: span.Date(2026, 7, 2)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Marks mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(dynamo.Consumed{Read: 385}, s.Consumed()); diff != "" {
		t.Errorf("Consumed mismatch (-want +got):\n%s", diff)
	}
	query := func(start string) string {
		return `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","ExpressionAttributeNames":{"#date":"date","#status":"status"},
			"KeyConditionExpression":"info_type = :series AND #date BETWEEN :from AND :to","ProjectionExpression":"#date, #status, retry_at, fetched_at, reason",
			"ExpressionAttributeValues":{":series":{"S":"CURRENCY#USD"},":from":{"S":"2000-01-01"},":to":{"S":"2030-12-31"}}` + start + `}`
	}
	wantSent(t, w.got[0], "Query", query(""))
	wantSent(t, w.got[3], "Query", query(`,"ExclusiveStartKey":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-04"}}`))
	if len(w.got) != 4 {
		t.Errorf("%d requests, want 4", len(w.got))
	}
}

func TestLatestReadsNoFurther(t *testing.T) {
	s, w := newFake(inOrder(
		ok(`{"Items":[],"Count":0,"LastEvaluatedKey":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-09"}}}`),
		ok(`{"Items":[{"date":{"S":"2024-01-05"},"status":{"S":"observed"},"fields":{"M":{"buy":{"N":"5.1"}}},"digits":{"M":{"buy":{"S":"5.10"}}}},
			{"date":{"S":"2024-01-04"},"status":{"S":"observed"}}],"Count":2,"LastEvaluatedKey":{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-04"}}}`),
		ok(`{"Items":[],"Count":0}`),
	))
	got, err := s.Latest(t.Context(), []string{usd, "OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	want := []row.Row{{Series: usd, Day: day1 + 3, Status: row.Observed, Fields: row.Fields{{Name: "buy", Value: "5.10"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Latest mismatch (-want +got):\n%s", diff)
	}
	wantSent(t, w.got[0], "Query", `{"TableName":"lacuna","ReturnConsumedCapacity":"TOTAL","Limit":10,"ScanIndexForward":false,
		"ExpressionAttributeNames":{"#date":"date","#status":"status","#fields":"fields"},"ProjectionExpression":"#date, #status, #fields, digits",
		"KeyConditionExpression":"info_type = :series AND #date BETWEEN :from AND :to","FilterExpression":"#status = :observed",
		"ExpressionAttributeValues":{":series":{"S":"CURRENCY#USD"},":from":{"S":"0000-01-01"},":to":{"S":"9999-12-31"},":observed":{"S":"observed"}}}`)
	if len(w.got) != 3 {
		t.Errorf("%d requests, want 3", len(w.got))
	}
}

func TestRowsAreConsistentAndWhole(t *testing.T) {
	s, w := newFake(inOrder(ok(`{"Items":[{"info_type":{"S":"CURRENCY#USD"},"date":{"S":"2024-01-02"},"status":{"S":"incomplete"},
		"fields":{"M":{"sell":{"N":"5.1995"},"buy":{"N":"1E-7"},"mid":{"N":"5.2"}}},"digits":{"M":{"sell":{"S":"5.19950"},"mid":{"S":"5.10"},"gone":{"S":"1"}}},
		"source":{"S":"ecb"},"fetched_at":{"S":"2026-07-01T12:30:00Z"},"run":{"S":"run-1"},"attempts":{"N":"2"},"retry_at":{"S":"2026-07-03"},
		"reason":{"S":"late"},"raw":{"S":"sha256:ab"},"trail":{"L":[{"M":{"at":{"S":"2026-07-01T12:30:00Z"},"answer":{"S":"absent"}}}]},
		"of_a_later_version":{"BOOL":true}}],"Count":1}`)))
	got, err := s.Rows(t.Context(), usd, span.Span{From: day1, To: day1})
	if err != nil {
		t.Fatal(err)
	}
	want := []row.Row{{
		Series: usd, Day: day1, Status: row.Incomplete, Source: "ecb", FetchedAt: asOf, Run: "run-1", Attempts: 2, RetryAt: span.Date(2026, 7, 3),
		// The published digits of mid are not those of its number: somebody corrected that.
		Fields: row.Fields{{Name: "buy", Value: "0.0000001"}, {Name: "mid", Value: "5.2"}, {Name: "sell", Value: "5.19950"}},
		Reason: "late", Raw: "sha256:ab", Trail: []row.Step{{At: asOf, Answer: "absent"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Rows mismatch (-want +got):\n%s", diff)
	}
	wantSent(t, w.got[0], "Query", `{"TableName":"lacuna","ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL",
		"KeyConditionExpression":"info_type = :series AND #date BETWEEN :from AND :to","ExpressionAttributeNames":{"#date":"date"},
		"ExpressionAttributeValues":{":series":{"S":"CURRENCY#USD"},":from":{"S":"2024-01-02"},":to":{"S":"2024-01-02"}}}`)
}

func TestRevisionsAreConsistentAndWhole(t *testing.T) {
	const first = `{"info_type":{"S":"CURRENCY#USD#REVISIONS"},"date":{"S":"2024-01-02#2026-07-02T06:00:00.000000001Z"},"status":{"S":"observed"},
		"fields":{"M":{"buy":{"N":"5.1"}}},"digits":{"M":{"buy":{"S":"5.10"}}},"source":{"S":"bcb-ptax"},"fetched_at":{"S":"2026-07-01T12:30:00Z"},
		"run":{"S":"run-1"},"replaced_at":{"S":"2026-07-02T12:30:00Z"},"replaced_by":{"S":"run-2"}}`
	const second = `{"date":{"S":"2024-01-02#2026-07-02T06:00:00.000000002Z"},"status":{"S":"observed"}}`
	s, w := newFake(inOrder(
		ok(`{"Items":[`+first+`],"LastEvaluatedKey":{"info_type":{"S":"CURRENCY#USD#REVISIONS"},"date":{"S":"2024-01-02#2026-07-02T06:00:00.000000001Z"}}}`),
		ok(`{"Items":[`+second+`]}`),
	))
	got, err := s.Revisions(t.Context(), usd, span.Span{From: day1, To: day1 + 1})
	if err != nil {
		t.Fatal(err)
	}
	want := []row.Revision{
		{Row: observed(usd, day1, "5.10"), ReplacedAt: asOf.AddDate(0, 0, 1), ReplacedBy: "run-2"},
		{Row: row.Row{Series: usd, Day: day1, Status: row.Observed}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Revisions mismatch (-want +got):\n%s", diff)
	}
	wantSent(t, w.got[0], "Query", `{"TableName":"lacuna","ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL",
		"KeyConditionExpression":"info_type = :series AND #date BETWEEN :from AND :to","ExpressionAttributeNames":{"#date":"date"},
		"ExpressionAttributeValues":{":series":{"S":"CURRENCY#USD#REVISIONS"},":from":{"S":"2024-01-02"},":to":{"S":"2024-01-03#~"}}}`)
}

func TestRevisionsThatCannotBeRead(t *testing.T) {
	tests := []struct{ name, attributes, want string }{
		{"no day", `"date":{"S":"x#2026"},"status":{"S":"observed"}`, `revision CURRENCY#USD x#2026: date: day "x": want YYYY-MM-DD`},
		{"no status", `"date":{"S":"2024-01-02#2026"}`, `revision CURRENCY#USD 2024-01-02#2026: status: "": want observed, absent, incomplete or quarantined`},
		{"a time", `"date":{"S":"2024-01-02#2026"},"status":{"S":"observed"},"replaced_at":{"S":"soon"}`,
			`revision CURRENCY#USD 2024-01-02#2026: replaced_at: "soon": want RFC 3339 in UTC`},
		{"a run", `"date":{"S":"2024-01-02#2026"},"status":{"S":"observed"},"replaced_by":{"N":"1"}`,
			`revision CURRENCY#USD 2024-01-02#2026: replaced_by: want a text`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newFake(inOrder(ok(`{"Items":[{` + tt.attributes + `}]}`)))
			if got, err := s.Revisions(t.Context(), usd, ever); got != nil || err == nil || err.Error() != tt.want {
				t.Errorf("Revisions = %v, error %v, want error %s", got, err, tt.want)
			}
		})
	}
}

func TestItemsThatCannotBeRead(t *testing.T) {
	tests := []struct{ name, attributes, want string }{
		{"no status", `"date":{"S":"2024-01-02"}`, `row CURRENCY#USD 2024-01-02: status: "": want observed, absent, incomplete or quarantined`},
		{"unknown status", `"date":{"S":"2024-01-02"},"status":{"S":"ok"}`, `row CURRENCY#USD 2024-01-02: status: "ok": want observed, absent, incomplete or quarantined`},
		{"status of another type", `"date":{"S":"2024-01-02"},"status":{"N":"1"}`, `row CURRENCY#USD 2024-01-02: status: want a text`},
		{"no such day", `"date":{"S":"2024-02-30"},"status":{"S":"absent"}`, `row CURRENCY#USD 2024-02-30: date: day "2024-02-30": no such date`},
		{"more than a day", `"date":{"S":"2024-01-02T00"},"status":{"S":"absent"}`, `row CURRENCY#USD 2024-01-02T00: date: day "2024-01-02T00": want YYYY-MM-DD`},
		{"retry_at", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"retry_at":{"S":"soon"}`, `row CURRENCY#USD 2024-01-02: retry_at: day "soon": want YYYY-MM-DD`},
		{"fetched_at", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"fetched_at":{"S":"2024"}`, `row CURRENCY#USD 2024-01-02: fetched_at: "2024": want RFC 3339 in UTC`},
		{"a time that Change would never find", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"fetched_at":{"S":"2026-07-01T12:30:00.000Z"}`,
			`row CURRENCY#USD 2024-01-02: fetched_at: "2026-07-01T12:30:00.000Z": want RFC 3339 in UTC`},
		{"fields are no map", `"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"S":"5.1"}`, `row CURRENCY#USD 2024-01-02: fields: want a map of numbers`},
		{"a field is a text", `"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"M":{"buy":{"S":"5.1"}}}`, `row CURRENCY#USD 2024-01-02: fields: buy: want a number`},
		{"digits are no map", `"date":{"S":"2024-01-02"},"status":{"S":"observed"},"fields":{"M":{}},"digits":{"L":[]}`, `row CURRENCY#USD 2024-01-02: digits: want a map of texts`},
		{"attempts", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"attempts":{"N":"1.5"}`, `row CURRENCY#USD 2024-01-02: attempts: "1.5" is no whole number`},
		{"trail is a text", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"trail":{"S":"[]"}`, `row CURRENCY#USD 2024-01-02: trail: want a list of maps`},
		{"a step is a text", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"trail":{"L":[{"S":"x"}]}`, `row CURRENCY#USD 2024-01-02: trail: want a list of maps`},
		{"a step's time", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"trail":{"L":[{"M":{"at":{"S":"x"}}}]}`, `row CURRENCY#USD 2024-01-02: trail: at: "x": want RFC 3339 in UTC`},
		{"raw is null", `"date":{"S":"2024-01-02"},"status":{"S":"absent"},"raw":{"NULL":true}`, `row CURRENCY#USD 2024-01-02: raw: want a text`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newFake(inOrder(ok(`{"Items":[{"date":{"S":"2024-01-01"},"status":{"S":"absent"}},{` + tt.attributes + `}],"Count":2}`)))
			rows, err := s.Rows(t.Context(), usd, ever)
			if rows != nil || err == nil || err.Error() != tt.want {
				t.Errorf("Rows = %v, error %v, want error %s", rows, err, tt.want)
			}
			if marks, err := s.Marks(t.Context(), usd, ever); marks != nil || err == nil || err.Error() != tt.want {
				t.Errorf("Marks = %v, error %v, want error %s", marks, err, tt.want)
			}
		})
	}
}

// What DynamoDB keeps of a number is the number, not its text.
func FuzzDigits(f *testing.F) {
	for _, text := range []string{"5.19950", "-0", "1e3", ".5", "007", "1E-130", strings.Repeat("9", 38), "x", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := row.Canonical(text); err != nil {
			return
		}
		var kept string // what the table would hold, in the JSON of the wire
		s, w := newFake(func(n int, r request) (answer, error) {
			if r.op == "Query" {
				return ok(`{"Items":[` + kept + `]}`), nil
			}
			return ok(`{}`), nil
		})
		if err := s.Change(t.Context(), row.Row{}, observed(usd, day1, text)); err != nil {
			t.Fatal(err)
		}
		kept = jsonOf(t, w.got[0].body["Item"])
		got, err := s.Rows(t.Context(), usd, ever)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]row.Row{observed(usd, day1, text)}, got); diff != "" {
			t.Errorf("row mismatch (-want +got):\n%s", diff)
		}
	})
}
