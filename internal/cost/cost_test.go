package cost

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"lacuna/internal/message"
	"lacuna/internal/span"

	"github.com/google/go-cmp/cmp"
)

func TestParseUSD(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0.000000", "0.25": "0.250000", "12": "12.000000", "0.000001": "0.000001", "1000000": "1000000.000000", "007.5": "7.500000",
		"": "", ".5": "", "1.": "", "-1": "", "+1": "", "1e3": "", "0.0000001": "", "1000000.01": "", "99999999": "", "0,5": "", "1.2.3": "", "NaN": "", "١": "",
	} {
		u, err := ParseUSD(text)
		if got := u.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}

func FuzzParseUSD(f *testing.F) {
	f.Add("0.25")
	f.Add("1000000")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseUSD(text)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok || exact.Cmp(big.NewRat(int64(u), million)) != 0 {
			t.Fatalf("%q is %s", text, u)
		}
		if again, err := ParseUSD(u.String()); err != nil || again != u {
			t.Fatalf("%s is read as %s, %v", u, again, err)
		}
	})
}

// Every rate of the table is a decimal, of every region.
func TestEveryPriceIsADecimal(t *testing.T) {
	for _, p := range table {
		for _, r := range []Rate{
			p.Transition, p.Invocation, p.GBSecond, p.Message, p.WriteUnit, p.ReadUnit, p.MetricHour, p.GBLogged, p.GBLogMonth,
			p.GBStored, p.GBBackedUp, p.Alarm, p.Dashboard, p.Key, p.KeyRequest,
		} {
			if r.Rat().Sign() <= 0 {
				t.Errorf("%s: a rate of %q for %d", p.Region, r.USD, r.Per)
			}
		}
		if In(p.Region) != p {
			t.Errorf("%s is twice in the table", p.Region)
		}
	}
}

