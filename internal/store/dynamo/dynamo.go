// Package dynamo keeps rows, what streams did, run summaries and breakers in
// one DynamoDB table: the store of the AWS target. People query the table with
// the AWS console and CLI, so its items are plain. Nothing here decides what a
// row becomes or when a day is due, and nothing creates the table: Terraform
// does.
package dynamo

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"lacuna/internal/fault"
	"lacuna/internal/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// The keys of the table and the partitions that are no series.
const (
	partitionKey = "info_type"
	sortKey      = "date"

	revisions = "#REVISIONS" // after a series' key
	runPrefix = "RUN#"       // what the streams of a run did
	runs      = "RUNS#"      // summaries, by month
	sources   = "SOURCE#"    // breakers
)

// item is what the table holds under one key.
type item = map[string]types.AttributeValue

// Store is a table. Use New; it is safe for use by many goroutines.
type Store struct {
	client *dynamodb.Client
	table  string

	mu       sync.Mutex
	consumed Consumed
}

var _ store.Store = (*Store)(nil)

// New returns the store that is the table of that name.
func New(client *dynamodb.Client, table string) *Store {
	return &Store{client: client, table: table}
}

// Consumed is what requests cost, in DynamoDB's read and write units.
type Consumed struct{ Read, Write float64 }

// Consumed returns what the requests of s have cost since New, as DynamoDB
// reported it. It leaves out requests that ended in an error: DynamoDB charges
// a condition that failed and does not say so.
func (s *Store) Consumed() Consumed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.consumed
}

// spend adds what a request has cost to the part of consumed that it is of.
func (s *Store) spend(of *float64, c *types.ConsumedCapacity) {
	if c != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		*of += aws.ToFloat64(c.CapacityUnits)
	}
}

// query yields the items that in selects, page by page, and ends after an error.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[item, error] {
	in.TableName = &s.table
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	return func(yield func(item, error) bool) {
		// A page without items may have others behind it.
		for pages := dynamodb.NewQueryPaginator(s.client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, s.fail(ctx, err))
				return
			}
			s.spend(&s.consumed.Read, page.ConsumedCapacity)
			for _, it := range page.Items {
				if !yield(it, nil) {
					return
				}
			}
		}
	}
}

// write puts it in place of the item with its key, if c holds of that.
func (s *Store) write(ctx context.Context, it item, c condition) error {
	return s.patiently(ctx, func() error {
		out, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &s.table, Item: it, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
			ConditionExpression: c.expression, ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		})
		if err != nil {
			return s.fail(ctx, err)
		}
		s.spend(&s.consumed.Write, out.ConsumedCapacity)
		return nil
	})
}

// fail gives an error of a request its name, and the table's.
func (s *Store) fail(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var condition *types.ConditionalCheckFailedException
	var canceled *types.TransactionCanceledException
	var meets *types.TransactionConflictException
	name := fault.StoreUnavailable
	switch {
	case errors.As(err, &condition):
		return store.ErrConflict
	case errors.As(err, &canceled):
		if isFor(canceled, "ConditionalCheckFailed") { // whatever else: trying again would not help
			return store.ErrConflict
		}
		if isFor(canceled, "ValidationError") {
			name = fault.Internal
		} else if isFor(canceled, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded") {
			name = fault.StoreThrottled
		}
	case hasCode(err, "ResourceNotFoundException", "UnrecognizedClientException"): // what is denied may be allowed in a moment: a new policy takes seconds to arrive
		name = fault.StoreUnusable
	case hasCode(err, "ValidationException"): // the next one may be in order
		name = fault.Internal
	case errors.As(err, &meets), retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary:
		name = fault.StoreThrottled
	}
	return fault.New(name, "table %s: %w", s.table, err)
}

// hasCode reports whether err is one of DynamoDB's with one of codes.
func hasCode(err error, codes ...string) bool {
	api := smithy.APIError(nil)
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// isFor reports whether one of codes is a reason of e.
func isFor(e *types.TransactionCanceledException, codes ...string) bool {
	return slices.ContainsFunc(e.CancellationReasons, func(r types.CancellationReason) bool {
		return slices.Contains(codes, aws.ToString(r.Code))
	})
}
