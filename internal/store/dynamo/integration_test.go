//go:build integration

package dynamo_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"lacuna/internal/store"
	"lacuna/internal/store/dynamo"
	"lacuna/internal/store/dynamo/dynamotest"
	"lacuna/internal/store/storetest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// start runs DynamoDB Local once for all tests of this process.
var start = sync.OnceValues(dynamotest.Start)

var tables atomic.Int32

// newTable returns an empty table of DynamoDB Local.
func newTable(tb testing.TB) (client *dynamodb.Client, name string) {
	tb.Helper()
	local, err := start()
	if err != nil {
		tb.Fatal(err)
	}
	client, name = local.Client(), fmt.Sprintf("lacuna-%d", tables.Add(1))
	if err := dynamotest.CreateTable(tb.Context(), client, name); err != nil {
		tb.Fatal(err)
	}
	return client, name
}

func newStore(tb testing.TB) *dynamo.Store {
	tb.Helper()
	return dynamo.New(newTable(tb))
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return newStore(t) })
}
