package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lacuna/internal/choice"
	"lacuna/internal/lazy"
	"lacuna/internal/output"
	"lacuna/internal/stack"
	"lacuna/statemachine"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func (a *app) examineAWS(ctx context.Context, d *diagnosis) {
	d.deploy = "make deploy NAME=" + output.Quote(a.stackName)
	cfg, ok := a.examineCredentials(ctx, d)
	if !ok {
		return
	}
	d.good("endpoints", "%s", endpoints(cfg))
	s, err := a.openStack(ctx)
	if err != nil {
		d.failed("stack", err, d.deploy)
		return
	}
	d.good("stack", "table %s, state machine %s", s.Table, s.StateMachineARN)
	d.examineTable(ctx, s)
	d.examineQueues(ctx, s, a)
	definition := d.examineDefinition(ctx, s)
	d.examineFunctions(ctx, s, definition)
	d.examinePublishers(ctx, s, a)
	a.examineCatalogue(d, s)
	c, _, err := choice.Read(a.catalogue)
	if err != nil {
		d.bad("catalogue", a.again("series validate"), "%v", err)
		return
	}
	a.examineSettled(ctx, d, s, learned(c))
}

// examineCredentials says who calls, and returns how AWS is asked.
func (a *app) examineCredentials(ctx context.Context, d *diagnosis) (cfg aws.Config, ok bool) {
	cfg, err := stack.LoadConfig(ctx, a.stackOptions())
	if err != nil {
		d.failed("credentials", err, "AWS_PROFILE and AWS_REGION, or aws configure")
		return cfg, false
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		d.failed("credentials", err, "aws sso login, or AWS_PROFILE")
		return cfg, false
	}
	d.good("credentials", "%s in %s", aws.ToString(who.Arn), cfg.Region)
	return cfg, true
}

// failed adds an error of AWS; mend is for those that tell nothing better.
func (d *diagnosis) failed(check string, err error, mend string) {
	d.unreachable = d.unreachable || stack.Unanswered(err)
	if what := stack.Hint(err); what != "" && what != stack.AskDoctor {
		mend = what
	}
	d.bad(check, mend, "%v", err)
}

// endpoints says where the services are asked, as the SDK has resolved it.
func endpoints(cfg aws.Config) string {
	of := map[string]string{
		"DynamoDB": aws.ToString(dynamodb.NewFromConfig(cfg).Options().BaseEndpoint), "SQS": aws.ToString(sqs.NewFromConfig(cfg).Options().BaseEndpoint),
		"Step Functions": aws.ToString(sfn.NewFromConfig(cfg).Options().BaseEndpoint), "STS": aws.ToString(sts.NewFromConfig(cfg).Options().BaseEndpoint),
		"SSM": aws.ToString(ssm.NewFromConfig(cfg).Options().BaseEndpoint), "Lambda": aws.ToString(lambda.NewFromConfig(cfg).Options().BaseEndpoint),
		"CloudWatch Logs": aws.ToString(cloudwatchlogs.NewFromConfig(cfg).Options().BaseEndpoint),
	}
	byURL := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		url := cmp.Or(of[name], "AWS's own")
		byURL[url] = append(byURL[url], name)
	}
	if len(byURL) == 1 {
		for url := range byURL {
			return url
		}
	}
	var parts []string
	for _, url := range slices.Sorted(maps.Keys(byURL)) {
		parts = append(parts, fmt.Sprintf("%s: %s", strings.Join(byURL[url], ", "), url))
	}
	return strings.Join(parts, "; ")
}

func (d *diagnosis) examineTable(ctx context.Context, s *stack.Stack) {
	client := dynamodb.NewFromConfig(s.Config)
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.Table})
	if err != nil {
		d.failed("table", err, d.deploy)
		return
	}
	if out.Table == nil {
		d.bad("table", stack.OtherEndpoint, "%s: the answer describes no table", s.Table)
		return
	}
	var keys []string
	for _, k := range out.Table.KeySchema {
		keys = append(keys, fmt.Sprintf("%s %s", aws.ToString(k.AttributeName), k.KeyType))
	}
	switch got := strings.Join(keys, ", "); {
	case got != "info_type HASH, date RANGE":
		d.bad("table", "LACUNA_TABLE or --stack of a table of lacuna", "%s has the key %s, want info_type HASH, date RANGE", s.Table, got)
	case out.Table.TableStatus != dynamodbtypes.TableStatusActive:
		d.bad("table", "wait, and look again", "%s is %s", s.Table, out.Table.TableStatus)
	default:
		d.good("table", "%s is active, its key is %s", s.Table, got)
	}
	ttl, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &s.Table})
	if err != nil {
		d.failed("time to live", err, d.deploy)
		return
	}
	t := ttl.TimeToLiveDescription
	if t == nil || t.TimeToLiveStatus != dynamodbtypes.TimeToLiveStatusEnabled || aws.ToString(t.AttributeName) != "expires_at" {
		d.bad("time to live", d.deploy, "not enabled on expires_at: what streams did would stay for ever")
		return
	}
	d.good("time to live", "on expires_at")
}

