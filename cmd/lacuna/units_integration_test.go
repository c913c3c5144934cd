//go:build integration

package main

import (
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"testing"

	"lacuna"
	"lacuna/internal/catalogue"
	"lacuna/internal/engine"
	"lacuna/internal/history"
	"lacuna/internal/local"
	"lacuna/internal/message"
	"lacuna/internal/publisher"
	"lacuna/internal/store/dynamo"
	"lacuna/internal/store/dynamo/dynamotest"
	"lacuna/internal/store/sqlite"
)

// The units of DynamoDB that a receipt computes are those that DynamoDB Local counts in the
// same run: of a first fill, of a run that finds nothing to do, and of one that heals.
func TestUnitsOfAReceiptAreThoseThatAreConsumed(t *testing.T) {
	c, err := catalogue.Parse("series.yaml", lacuna.Series, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, table := dynamotest.NewTable(t)
	rows := dynamo.New(client, table)
	runs, err := sqlite.Open(filepath.Join(t.TempDir(), "runs.db"), sqlite.Offline)
	if err != nil {
		t.Fatal(err)
	}
	defer runs.Close()
	var all []*catalogue.Source
	for i := range c.Sources {
		all = append(all, &c.Sources[i])
	}
	from, err := local.OpenSources(local.SourceOptions{Getenv: func(string) string { return "" }, Offline: true, Note: t.Logf}, all)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	log := slog.New(slog.DiscardHandler)
	p := local.New(t.Context(), local.Options{Catalogue: c, Store: rows, Sources: from.ByName, Log: log})
	r, err := local.NewRunner(p, &history.Keeper{Rows: runs, Machine: local.MachineName, Log: log}, 0, func(string, engine.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		in   message.Input
	}{
		{"first fill", message.Input{Series: fiveSeries, From: "2008-01-01", To: "2025-06-30"}},
		{"nothing to do", message.Input{Series: fiveSeries, From: "2008-01-01", To: "2025-06-30"}},
		{"a year more", message.Input{Series: fiveSeries, From: "2008-01-01", To: "2026-06-29"}},
	} {
		before := rows.Consumed()
		out, err := r.Execute(t.Context(), tt.in, publisher.Today.Time())
		if err != nil || out.Summary.Status != message.Complete {
			t.Fatalf("%s: %s, %v", tt.name, out.Summary.Status, err)
		}
		used, ok := out.Used.Usage()
		after := rows.Consumed()
		read, written := after.Read-before.Read, after.Write-before.Write
		computed, writes := float64(used.HalfReads)/2, float64(used.WriteUnits)
		says := fmt.Sprintf("%s: %.1f units read, computed are %.1f; %.0f written, computed are %.0f", tt.name, read, computed, written, writes)
		t.Log(says)
		// Rows of one field are smaller than is assumed, and what finds nothing is a half
		// or a whole unit in AWS, and here none.
		const empty = 25
		if !ok || computed < read || computed > 1.2*read+empty || math.Abs(writes-written) > 0.01*written {
			t.Error(says)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
