package main

import (
	"encoding/json"
	"testing"

	"lacuna/internal/history"
	"lacuna/internal/message"
	"lacuna/internal/row"

	"github.com/google/go-cmp/cmp"
)

// What the runs of a backfill stored adds up, what remains is what the last left.
func TestRunsOfABackfillAddUp(t *testing.T) {
	var all total
	for _, series := range [][]message.SeriesResult{
		{
			{Key: "A", Requested: 9, Count: row.Count{Observed: 1, Absent: 2, Incomplete: 1, Quarantined: 1, Revised: 1, Suspicious: 2, New: 2}, Failed: 4, Waiting: 2, Quarantine: 5, Deferred: 7},
			{Key: "B", Requested: 5, Count: row.Count{Observed: 3}},
		},
		{{Key: "A", Requested: 7, Count: row.Count{Observed: 2, Withdrawn: 3, Contradicted: 1, New: 1}, Failed: 5, Waiting: 1, Quarantine: 6, Error: "Store.Unavailable"}},
	} {
		all.add(history.Outcome{Summary: message.Summary{Series: series}})
	}
	if diff := cmp.Diff(message.SeriesResult{Count: row.Count{Observed: 6, Absent: 2, Incomplete: 1, Quarantined: 1, Revised: 1, Suspicious: 2, Withdrawn: 3, Contradicted: 1, New: 3}, Failed: 5, Waiting: 2, Quarantine: 6}, all.counts()); diff != "" {
		t.Errorf("counts of all series (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(all.document("us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Series []json.RawMessage }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []json.RawMessage{
		json.RawMessage(`{"key":"A","requested":12,"observed":3,"absent":2,"incomplete":1,"failed":5,"quarantined":1,"revised":1,"contradicted":1,"withdrawn":3,"suspicious":2,"new":3,"waiting":2,"quarantine":6,"deferred":0,"error":"Store.Unavailable"}`),
		json.RawMessage(`{"key":"B","requested":5,"observed":3,"absent":0,"incomplete":0,"failed":0,"quarantined":0,"revised":0,"contradicted":0,"withdrawn":0,"suspicious":0,"new":0,"waiting":0,"quarantine":0,"deferred":0}`),
	}
	if diff := cmp.Diff(want, got.Series); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
}

// The answer to a change may be lost: the SDK sends it again and finds it done.
func TestAnActThatIsDoneAlready(t *testing.T) {
	a := newAccount(t)
	stored := storedItem
	a.reply("Query", func(map[string]any) string { return `{"Items":[` + stored + `],"Count":1}` })
	a.reply("TransactWriteItems", func(body map[string]any) string {
		put := body["TransactItems"].([]any)[0].(map[string]any)["Put"].(map[string]any)
		item, err := json.Marshal(put["Item"])
		if err != nil {
			t.Error(err)
		}
		stored = string(item)
		return `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
			"CancellationReasons":[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"None"}]}`
	})
	code, stdout, stderr := a.run("mark", "missing", "--series", "ECB#USD", "--from", "2024-01-02", "--to", "2024-01-02", "--reason", "odd", "--by", "ana")
	if code != 0 || len(a.of("TransactWriteItems")) != 1 || len(a.of("PutItem")) != 0 {
		t.Errorf("exit code %d after %d transactions and %d puts\n%s%s", code, len(a.of("TransactWriteItems")), len(a.of("PutItem")), stdout, stderr)
	}
}
