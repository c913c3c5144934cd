package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"lacuna/internal/plainbody"
)

const (
	callTime    = 10 * time.Second // for one try of a call; the SDK has no limit of its own
	callTries   = 5
	callBackoff = 2 * time.Second // at most, between two tries
)

// AWS returns the SDK's configuration: region, credentials and endpoints are
// those of AWS's own variables. A call that is throttled, unanswered or broken
// off is tried again.
func (p *Process) AWS(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithLogger(logging.LoggerFunc(p.logSDK)),
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
		return cfg, errors.New("environment: AWS_REGION is not set")
	}
	cfg.HTTPClient = plainbody.Client{Next: cfg.HTTPClient}
	return cfg, nil
}

// Table returns the name of the stack's table, and AWS's configuration to reach it.
func (p *Process) Table(ctx context.Context) (name string, cfg aws.Config, err error) {
	if name, err = p.Env("LACUNA_TABLE"); err == nil {
		cfg, err = p.AWS(ctx)
	}
	return name, cfg, err
}

// logSDK takes what the SDK would write to stderr as plain text.
func (p *Process) logSDK(kind logging.Classification, format string, args ...any) {
	level := slog.LevelDebug
	if kind == logging.Warn {
		level = slog.LevelWarn
	}
	p.Log.Log(context.Background(), level, "AWS SDK: "+fmt.Sprintf(format, args...))
}
