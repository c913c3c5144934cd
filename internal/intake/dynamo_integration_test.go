//go:build integration

package intake_test

import (
	"path/filepath"
	"testing"

	"lacuna/internal/intake"
	"lacuna/internal/row"
	"lacuna/internal/store"
	"lacuna/internal/store/dynamo"
	"lacuna/internal/store/dynamo/dynamotest"
	"lacuna/internal/store/sqlite"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

func laptop(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"), sqlite.Live)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// From a laptop to AWS and back, each day comes as it was.
func TestLaptopToAWSAndBack(t *testing.T) {
	here := laptop(t)
	lived(t, here)
	text := whole(t, here)
	there := dynamo.New(dynamotest.NewTable(t))
	back := laptop(t)
	for _, one := range []struct {
		name string
		in   store.Store
	}{{"AWS", there}, {"a laptop", back}} {
		if _, got := take(t, one.in, nil, file(t, "full.jsonl", text)); got != "FX#USD new 5, unknown NOT#IN#THE#CATALOGUE []" {
			t.Errorf("%s: %s", one.name, got)
		}
		if diff := cmp.Diff(ofCatalogue(text), whole(t, one.in)); diff != "" {
			t.Errorf("%s (-first +second):\n%s", one.name, diff)
		}
	}
}

// from imports a table into an empty store.
func from(t *testing.T, names intake.Names, table intake.Table, partition string) (*sqlite.Store, intake.Report, error) {
	t.Helper()
	s := laptop(t)
	im := intake.Importer{Catalogue: parsed(t), Store: s, Now: now}
	r := intake.Reader{Catalogue: im.Catalogue, Names: names}
	err := im.Take(t.Context(), r.Table(t.Context(), "old", table, partition))
	return s, im.Report(), err
}

// A table of lacuna's that was restored from a backup is back with one command.
func TestATableOfOurs(t *testing.T) {
	table := dynamo.New(dynamotest.NewTable(t))
	lived(t, table)
	if err := table.SaveRun(t.Context(), store.Run{ID: "r", AsOf: now, Status: "complete", Summary: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if err := table.SetBreaker(t.Context(), "ecb", store.Breaker{Run: "r", DownUntil: now}); err != nil {
		t.Fatal(err)
	}
	s, report, err := from(t, nil, table, "")
	if err != nil || report.Stored() != 5 || report.UnknownLines != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if diff := cmp.Diff(ofCatalogue(whole(t, table)), whole(t, s)); diff != "" {
		t.Errorf("(-table +here):\n%s", diff)
	}
	if s, _, err = from(t, nil, table, "FX#USD"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ofCatalogue(whole(t, table)), whole(t, s)); diff != "" {
		t.Errorf("one partition (-table +here):\n%s", diff)
	}
	if _, _, err = from(t, nil, table, "FX#UDS"); err == nil || err.Error() != "old: there is no partition FX#UDS" {
		t.Errorf("error %v", err)
	}
}

// Items without a status are observed when a field is a number.
func TestATableOfOthers(t *testing.T) {
	client, name := dynamotest.NewTable(t)
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	number := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	for _, it := range []map[string]types.AttributeValue{
		{"info_type": text("OLD#USD"), "date": text("2026-06-01"), "value": number("1.1"), "at": text("noon")},
		{"info_type": text("OLD#USD"), "date": text("2026-06-02"), "value": text("1.20"), "ok": &types.AttributeValueMemberBOOL{Value: true}},
		{"info_type": text("OLD#USD"), "date": text("2026-06-03"), "value": text("n/a")},
		{"info_type": text("OLD#USD"), "date": text("META"), "value": number("7")},
		{"info_type": text("OLD#USD"), "date": text("2026-06-04"), "value": &types.AttributeValueMemberBOOL{Value: true}},
		{"info_type": text("OLD#USD"), "date": text("2026-06-05"), "value": &types.AttributeValueMemberNULL{Value: true}},
		{"info_type": text("PTAX"), "date": text("2026-06-01"), "fields": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"compra": number("5.1"), "sell": number("5.2")}}},
		{"info_type": text("ECB#UDS"), "date": text("2026-06-01"), "value": number("1.1")},
		{"info_type": text("RUN#x"), "date": text("STREAM#1"), "value": number("1.1")},
	} {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(name), Item: it}); err != nil {
			t.Fatal(err)
		}
	}
	s, report, err := from(t, intake.Names{"PTAX": "FX#USD", "compra": "buy"}, dynamo.New(client, name), "")
	if err != nil {
		t.Fatal(err)
	}
	want := "ECB#USD 2026-06-01 observed value 1.1\nECB#USD 2026-06-02 observed value 1.20\nFX#USD 2026-06-01 observed buy 5.1, sell 5.2"
	if diff := cmp.Diff(want, storedIn(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.Series[0].Empty != 1 || report.Series[0].Unread != 3 || len(report.Unknown) != 1 || report.Unknown[0].Key != "ECB#UDS" {
		t.Errorf("report %+v", report)
	}
	rows, err := s.Rows(t.Context(), "ECB#USD", ever)
	if err != nil || rows[0].Source != intake.Source || rows[0].Status != row.Observed {
		t.Errorf("%+v, %v", rows, err)
	}
	_, _, err = from(t, intake.Names{"day": "date"}, dynamo.New(client, name), "OLD#USD")
	if want := "old OLD#USD: an item has no sort key called day: --map NAME=date says which it is"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	_, _, err = from(t, intake.Names{"value": ""}, dynamo.New(client, name), "OLD#USD")
	if want := "old OLD#USD: no item has a number called value; the first has at, value: --map NAME=value says which it is"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
