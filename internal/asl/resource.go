package asl

import (
	"slices"
	"strings"
)

// actions lists the optimized integrations of Step Functions (AWS developer guide,
// "Integrating optimized services"). A service with an empty list has too many actions
// to be checked here.
var actions = map[string][]string{
	"apigateway": {"invoke"}, "athena": nil, "batch": {"submitJob"}, "bedrock": nil, "codebuild": nil,
	"databrew": {"startJobRun"}, "dynamodb": {"getItem", "putItem", "deleteItem", "updateItem"},
	"ecs": {"runTask"}, "eks": nil, "elasticmapreduce": nil, "emr-containers": nil, "emr-serverless": nil,
	"events": {"putEvents"}, "glue": {"startJobRun"}, "http": {"invoke"}, "lambda": {"invoke"},
	"mediaconvert": {"createJob"}, "sagemaker": nil, "sns": {"publish"}, "sqs": {"sendMessage"},
	"states": {"startExecution"},
}

// Of the services, those whose answer is all that they do have no .sync, and these have no
// .waitForTaskToken either (the same page's table of integration patterns).
var (
	immediate = []string{"apigateway", "dynamodb", "events", "http", "lambda", "sns", "sqs"}
	tokenless = []string{"dynamodb", "http"}
)

// resource takes the Resource of a Task apart. The ARN of an integration may carry a
// region and an account, and any partition.
func (p *parser) resource(t *TaskFields, at string) {
	parts := strings.SplitN(t.Resource, ":", 6)
	switch {
	case len(parts) < 6 || parts[0] != "arn" || parts[5] == "":
		p.fail(at, "Value is not a valid resource ARN")
		return
	case parts[2] == "lambda":
		return
	case parts[2] == "states" && strings.HasPrefix(parts[5], "activity:"):
		t.Activity = true
		return
	case parts[2] != "states":
		p.unknownResource(t, at)
		return
	}
	service, action, _ := strings.Cut(parts[5], ":")
	if service == "aws-sdk" {
		api, rest, _ := strings.Cut(action, ":")
		service, action = "aws-sdk:"+api, rest
	}
	t.Service, t.Action = service, action
	name, pattern, _ := strings.Cut(action, ".")
	t.WaitForToken = pattern == "waitForTaskToken"
	t.Sync = pattern == "sync" || pattern == "sync:2"
	known, ok := actions[service]
	sdk := strings.HasPrefix(service, "aws-sdk:")
	switch {
	case !ok && !sdk, name == "", known != nil && !slices.Contains(known, name), pattern != "" && !t.WaitForToken && !t.Sync,
		t.Sync && (sdk || slices.Contains(immediate, service)), t.WaitForToken && slices.Contains(tokenless, service):
		p.unknownResource(t, at)
	}
}

func (p *parser) unknownResource(t *TaskFields, at string) {
	p.fail(at, "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", t.Resource)
}
