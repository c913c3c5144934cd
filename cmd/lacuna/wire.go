package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// service is an AWS service that is asked by JSON over HTTP, without its package
// of the SDK. Each of those adds one or two milliseconds to the start of this
// program, of the local target too, and these are asked for one operation each.
type service struct {
	id     string // the SDK's name: AWS_ENDPOINT_URL_<ID>
	host   string // in its address and signature
	target string // in X-Amz-Target, in front of the operation; "": by path
}

func parameters() service { return service{"SSM", "ssm", "AmazonSSM."} }
func logGroups() service  { return service{"CloudWatch Logs", "logs", "Logs_20140328."} }
func functions() service  { return service{"Lambda", "lambda", ""} }

// maxAnswer bounds what is read of an answer, in bytes: a page of logs has 1 MB.
const maxAnswer = 16 << 20

// call asks for an operation by POST / and reads the answer into out.
func (s service) call(ctx context.Context, cfg aws.Config, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return s.ask(ctx, cfg, operation, http.MethodPost, "/", body, out)
}

// get asks for an operation by GET.
func (s service) get(ctx context.Context, cfg aws.Config, operation, path string, out any) error {
	return s.ask(ctx, cfg, operation, http.MethodGet, path, nil, out)
}

// ask asks, and asks again where the SDK's rules say that it may help.
func (s service) ask(ctx context.Context, cfg aws.Config, operation, method, path string, body []byte, out any) error {
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = cmp.Or(cfg.RetryMaxAttempts, o.MaxAttempts)
	})
	for attempt := 1; ; attempt++ {
		err := s.once(ctx, cfg, operation, method, path, body, out)
		if err == nil {
			return nil
		}
		err = &smithy.OperationError{ServiceID: s.id, OperationName: operation, Err: err}
		if ctx.Err() != nil || attempt >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) {
			return err
		}
		wait, delayErr := retryer.RetryDelay(attempt, err)
		if delayErr != nil {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s service) once(ctx context.Context, cfg aws.Config, operation, method, path string, body []byte, out any) error {
	base, err := s.endpoint(ctx, cfg)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if s.target != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", s.target+operation)
	}
	credentials, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return &credentialsError{err}
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), s.host, cfg.Region, time.Now()); err != nil {
		return err
	}
	answer, err := cfg.HTTPClient.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	if answer.StatusCode >= 300 {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: answer}, Err: refusal(answer, text)}
	}
	return json.Unmarshal(text, out)
}

// refusal is the error in an answer. Its code is in a header or in the body,
// where it may stand between a namespace and an address.
func refusal(answer *http.Response, text []byte) error {
	var body struct {
		Type    string `json:"__type"`
		Message string // or message
	}
	if err := json.Unmarshal(text, &body); err != nil {
		body.Message = http.StatusText(answer.StatusCode)
	}
	code := cmp.Or(answer.Header.Get("X-Amzn-Errortype"), body.Type, "UnknownError")
	code, _, _ = strings.Cut(code, ":")
	return &smithy.GenericAPIError{Code: code[strings.LastIndexByte(code, '#')+1:], Message: body.Message}
}

// endpoint returns the base URL of s, chosen as the SDK does: one of AWS's own
// variables or profile, else the service's in the region.
func (s service) endpoint(ctx context.Context, cfg aws.Config) (string, error) {
	own, err := s.configured(ctx, cfg)
	if own != "" || err != nil {
		return own, err
	}
	host, domain := s.host, "amazonaws.com"
	if strings.HasPrefix(cfg.Region, "cn-") {
		domain += ".cn"
	}
	for _, source := range cfg.ConfigSources {
		if from, ok := source.(interface {
			GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
		}); ok {
			state, found, err := from.GetUseFIPSEndpoint(ctx)
			if err != nil {
				return "", err
			}
			if found && state == aws.FIPSEndpointStateEnabled {
				host += "-fips"
			}
			if found {
				break
			}
		}
	}
	return fmt.Sprintf("https://%s.%s.%s", host, cfg.Region, domain), nil
}

// configured returns the endpoint that AWS's own variables or profile name.
func (s service) configured(ctx context.Context, cfg aws.Config) (string, error) {
	for _, source := range cfg.ConfigSources {
		if from, ok := source.(interface {
			GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
		}); ok {
			if ignore, found, err := from.GetIgnoreConfiguredEndpoints(ctx); err != nil || found && ignore {
				return "", err
			}
		}
	}
	for _, source := range cfg.ConfigSources {
		if from, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if url, found, err := from.GetServiceBaseEndpoint(ctx, s.id); err != nil || found {
				return url, err
			}
		}
		if env, ok := source.(config.EnvConfig); ok && env.BaseEndpoint != "" {
			break // it wins over what a profile says of s
		}
	}
	return aws.ToString(cfg.BaseEndpoint), nil
}
