// Package stack is the pipeline in an AWS account: where its parts are, its runs, logs and
// dead letters.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/bound"
	"lacuna/internal/exit"
	"lacuna/internal/plainbody"
	"lacuna/internal/roots"
	"lacuna/internal/store/dynamo"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// Stack is the pipeline in an AWS account.
type Stack struct {
	parts
	*dynamo.Store // its table

	Config  aws.Config
	Machine arn.ARN
	States  *sfn.Client

	ended ended
}

// parts say where a stack has what. Terraform writes them as the SSM parameter
// /lacuna/<name>; by variables there are table and state machine alone.
type parts struct {
	Table           string               `json:"table"`
	StateMachineARN string               `json:"state_machine_arn"`
	AliasARN        string               `json:"state_machine_alias_arn"` // of the state machine, what is started; "": of before there was one
	Queues          map[string]queueURLs `json:"queues"`                  // by source
	Functions       map[string]string    `json:"functions"`               // ARN of a version, by task and by scrape-<source>
	LogGroups       map[string]string    `json:"log_groups"`              // the same, and machine
	Bodies          string               `json:"bodies"`                  // bucket of what publishers have sent; "": none is kept
	Catalogue       *CatalogueHash       `json:"catalogue"`               // nil: of before it was noted
}

type queueURLs struct {
	URL  string `json:"url"`
	Dead string `json:"dlq_url"`
}

// Variables that say where the table and the state machine are, without a name.
const (
	VariableMachine = "LACUNA_STATE_MACHINE_ARN"
	VariableTable   = "LACUNA_TABLE"
)

// Options say which stack it is.
type Options struct {
	Name           string // as Terraform has it; "": by Machine and Table
	Machine, Table string
	Note           func(format string, args ...any) // of what the SDK warns
}

// Open finds a stack.
func Open(ctx context.Context, o Options) (*Stack, error) {
	cfg, err := LoadConfig(ctx, o)
	if err != nil {
		return nil, err
	}
	p, err := findParts(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	return newStack(cfg, p)
}

func newStack(cfg aws.Config, p parts) (*Stack, error) {
	machine, err := arn.Parse(p.StateMachineARN)
	switch {
	case err != nil:
	case !strings.HasPrefix(machine.Resource, "stateMachine:"):
		err = errors.New("of something else")
	case !isRegion(machine.Region):
		err = errors.New("of no region")
	}
	if err != nil {
		return nil, fmt.Errorf("state machine %q: want an ARN of one: %w", p.StateMachineARN, err)
	}
	return &Stack{
		parts: p, Config: cfg, Machine: machine,
		Store: dynamo.New(dynamodb.NewFromConfig(cfg), p.Table), States: sfn.NewFromConfig(cfg),
	}, nil
}

// isRegion reports whether a text can be the name of a region, which stands in host names.
func isRegion(text string) bool {
	return isWord(text) && strings.ToLower(text) == text && strings.Trim(text, "-") == text
}

// callTime is what one try of a call may last; the SDK has no limit of its own.
const callTime = 30 * time.Second

// LoadConfig reads AWS's own variables and files, and fetches the credentials.
func LoadConfig(ctx context.Context, o Options) (aws.Config, error) {
	roots.Use()
	note := func(kind logging.Classification, format string, args ...any) { // what the SDK would write to stderr by itself
		if kind == logging.Warn {
			o.Note("AWS SDK: %s", fmt.Sprintf(format, args...))
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.LoggerFunc(note)),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTime)))
	if err != nil {
		return cfg, fmt.Errorf("configuration of AWS: %w", err)
	}
	if machine, err := arn.Parse(o.Machine); cfg.Region == "" && o.Name == "" && err == nil {
		cfg.Region = machine.Region
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region: set AWS_REGION, or AWS_PROFILE to a profile that has one")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, &credentialsError{err}
	}
	cfg.HTTPClient = plainbody.Client{Next: cfg.HTTPClient}
	return cfg, nil
}

// credentialsError is an error of getting credentials, before any was used.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "no AWS credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

func findParts(ctx context.Context, cfg aws.Config, o Options) (parts, error) {
	if o.Name == "" {
		p := parts{StateMachineARN: o.Machine, Table: o.Table}
		for name, value := range map[string]string{VariableMachine: p.StateMachineARN, VariableTable: p.Table} {
			if value == "" {
				return p, exit.Usage("%s is not set: want both %s and %s, or --stack", name, VariableMachine, VariableTable)
			}
		}
		return p, nil
	}
	var p parts
	name := "/lacuna/" + o.Name
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() == "ParameterNotFound" {
		return p, fmt.Errorf("there is no stack %s in %s: no SSM parameter %s. --stack and AWS_REGION choose another, make deploy makes one",
			o.Name, cfg.Region, name)
	}
	if err != nil {
		return p, fmt.Errorf("stack %s: %w", o.Name, err)
	}
	if out.Parameter == nil {
		return p, fmt.Errorf("stack %s: the answer to SSM parameter %s has none: %s", o.Name, name, OtherEndpoint)
	}
	if p, err = parseParts(aws.ToString(out.Parameter.Value)); err != nil {
		return p, fmt.Errorf("stack %s: SSM parameter %s: %w", o.Name, name, err)
	}
	if p.Table == "" {
		return p, fmt.Errorf("stack %s: SSM parameter %s names no table", o.Name, name)
	}
	return p, nil
}

// OtherEndpoint mends an answer that is none of AWS's.
const OtherEndpoint = "the endpoint (AWS_ENDPOINT_URL) of AWS, or a proxy in between"

// maxParts is how long the parameter may be: SSM keeps up to 8 KB.
const maxParts = 32 << 10

func parseParts(text string) (p parts, err error) {
	if len(text) > maxParts {
		return p, fmt.Errorf("%d bytes: want at most %d", len(text), maxParts)
	}
	if err := bound.JSON(text, maxParts, 10); err != nil {
		return p, err
	}
	err = json.Unmarshal([]byte(text), &p)
	return p, err
}

// OpenTable returns the table of that name, which need not be that of a stack, in the region
// and with the credentials of a stack's options.
func OpenTable(ctx context.Context, o Options, name string) (*dynamo.Store, error) {
	cfg, err := LoadConfig(ctx, o)
	if err != nil {
		return nil, err
	}
	return dynamo.New(dynamodb.NewFromConfig(cfg), name), nil
}

// Close does nothing: a stack holds nothing open.
func (s *Stack) Close() error { return nil }

// SeriesKeys returns those of asked that have a row.
func (s *Stack) SeriesKeys(ctx context.Context, asked []string) ([]string, error) {
	var keys []string
	for _, key := range asked {
		has, err := s.Has(ctx, key)
		if err != nil {
			return nil, err
		}
		if has {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (s *Stack) executionARN(run string) string {
	x := s.Machine
	x.Resource = "execution:" + strings.TrimPrefix(x.Resource, "stateMachine:") + ":" + run
	return x.String()
}