func (d *diagnosis) examineQueues(ctx context.Context, s *stack.Stack, a *app) {
	client := sqs.NewFromConfig(s.Config)
	for _, source := range slices.Sorted(maps.Keys(s.Queues)) {
		check := "queue " + source
		waiting, working, err := stack.Messages(ctx, client, s.Queues[source].URL)
		if err != nil {
			d.failed(check, err, d.deploy)
			continue
		}
		dead, hidden, err := stack.Messages(ctx, client, s.Queues[source].Dead)
		switch {
		case err != nil:
			d.failed(check, err, d.deploy)
		case dead+hidden > 0:
			d.bad(check, a.again("backfill")+", then "+a.again("dlq drop"), "%s", output.Count(dead+hidden, "dead letter"))
		default:
			d.good(check, "%s waiting, %d at work, no dead letters", output.Count(waiting, "message"), working)
		}
	}
}

// examineDefinition returns the definition in force, which is that of the version
// the alias leads to; "" when it is not known.
func (d *diagnosis) examineDefinition(ctx context.Context, s *stack.Stack) string {
	machine, err := machineInForce(ctx, s)
	if err != nil {
		d.failed("definition", err, d.deploy)
		return ""
	}
	out, err := s.States.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
	if err != nil {
		d.failed("definition", err, d.deploy)
		return ""
	}
	definition := aws.ToString(out.Definition)
	shipped, err := statemachine.Definition(func(name string) (string, bool) {
		if name == "partition" {
			return s.Machine.Partition, true
		}
		return "", true
	})
	if err != nil {
		d.bad("definition", d.deploy, "%v", err)
		return definition
	}
	if !bytes.Equal(withoutFunctions([]byte(definition)), withoutFunctions(shipped)) {
		d.bad("definition", d.deploy+"; or use the lacuna of the version that was deployed", "not the one of this lacuna (%s)", build().Version)
	} else {
		d.good("definition", "the one of this lacuna")
	}
	return definition
}

// machineInForce returns the ARN of the version that runs are started of, of the
// heavier one where the alias has two; without an alias that of the machine.
func machineInForce(ctx context.Context, s *stack.Stack) (string, error) {
	if s.AliasARN == "" {
		return s.StateMachineARN, nil
	}
	out, err := s.States.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &s.AliasARN})
	if err != nil {
		return "", err
	}
	if len(out.RoutingConfiguration) == 0 {
		return "", fmt.Errorf("the alias %s leads to no version", s.AliasARN)
	}
	heaviest := slices.MaxFunc(out.RoutingConfiguration, func(a, b sfntypes.RoutingConfigurationListItem) int { return cmp.Compare(a.Weight, b.Weight) })
	return aws.ToString(heaviest.StateMachineVersionArn), nil
}

var functionName = lazy.Regexp(`"FunctionName":"[^"]*"`)

// withoutFunctions returns a definition as compact JSON that names no function.
func withoutFunctions(definition []byte) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, definition); err != nil {
		return definition // unlike every definition
	}
	return functionName().ReplaceAll(out.Bytes(), []byte(`"FunctionName":""`))
}

func (d *diagnosis) examineFunctions(ctx context.Context, s *stack.Stack, definition string) {
	client := lambda.NewFromConfig(s.Config)
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		arn, check := s.Functions[name], "function "+name
		out, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &arn}) // of the version, as the reader policy allows
		if err != nil {
			d.failed(check, err, d.deploy)
			continue
		}
		byQueue := strings.HasPrefix(name, "scrape-")
		switch version := aws.ToString(out.Version); {
		case out.State == lambdatypes.StateFailed:
			d.bad(check, d.deploy, "version %s failed: %s", version, aws.ToString(out.StateReason))
		case !byQueue && definition != "" && !strings.Contains(definition, `"`+arn+`"`):
			d.bad(check, d.deploy, "version %s is not the one that the definition names", version)
		case byQueue:
			d.good(check, "version %s", version)
		default:
			d.good(check, "version %s, which the definition names", version)
		}
	}
}

func (a *app) examineCatalogue(d *diagnosis, s *stack.Stack) {
	const check = "catalogue"
	name, here, err := stack.HashCatalogue(a.catalogue)
	switch {
	case err != nil:
		d.bad(check, a.again("series validate"), "%v", err)
	case s.Catalogue == nil && a.byVariables():
		d.good(check, "which one was deployed is not known without --stack")
	case s.Catalogue == nil:
		d.bad(check, d.deploy, "which one was deployed is not known: it was by an older version")
	case s.Catalogue.Own != here.Own:
		d.bad(check, "--catalogue of the deployed file; or "+d.deploy+" CATALOGUE=FILE", "%s is not the one that was deployed", name)
	case s.Catalogue.Shipped != here.Shipped:
		d.bad(check, d.deploy, "the built-in one, which %s may include, is not the one that was deployed", name)
	default:
		d.good(check, "%s is the one that was deployed", name)
	}
}
