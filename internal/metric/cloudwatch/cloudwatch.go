// Package cloudwatch sends the numbers of a run to Amazon CloudWatch. Every
// name and dimension is a custom metric there, which costs each month; so the
// level decides what is sent.
package cloudwatch

import (
	"context"
	"fmt"
	"slices"

	"lacuna/internal/metric"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// maxValues is what a PutMetricData takes at most.
const maxValues = 1000

// Metrics sends numbers. Use New.
type Metrics struct {
	client           *cloudwatch.Client
	namespace, stack string
	level            metric.Level
}

// New returns the Metrics that send the values up to level through client. In
// namespace each has the dimension Stack, and Source or Series as it is of one.
func New(client *cloudwatch.Client, namespace, stack string, level metric.Level) *Metrics {
	return &Metrics{client, namespace, stack, level}
}

// Put sends values, as of now. A call whose answer is lost is sent again, and
// then counts twice.
func (m *Metrics) Put(ctx context.Context, values []metric.Value) error {
	var data []types.MetricDatum
	for _, v := range values {
		if v.Level() <= m.level {
			data = append(data, m.datum(v))
		}
	}
	for part := range slices.Chunk(data, maxValues) {
		if _, err := m.client.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: &m.namespace, MetricData: part}); err != nil {
			return fmt.Errorf("%d metrics of %s: %w", len(part), m.stack, err)
		}
	}
	return nil
}

func (m *Metrics) datum(v metric.Value) types.MetricDatum {
	dimensions := []types.Dimension{{Name: aws.String("Stack"), Value: &m.stack}}
	switch v.Level() {
	case metric.Source:
		dimensions = append(dimensions, types.Dimension{Name: aws.String("Source"), Value: &v.Source})
	case metric.Series:
		dimensions = append(dimensions, types.Dimension{Name: aws.String("Series"), Value: &v.Series})
	}
	return types.MetricDatum{
		MetricName: aws.String(string(v.Name)), Dimensions: dimensions,
		Unit: types.StandardUnitCount, Value: aws.Float64(float64(v.Number)),
	}
}
