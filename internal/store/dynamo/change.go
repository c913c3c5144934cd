package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/row"

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
	before, err := encodeRow(&revision.Row)
	if err != nil {
		return err
	}
	before[partitionKey] = text(old.Series + revisions)
	// Not ReplacedAt, a run's as_of: two runs may share it, and keys must differ.
	before[sortKey] = text(old.Day.String() + "#" + sortable(time.Now()))
	put(before, "replaced_at", encodeTime(revision.ReplacedAt))
	put(before, "replaced_by", revision.ReplacedBy)
	c, err := unchanged(old)
	if err != nil {
		return err
	}
	return s.patiently(ctx, func() error {
		out, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
			TransactItems: []types.TransactWriteItem{
				{Put: &types.Put{
					TableName: &s.table, Item: next,
					ConditionExpression: c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
				}},
				{Put: &types.Put{TableName: &s.table, Item: before, ConditionExpression: noItem.expression}},
			},
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
