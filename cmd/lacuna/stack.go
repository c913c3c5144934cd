package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"lacuna/internal/bound"
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

// stack is the pipeline in an AWS account.
type stack struct {
	parts
	*dynamo.Store // its table

	config  aws.Config
	machine arn.ARN
	states  *sfn.Client
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
	Catalogue       *catalogueHash       `json:"catalogue"`               // nil: of before it was noted
}

type queueURLs struct {
	URL  string `json:"url"`
	Dead string `json:"dlq_url"`
}

// Variables that say where the table and the state machine are, without a name.
const (
	variableMachine = "LACUNA_STATE_MACHINE_ARN"
	variableTable   = "LACUNA_TABLE"
)

// byVariables reports whether variables say where the stack is.
func (a *app) byVariables() bool {
	return !a.flags.Changed("stack") && (a.env[variableMachine] != "" || a.env[variableTable] != "")
}

// openStack finds the stack, once.
func (a *app) openStack(ctx context.Context) (*stack, error) {
	if a.stack != nil {
		return a.stack, nil
	}
	cfg, err := a.configAWS(ctx)
	if err != nil {
		return nil, err
	}
	p, err := a.findParts(ctx, cfg)
	if err != nil {
		return nil, err
	}
	a.stack, err = newStack(cfg, p)
	return a.stack, err
}

func newStack(cfg aws.Config, p parts) (*stack, error) {
	machine, err := arn.Parse(p.StateMachineARN)
	if err == nil && !strings.HasPrefix(machine.Resource, "stateMachine:") {
		err = errors.New("of something else")
	}
	if err != nil {
		return nil, fmt.Errorf("state machine %q: want an ARN of one: %w", p.StateMachineARN, err)
	}
	return &stack{
		parts: p, config: cfg, machine: machine,
		Store: dynamo.New(dynamodb.NewFromConfig(cfg), p.Table), states: sfn.NewFromConfig(cfg),
	}, nil
}

// callTime is what one try of a call may last; the SDK has no limit of its own.
const callTime = 30 * time.Second

// configAWS reads AWS's own variables and files, and fetches the credentials.
func (a *app) configAWS(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.LoggerFunc(a.logSDK)),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTime)))
	if err != nil {
		return cfg, fmt.Errorf("configuration of AWS: %w", err)
	}
	if machine, err := arn.Parse(a.env[variableMachine]); cfg.Region == "" && a.byVariables() && err == nil {
		cfg.Region = machine.Region
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region: set AWS_REGION, or AWS_PROFILE to a profile that has one")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, &credentialsError{err}
	}
	return cfg, nil
}

// credentialsError is an error of getting credentials, before any was used.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "no AWS credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// logSDK takes what the SDK would write to stderr by itself.
func (a *app) logSDK(kind logging.Classification, format string, args ...any) {
	if kind == logging.Warn {
		a.note("AWS SDK: %s", fmt.Sprintf(format, args...))
	}
}

func (a *app) findParts(ctx context.Context, cfg aws.Config) (parts, error) {
	if a.byVariables() {
		p := parts{StateMachineARN: a.env[variableMachine], Table: a.env[variableTable]}
		for name, value := range map[string]string{variableMachine: p.StateMachineARN, variableTable: p.Table} {
			if value == "" {
				return p, usage("%s is not set: want both %s and %s, or --stack", name, variableMachine, variableTable)
			}
		}
		return p, nil
	}
	var p parts
	name := "/lacuna/" + a.stackName
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() == "ParameterNotFound" {
		return p, fmt.Errorf("there is no stack %s in %s: no SSM parameter %s. --stack and AWS_REGION choose another, make deploy makes one",
			a.stackName, cfg.Region, name)
	}
	if err != nil {
		return p, fmt.Errorf("stack %s: %w", a.stackName, err)
	}
	if out.Parameter == nil {
		return p, fmt.Errorf("stack %s: the answer to SSM parameter %s has none: %s", a.stackName, name, otherEndpoint)
	}
	if p, err = parseParts(aws.ToString(out.Parameter.Value)); err != nil {
		return p, fmt.Errorf("stack %s: SSM parameter %s: %w", a.stackName, name, err)
	}
	if p.Table == "" {
		return p, fmt.Errorf("stack %s: SSM parameter %s names no table", a.stackName, name)
	}
	return p, nil
}

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

// Close does nothing: a stack holds nothing open.
func (s *stack) Close() error { return nil }

// openTable opens the stack for its rows, and says when it was deployed with
// another catalogue.
func (a *app) openTable(ctx context.Context) (rowWriter, error) {
	s, err := a.openStack(ctx)
	if err != nil {
		return nil, err
	}
	return s, a.noteCatalogue(s)
}

// SeriesKeys returns those of asked that have a row.
func (s *stack) SeriesKeys(ctx context.Context, asked []string) ([]string, error) {
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

// names of an execution: the ARN that the API wants, and the page of the console.

func (s *stack) executionARN(run string) string {
	x := s.machine
	x.Resource = "execution:" + strings.TrimPrefix(x.Resource, "stateMachine:") + ":" + run
	return x.String()
}

func (s *stack) consoleURL(run string) string {
	domain := "console.aws.amazon.com"
	switch s.machine.Partition {
	case "aws-cn":
		domain = "console.amazonaws.cn"
	case "aws-us-gov":
		domain = "console.amazonaws-us-gov.com"
	}
	region := s.machine.Region
	return fmt.Sprintf("https://%s.%s/states/home?region=%s#/v2/executions/details/%s", region, domain, region, s.executionARN(run))
}
