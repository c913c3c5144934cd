package boot

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

const (
	callTime    = 10 * time.Second // for one try of a call; the SDK has no limit of its own
	callTries   = 5
	callBackoff = 2 * time.Second // at most, between two tries
)

// AWS returns the SDK's configuration: region, credentials and endpoints are
// those of AWS's own variables. A call that is throttled, unanswered or broken
// off is tried again.
func AWS(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTime)),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = callTries, callBackoff
			})
		}))
	if err != nil {
		return cfg, fmt.Errorf("configuration of AWS: %w", err)
	}
	if cfg.Region == "" {
		return cfg, fmt.Errorf("environment: AWS_REGION is not set")
	}
	return cfg, nil
}
