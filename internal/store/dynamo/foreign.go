package dynamo

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/row"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxPartitions is how many partitions of a table are told.
const maxPartitions = 100_000

// Partitions returns the partition keys of a table, in order, by a Scan of all of it.
func (s *Store) Partitions(ctx context.Context, layout store.Layout) ([]string, error) {
	in := &dynamodb.ScanInput{
		TableName: &s.table, ProjectionExpression: aws.String("#key"), ExpressionAttributeNames: map[string]string{"#key": layout.Partition},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	keys := map[string]bool{}
	for pages := dynamodb.NewScanPaginator(s.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(ctx, err)
		}
		s.spend(&s.consumed.Read, page.ConsumedCapacity)
		for _, it := range page.Items {
			key := keyText(it[layout.Partition])
			if key == "" {
				return nil, fmt.Errorf("table %s: its partition key is not called %s, or is no text: --map NAME=%s says which it is", s.table, layout.Partition, partitionKey)
			}
			if keys[key] = true; len(keys) > maxPartitions {
				return nil, fmt.Errorf("table %s has more than %d partitions: choose one", s.table, maxPartitions)
			}
		}
	}
	return slices.Sorted(maps.Keys(keys)), nil
}

// Items yields the items of a partition of a table that need not be lacuna's, in order, and
// ends after an error.
func (s *Store) Items(ctx context.Context, layout store.Layout, partition string) iter.Seq2[store.Item, error] {
	in := &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("#key = :key"),
		ExpressionAttributeNames:  map[string]string{"#key": layout.Partition},
		ExpressionAttributeValues: item{":key": text(partition)},
		ConsistentRead:            aws.Bool(true),
	}
	return func(yield func(store.Item, error) bool) {
		for it, err := range s.query(ctx, in) {
			var one store.Item
			if err == nil {
				one, err = foreign(layout, partition, it)
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

// foreign reads an item of a table that need not be lacuna's.
func foreign(layout store.Layout, partition string, it item) (store.Item, error) {
	one := store.Item{Sort: keyText(it[layout.Sort])}
	if it["status"] != nil && !layout.Plain {
		r, err := decodeRow(partition, it)
		one.Row = &r
		return one, err
	}
	add := func(it item) {
		for _, name := range slices.Sorted(maps.Keys(it)) {
			value := described(it[name])
			if name != layout.Partition && name != layout.Sort && value != "" {
				one.Texts = append(one.Texts, row.Field{Name: name, Value: value})
			}
		}
	}
	add(it)
	if m, ok := it["fields"].(*types.AttributeValueMemberM); ok {
		add(m.Value)
	}
	return one, nil
}

// described returns a text or a number as text, "" for null, and of anything else its type,
// such as (BOOL).
func described(v types.AttributeValue) string {
	switch v.(type) {
	case *types.AttributeValueMemberN, *types.AttributeValueMemberS:
		return keyText(v)
	case *types.AttributeValueMemberNULL:
		return ""
	}
	return "(" + strings.TrimPrefix(fmt.Sprintf("%T", v), "*types.AttributeValueMember") + ")"
}

// keyText returns a text or a number as text, "" for anything else.
func keyText(v types.AttributeValue) string {
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		return n.Value
	}
	return textOf(v)
}