func TestBill(t *testing.T) {
	u := Usage{Transitions: 82, Invocations: 60, MBMilliseconds: 1_024_000 * 3 / 2, Messages: 6, WriteUnits: 21, HalfReads: 11, MetricHours: 9, LogBytes: 120_000}
	got, err := json.Marshal(u.Bill("us-east-1", Planned, 2))
	if err != nil {
		t.Fatal(err)
	}
	// 82 x 25; 1.5 x 13.3334 + 12 = 32.0001; 2.4; 13.125 + 0.6875; 9 x 300,000 / 730 + 59.2: rounded up.
	want := `{"usd":"0.005858","region":"us-east-1","prices_of":"2026-11","basis":"plan","note":"` + Planned.note() + `","runs":2,` +
		`"step_functions":{"usd":"0.002050","transitions":82},"lambda":{"usd":"0.000033","requests":60,"gb_seconds":1.5000},` +
		`"sqs":{"usd":"0.000003","requests":6},"dynamodb":{"usd":"0.000014","write_request_units":21,"read_request_units":5.5},` +
		`"cloudwatch":{"usd":"0.003758","metric_hours":9,"log_bytes":120000}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("bill (-want +got):\n%s", diff)
	}
	there, here := u.Bill("sa-east-1", Counted, 1), u.Bill("us-east-1", Counted, 1)
	if there.StepFunctions.USD != 3075 || there.InsteadOf != "" || there.Lambda != here.Lambda {
		t.Errorf("in sa-east-1: %+v", there)
	}
	elsewhere := u.Bill("eu-north-1", Counted, 1)
	if elsewhere.USD != here.USD || elsewhere.Region != "us-east-1" || elsewhere.InsteadOf != "eu-north-1" {
		t.Errorf("in eu-north-1: %+v", elsewhere)
	}
	if nothing := (Usage{}).Bill("us-east-1", Planned, 1); nothing.USD != 0 {
		t.Errorf("nothing costs %s", nothing.USD)
	}
}

func TestText(t *testing.T) {
	u := Usage{Transitions: 2}
	for _, tt := range []struct {
		region string
		basis  Basis
		inAWS  bool
		want   string
	}{
		{"us-east-1", Planned, true, "It will cost about 0.000050 USD (prices of us-east-1, 2026-11), without retries."},
		{"sa-east-1", Planned, false, "It would cost about 0.000075 USD in AWS (prices of sa-east-1, 2026-11), without retries."},
		{"us-east-1", Counted, true, "It cost about 0.000050 USD (prices of us-east-1, 2026-11)."},
		{"eu-north-1", Counted, false, "This would have cost about 0.000050 USD in AWS (prices of us-east-1, 2026-11; those of eu-north-1 are not known here)."},
	} {
		if got := u.Bill(tt.region, tt.basis, 1).Text(tt.inAWS); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// A run over two sources, of which one has nothing to ask for.
func TestRun(t *testing.T) {
	day := span.Date(2024, 1, 1)
	year := func(key string) message.SeriesRange { return message.SeriesRange{Key: key, From: day, To: day + 364} }
	sel := message.Selection{
		Scope:   message.Scope{Stack: true},
		Sources: []message.SourceSelection{{Source: "a", Batches: []message.Batch{{Series: []message.SeriesRange{year("A"), year("B")}}}}, {Source: "b", Batches: []message.Batch{{Series: []message.SeriesRange{year("C")}}}}},
	}
	found := []message.Streams{
		{Series: []message.Detected{{Key: "C", Expected: 250}}},
		{
			Series:  []message.Detected{{Key: "A", Expected: 260, Missing: 10, NotDue: 1}, {Key: "B", Expected: 260, Missing: 260}},
			Bundles: []message.Bundle{{Streams: []message.Stream{{ID: "a-001", Series: []string{"A", "B"}, From: day, To: day + 72, Days: 60}}}},
		},
	}
	r := NewRun(sel, found)
	want := Run{Sources: 2, Asked: 1, Batches: 2, Series: []int{250, 249, 0}, Messages: 1, Streams: []Stream{{22, 22}}, Whole: true, Reported: true}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Fatalf("run (-want +got):\n%s", diff)
	}
	counts := r.Expected()
	// Start, Select, Divided?, EachSource, 2 x (EachSeries, FanOut, AnyStreams?, SourceDone), 2 x (Query, Detect), EachStream, Scrape, Report, Complete?, Done, end.
	if diff := cmp.Diff(Counts{Transitions: 8 + 8 + 4 + 2, Tasks: 8, FanOuts: 2, Scrapes: 1}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	r.Rows, r.Revised = 270, 1
	got := r.Usage(counts)
	// Read: Query 10, 10 and 1 half units; Scrape twice 1 and twice 1 units and the breaker; Report 1.
	// Written: rows and a revision's 3 more; a stream's 600 bytes; a run's month and 750 bytes.
	wantUsed := Usage{Transitions: 22, Invocations: 9, Messages: 3, WriteUnits: 273 + 1 + 2, HalfReads: 21 + 2*(2*1+2*1+1+1), MetricHours: 9, LogBytes: 18_000}
	wantUsed.MBMilliseconds = 6*256*150 + 2*512*150 + 256*3000 + 256*350*250/6300 + 256*350*249/6300
	if diff := cmp.Diff(wantUsed, got); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	sel.DryRun = true
	if r := NewRun(sel, found); r.Asked != 0 || len(r.Streams) != 0 || r.Reported {
		t.Errorf("a dry run asks: %+v", r)
	}
}

func TestNotesAreOneLine(t *testing.T) {
	for _, b := range []Basis{Planned, Counted} {
		if n := b.note(); n == "" || strings.ContainsAny(n, "\n\"\\") {
			t.Errorf("%s: %q", b, n)
		}
	}
}

// A run of several series a batch and several streams a message, and the one that divided
// itself into this one and another.
func TestRunsOfManySeries(t *testing.T) {
	day := span.Date(2024, 1, 1)
	var batches []message.Batch
	var found message.Streams
	for i := range 30 { // fifteen batches, and six messages of five streams
		key := string(rune('A'+i/26)) + string(rune('A'+i%26))
		if i%2 == 0 {
			batches = append(batches, message.Batch{})
		}
		if i%5 == 0 {
			found.Bundles = append(found.Bundles, message.Bundle{})
		}
		last := &batches[len(batches)-1]
		last.Series = append(last.Series, message.SeriesRange{Key: key, From: day, To: day + 9})
		bundle := &found.Bundles[len(found.Bundles)-1]
		bundle.Streams = append(bundle.Streams, message.Stream{ID: key, Series: []string{key}, From: day, To: day + 9, Days: 10})
		found.Series = append(found.Series, message.Detected{Key: key, Expected: 10, Missing: 10})
	}
	sel := message.Selection{Input: message.Input{Shard: &message.Shard{Of: "r"}}, Sources: []message.SourceSelection{{Source: "a", Batches: batches}}}
	part := NewRun(sel, []message.Streams{found})
	if part.Batches != 15 || part.Messages != 6 || len(part.Streams) != 30 || len(part.Series) != 30 || !part.Part || part.Whole {
		t.Fatalf("a shard: %+v", part)
	}
	counts := part.Expected()
	if diff := cmp.Diff(Counts{Transitions: 8 + 5 + 30 + 6, Tasks: 2 + 1 + 30, FanOuts: 1, Scrapes: 6}, counts); diff != "" {
		t.Errorf("counts of a shard (-want +got):\n%s", diff)
	}
	// Each stream has its time in a message, reads and is written down; a message is one invocation.
	used := part.Usage(counts)
	if used.MetricHours != 0 || used.Messages != 18 || used.Invocations != 39 || used.MBMilliseconds != 32*256*150+512*150+30*256*3000 {
		t.Errorf("a shard uses %+v", used)
	}
	// Query 30, of each stream twice twice 1 and the breaker, Report 30 items of 450 bytes.
	if used.HalfReads != 30+30*6+2*4 || used.WriteUnits != 30+1+5 {
		t.Errorf("a shard reads %d half units and writes %d", used.HalfReads, used.WriteUnits)
	}
	again := counts
	again.Transitions, again.Scrapes = again.Transitions+1, again.Scrapes+1 // a message sent once more
	if more := part.Usage(again); more.Messages != used.Messages+3 || more.MBMilliseconds != used.MBMilliseconds+256*3000 || more.HalfReads != used.HalfReads+4 {
		t.Errorf("with a retry %+v", more)
	}

	whole := NewRun(message.Selection{Scope: message.Scope{Stack: true}, Shards: []message.Shard{{Name: "r-shard-001"}, {Name: "r-shard-002"}}}, nil)
	whole.Shards[0], whole.Shards[1] = 30, 700
	counts = whole.Expected()
	// Start, Select, Divided?, EachShard, 2 x Shard, Report, Complete?, Done, end.
	if diff := cmp.Diff(Counts{Transitions: 8 + 2, Tasks: 2}, counts); diff != "" {
		t.Errorf("counts of the whole (-want +got):\n%s", diff)
	}
	// Report reads the summaries of 4,800 and 105,300 bytes, and its own nothing.
	if used := whole.Usage(counts); used.HalfReads != 2*2+2*26+2 || used.MetricHours != 9 || used.Messages != 0 || used.WriteUnits != 2 {
		t.Errorf("the whole uses %+v", used)
	}
}
