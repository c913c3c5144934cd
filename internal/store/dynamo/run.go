package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"lacuna/internal/message"
	"lacuna/internal/span"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	streamPrefix = "STREAM#"
	streamsKept  = 400 * 24 * time.Hour
	breakerKey   = "BREAKER"
	months       = runs + "MONTHS" // the months that have runs, so that Runs need not guess
)

// SaveStream implements store.Store. The table's TTL deletes the item after 400
// days. It is an update, so that the requests of attempts at the same time, as a
// stale worker's may be, add up. When an answer of DynamoDB gets lost, the SDK asks
// again and the requests count twice.
func (s *Store) SaveStream(ctx context.Context, st store.Stream) error {
	// What is empty too: an update leaves what it does not name.
	set := item{
		"source": text(st.Source), "span": text(st.Span.String()), "series": encodeCounts(st.Series), "attempt": count(st.Attempt),
		"error": text(st.Error), "message": text(st.Message), "malformed": &types.AttributeValueMemberBOOL{Value: st.Malformed},
		"warnings":   texts(st.Warnings),
		"expires_at": count(int(time.Now().Add(streamsKept).Unix())),
	}
	names, values := map[string]string{"#requests": "requests"}, item{":requests": count(st.Requests)}
	var assignments []string
	for name, value := range set {
		names["#"+name], values[":"+name] = name, value
		assignments = append(assignments, fmt.Sprintf("#%[1]s = :%[1]s", name))
	}
	return s.patiently(ctx, func() error {
		out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.table, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
			Key:                      item{partitionKey: text(runPrefix + st.Run), sortKey: text(streamPrefix + st.ID)},
			UpdateExpression:         aws.String("SET " + strings.Join(assignments, ", ") + " ADD #requests :requests"),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		})
		if err != nil {
			return s.fail(ctx, err)
		}
		s.spend(&s.consumed.Write, out.ConsumedCapacity)
		return nil
	})
}

func encodeCounts(series []store.SeriesCount) *types.AttributeValueMemberL {
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, c := range series {
		of := item{"key": text(c.Key)}
		for name, n := range numbersOf(&c) {
			if *n != 0 || slices.Contains(always, name) {
				of[name] = count(*n)
			}
		}
		if len(c.Beside) > 0 {
			days := make([]string, len(c.Beside))
			for i, day := range c.Beside {
				days[i] = day.String()
			}
			of["beside"] = texts(days)
		}
		if c.Latest != 0 {
			of["latest"] = text(c.Latest.String())
		}
		list.Value = append(list.Value, &types.AttributeValueMemberM{Value: of})
	}
	return list
}

// numbersOf are the numbers of c by the names of their attributes.
func numbersOf(c *store.SeriesCount) map[string]*int {
	return map[string]*int{
		"observed": &c.Observed, "absent": &c.Absent, "incomplete": &c.Incomplete, "quarantined": &c.Quarantined, "pending": &c.Pending,
		"ended": &c.Ended, "revised": &c.Revised, "contradicted": &c.Contradicted, "withdrawn": &c.Withdrawn, "early": &c.Early,
		"suspicious": &c.Suspicious, "new": &c.New, "still": &c.Still, "healed": &c.Healed, "failed": &c.Failed,
	}
}

// always are those that are written also when they are zero, which the others mostly are.
var always = []string{"observed", "absent", "incomplete", "quarantined", "pending"}

// Streams implements store.Store: one Query, consistent.
func (s *Store) Streams(ctx context.Context, run string) ([]store.Stream, error) {
	in := partition(runPrefix + run)
	in.ConsistentRead = aws.Bool(true)
	var streams []store.Stream
	for it, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		id, ok := strings.CutPrefix(textOf(it[sortKey]), streamPrefix)
		if !ok {
			continue // of a later version
		}
		d := decoder{item: it}
		st := store.Stream{
			Run: run, ID: id, Source: d.text("source"), Span: d.span("span"), Series: d.counts("series"), Requests: d.count("requests"),
			Attempt: d.count("attempt"), Error: d.text("error"), Message: d.text("message"), Malformed: d.bool("malformed"),
			Warnings: d.texts("warnings"),
		}
		if d.err != nil {
			return nil, fmt.Errorf("stream %s of run %s: %w", id, run, d.err)
		}
		streams = append(streams, st)
	}
	return streams, nil
}

func (d *decoder) span(name string) span.Span {
	days, err := span.ParseSpan(d.text(name))
	if err != nil {
		d.fail(name, "%w", err)
	}
	return days
}

func (d *decoder) bool(name string) bool {
	v := attribute[*types.AttributeValueMemberBOOL](d, name, "true or false")
	return v != nil && v.Value
}

func (d *decoder) texts(name string) []string {
	values := attribute[*types.AttributeValueMemberL](d, name, "a list of texts")
	if values == nil {
		return nil
	}
	var all []string
	for _, v := range values.Value {
		s, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			d.fail(name, "want a list of texts")
			return nil
		}
		all = append(all, s.Value)
	}
	return all
}

func (d *decoder) counts(name string) []store.SeriesCount {
	return list(d, name, func(d *decoder) store.SeriesCount {
		c := store.SeriesCount{Key: d.text("key"), Latest: d.day("latest")}
		for name, n := range numbersOf(&c) {
			*n = d.count(name)
		}
		for _, text := range d.texts("beside") {
			c.Beside = append(c.Beside, d.parseDay("beside", text))
		}
		return c
	})
}

