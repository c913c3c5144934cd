package asl

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResource(t *testing.T) {
	tests := []struct {
		resource string
		want     TaskFields
	}{
		{"arn:aws:states:::sqs:sendMessage", TaskFields{Service: "sqs", Action: "sendMessage"}},
		{"arn:aws:states:eu-central-1:123456789012:sqs:sendMessage", TaskFields{Service: "sqs", Action: "sendMessage"}},
		{"arn:aws:states:us-east-1:123456789012:aws-sdk:s3:getObject", TaskFields{Service: "aws-sdk:s3", Action: "getObject"}},
		{"arn:aws:states:us-east-1::lambda:invoke", TaskFields{Service: "lambda", Action: "invoke"}},
		{"arn:aws-us-gov:states:::lambda:invoke.waitForTaskToken", TaskFields{Service: "lambda", Action: "invoke.waitForTaskToken", WaitForToken: true}},
		{"arn:aws-us-gov:states:us-gov-west-1:123456789012:aws-sdk:sfn:startExecution", TaskFields{Service: "aws-sdk:sfn", Action: "startExecution"}},
		{"arn:aws-cn:states:cn-north-1:123456789012:states:startExecution.sync:2", TaskFields{Service: "states", Action: "startExecution.sync:2", Sync: true}},
		{"arn:aws:states:us-east-1:123456789012:states:startExecution.sync", TaskFields{Service: "states", Action: "startExecution.sync", Sync: true}},
		{"arn:aws:states:us-east-1:123456789012:activity:work", TaskFields{Activity: true}},
		{"arn:aws:lambda:us-east-1:123456789012:function:f", TaskFields{}},
	}
	for _, tt := range tests {
		t.Run(tt.resource, func(t *testing.T) {
			m, err := Parse(fmt.Appendf(nil, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": %q, "End": true}}}`, tt.resource))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Resource = tt.resource
			if diff := cmp.Diff(&tt.want, m.State("A").Task); diff != "" {
				t.Errorf("task mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResourceRefuses(t *testing.T) {
	for _, resource := range []string{
		"arn:aws:states:us-east-1:123456789012:stateMachine:child", "arn:aws:states:us-east-1:123456789012:sqs:deleteMessage",
		"arn:aws:states:us-east-1:123456789012:lambda:invoke.later", "arn:aws:states:us-east-1:123456789012:nothing", "arn:aws:s3:::bucket", "arn:aws:states:::", "function",
	} {
		if _, err := Parse(fmt.Appendf(nil, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": %q, "End": true}}}`, resource)); err == nil {
			t.Errorf("%s is taken", resource)
		}
	}
}
