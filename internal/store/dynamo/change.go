package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/row"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Change implements store.Store. A row with a revision is a transaction of two
// puts, any other a conditional put.
//
// When an answer of DynamoDB gets lost, the SDK asks again and finds the row
// already changed: that is ErrConflict as well, though the change is ours. Whoever
// decides anew finds it done.
func (s *Store) Change(ctx context.Context, old, next row.Row) error {
	if err := s.change(ctx, &old, &next); err != nil {
		return fmt.Errorf("row %s %s: %w", next.Series, next.Day, err)
	}
	return nil
}

func (s *Store) change(ctx context.Context, old, next *row.Row) error {
	if old.Status != "" && (old.Series != next.Series || old.Day != next.Day) {
		return fmt.Errorf("is not that of %s %s", old.Series, old.Day)
	}
	it, err := encodeRow(next)
	if err != nil {
		return err
	}
	if row.IsRevision(*old, *next) {
		return s.revise(ctx, it, old, row.RevisionOf(*old, *next))
	}
	c, err := unchanged(old)
	if err != nil {
		return err
	}
	return s.write(ctx, it, c)
}

// revise puts next in place of old, and old among the revisions.
func (s *Store) revise(ctx context.Context, next item, old *row.Row, revision row.Revision) error {
	// Not ReplacedAt, a run's as_of: two runs may share it, and keys must differ.
	before, err := encodeRevision(&revision, time.Now())
	if err != nil {
		return err
	}
	c, err := unchanged(old)
	if err != nil {
		return err
	}
	return s.transact(ctx, []types.TransactWriteItem{s.put(next, c), s.put(before, noItem)})
}

// encodeRevision returns the item of r, which is behind those that were made before at.
func encodeRevision(r *row.Revision, at time.Time) (item, error) {
	it, err := encodeRow(&r.Row)
	if err != nil {
		return nil, err
	}
	it[partitionKey] = text(r.Series + revisions)
	it[sortKey] = text(r.Day.String() + "#" + sortable(at))
	put(it, "replaced_at", encodeTime(r.ReplacedAt))
	put(it, "replaced_by", r.ReplacedBy)
	return it, nil
}

func (s *Store) put(it item, c condition) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: it,
		ConditionExpression: c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
	}}
}

// transact does all of writes or none.
func (s *Store) transact(ctx context.Context, writes []types.TransactWriteItem) error {
	return s.patiently(ctx, func() error {
		out, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal, TransactItems: writes,
		})
		if err != nil {
			return s.fail(ctx, err)
		}
		for i := range out.ConsumedCapacity {
			s.spend(&s.consumed.Write, &out.ConsumedCapacity[i])
		}
		return nil
	})
}

// Restore implements store.Store. A row without revisions is a conditional put, else
// there are transactions of up to 100 items, the row in the last one.
func (s *Store) Restore(ctx context.Context, r row.Row, revisions []row.Revision) error {
	if err := s.restore(ctx, &r, revisions); err != nil {
		return fmt.Errorf("row %s %s: %w", r.Series, r.Day, err)
	}
	return nil
}

func (s *Store) restore(ctx context.Context, r *row.Row, revisions []row.Revision) error {
	var writes []types.TransactWriteItem
	first := time.Now() // the keys have the order of the revisions
	for i := range revisions {
		it, err := encodeRevision(&revisions[i], first.Add(time.Duration(i)))
		if err != nil {
			return err
		}
		writes = append(writes, s.put(it, noItem))
	}
	if r.Status != "" {
		it, err := encodeRow(r)
		if err != nil {
			return err
		}
		if len(writes) == 0 {
			return s.write(ctx, it, noItem)
		}
		writes = append(writes, s.put(it, noItem))
	}
	for part := range slices.Chunk(writes, store.MaxAtOnce+1) {
		if err := s.transact(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// condition is what must hold of the item that a write replaces; zero: nothing.
type condition struct {
	expression *string
	names      map[string]string
	values     item
}

var noItem = condition{expression: aws.String("attribute_not_exists(" + partitionKey + ")")}

// unchanged is the condition that the stored row is the one that was read as
// old. It names what the row says and no version of it: a person who edits an item
// counts none. Attributes that are empty are not stored, but a person may have.
func unchanged(old *row.Row) (condition, error) {
	if old.Status == "" {
		return noItem, nil
	}
	c := condition{names: map[string]string{}, values: item{}}
	var terms []string
	is := func(name string, value types.AttributeValue, empty bool) {
		c.names["#"+name], c.values[":"+name] = name, value
		term := fmt.Sprintf("#%[1]s = :%[1]s", name)
		if empty {
			term = fmt.Sprintf("(attribute_not_exists(#%s) OR %s)", name, term)
		}
		terms = append(terms, term)
	}
	fetchedAt, retryAt := encodeTime(old.FetchedAt), ""
	if old.RetryAt != 0 {
		retryAt = old.RetryAt.String()
	}
	is("status", text(string(old.Status)), false)
	is("attempts", number(strconv.Itoa(old.Attempts)), old.Attempts == 0)
	is("retry_at", text(retryAt), retryAt == "")
	is("fetched_at", text(fetchedAt), fetchedAt == "")
	is("run", text(old.Run), old.Run == "")
	if len(old.Fields) > 0 { // a run may revise what it has stored itself
		numbers, _, err := encodeFields(old.Fields)
		if err != nil {
			return condition{}, err
		}
		is("fields", &types.AttributeValueMemberM{Value: numbers}, false)
	}
	c.expression = aws.String(strings.Join(terms, " AND "))
	return c, nil
}