// SaveRun implements store.Store.
func (s *Store) SaveRun(ctx context.Context, r store.Run) error {
	// The month first: one without runs does no harm.
	month := r.AsOf.UTC().Format("2006-01")
	if err := s.write(ctx, item{partitionKey: text(months), sortKey: text(month)}, condition{}); err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	it := item{
		partitionKey: text(runs + month), sortKey: text(shardsAt(r.ID) + sortable(r.AsOf) + "#" + r.ID),
		"run": text(r.ID), "as_of": text(encodeTime(r.AsOf)), "status": text(r.Status), "cause": text(r.Cause), "summary": text(string(r.Summary)),
	}
	if err := s.write(ctx, it, condition{}); err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return nil
}

// Runs implements store.Store: a Query for the months, and one for each month
// until there are enough runs.
func (s *Store) Runs(ctx context.Context, limit int) ([]store.Run, error) {
	if limit <= 0 {
		return nil, nil
	}
	return s.summaries(ctx, newestFirst(months, limit), "0", "~", limit, nil) // no shards
}

// RunsOf implements store.Store: a Query for the months, and for each of them that the
// times touch one for runs and one for shards, as far as any are asked for. Their keys have
// no ID in front.
func (s *Store) RunsOf(ctx context.Context, ids []string, from, to time.Time) ([]store.Run, error) {
	var found []store.Run
	for _, at := range []string{whole, shards} {
		of := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return shardsAt(id) != at })
		some, err := s.runsOf(ctx, of, at, from, to)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// whole and shards are what the sort keys of summaries begin with: those of shards are by
// themselves, so that they do not lie between runs.
const whole, shards = "", "#"

func shardsAt(run string) string {
	if message.IsShard(run) {
		return shards
	}
	return whole
}

// runsOf is RunsOf for runs whose sort keys begin with at.
func (s *Store) runsOf(ctx context.Context, ids []string, at string, from, to time.Time) ([]store.Run, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in := newestFirst(months, math.MaxInt32)
	between(in, from.UTC().Format("2006-01"), to.UTC().Format("2006-01"))
	return s.summaries(ctx, in, at+sortable(from), at+sortable(to)+"#~", len(ids), ids) // after all IDs
}

// summaries returns those of the months that in selects, with sort keys from one to
// another: the first limit of ids, or of all runs for nil.
func (s *Store) summaries(ctx context.Context, in *dynamodb.QueryInput, from, to string, limit int, ids []string) ([]store.Run, error) {
	var found []store.Run
	for month, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		page := math.MaxInt32
		if ids == nil { // nothing is read in vain
			page = limit - len(found)
		}
		in := newestFirst(runs+textOf(month[sortKey]), page)
		between(in, from, to)
		for it, err := range s.query(ctx, in) {
			if err != nil {
				return nil, err
			}
			if ids != nil && !slices.Contains(ids, textOf(it["run"])) {
				continue
			}
			r, err := decodeRun(it)
			if err != nil {
				return nil, err
			}
			if found = append(found, r); len(found) == limit {
				return found, nil
			}
		}
	}
	return found, nil
}

// between narrows in to the sort keys from one to another.
func between(in *dynamodb.QueryInput, from, to string) {
	in.KeyConditionExpression = aws.String(*in.KeyConditionExpression + " AND #date BETWEEN :from AND :to")
	in.ExpressionAttributeNames = map[string]string{"#date": sortKey} // a reserved word
	in.ExpressionAttributeValues[":from"], in.ExpressionAttributeValues[":to"] = text(from), text(to)
}

func decodeRun(it item) (store.Run, error) {
	d := decoder{item: it}
	r := store.Run{ID: d.text("run"), AsOf: d.time("as_of"), Status: d.text("status"), Cause: d.text("cause")}
	if summary := d.text("summary"); summary != "" {
		r.Summary = json.RawMessage(summary)
	}
	if d.err != nil {
		return r, fmt.Errorf("run %s: %w", textOf(it[sortKey]), d.err)
	}
	return r, nil
}

func partition(key string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("info_type = :key"),
		ExpressionAttributeValues: item{":key": text(key)},
	}
}

// newestFirst selects all items of a partition, limit a page.
func newestFirst(key string, limit int) *dynamodb.QueryInput {
	in := partition(key)
	in.ConsistentRead = aws.Bool(true)
	in.ScanIndexForward = aws.Bool(false)
	in.Limit = aws.Int32(int32(min(limit, 1000)))
	return in
}

// Breaker implements store.Store.
func (s *Store) Breaker(ctx context.Context, source string) (store.Breaker, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.table, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal, ConsistentRead: aws.Bool(true),
		Key: item{partitionKey: text(sources + source), sortKey: text(breakerKey)},
	})
	if err != nil {
		return store.Breaker{}, s.fail(ctx, err)
	}
	s.spend(&s.consumed.Read, out.ConsumedCapacity)
	d := decoder{item: out.Item}
	b := store.Breaker{Run: d.text("run"), DownUntil: d.time("down_until")}
	if d.err != nil {
		return store.Breaker{}, fmt.Errorf("breaker of %s: %w", source, d.err)
	}
	return b, nil
}

// SetBreaker implements store.Store.
func (s *Store) SetBreaker(ctx context.Context, source string, b store.Breaker) error {
	it := item{partitionKey: text(sources + source), sortKey: text(breakerKey)}
	put(it, "run", b.Run)
	put(it, "down_until", encodeTime(b.DownUntil))
	return s.write(ctx, it, condition{})
}
