package sfnapi_test

import (
	"fmt"
	"testing"

	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

// returns is a machine whose output is n.
func returns(n int) string {
	return fmt.Sprintf(`{"StartAt":"A","States":{"A":{"Type":"Pass","Result":%d,"End":true}}}`, n)
}

// published creates a machine m with as many versions, which return their numbers.
func published(t *testing.T, c *sfn.Client, versions int) *string {
	t.Helper()
	created, err := c.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("m"), Definition: aws.String(returns(1)), RoleArn: aws.String(role), Publish: true, VersionDescription: aws.String("the first"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := aws.ToString(created.StateMachineVersionArn), *created.StateMachineArn+":1"; got != want {
		t.Fatalf("version %s, want %s", got, want)
	}
	for n := 2; n <= versions; n++ {
		updated, err := c.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: created.StateMachineArn, Definition: aws.String(returns(n)), Publish: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := aws.ToString(updated.StateMachineVersionArn), fmt.Sprint(*created.StateMachineArn, ":", n); got != want {
			t.Fatalf("version %s, want %s", got, want)
		}
	}
	return created.StateMachineArn
}

func qualified(arn *string, qualifier any) *string {
	return aws.String(fmt.Sprint(*arn, ":", qualifier))
}

func versionsOf(t *testing.T, c *sfn.Client, arn *string) []string {
	t.Helper()
	out, err := c.ListStateMachineVersions(t.Context(), &sfn.ListStateMachineVersionsInput{StateMachineArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, v := range out.StateMachineVersions {
		list = append(list, *v.StateMachineVersionArn)
	}
	return list
}

func output(t *testing.T, c *sfn.Client, arn *string) string {
	t.Helper()
	follow(t, c, arn, types.HistoryEventTypeExecutionSucceeded)
	return aws.ToString(describe(t, c, arn).Output)
}

func TestVersionsAreImmutable(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := published(t, c, 2)
	if _, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(returns(3)), RoleArn: aws.String(role + "3"),
		LoggingConfiguration: &types.LoggingConfiguration{Level: types.LogLevelAll}}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		of              *string
		output, version string
		definition      string
		description     string
		revised         bool
		level           types.LogLevel
	}{
		{arn, "3", "", returns(3), "", true, types.LogLevelAll},
		{qualified(arn, 1), "1", *qualified(arn, 1), returns(1), "the first", false, types.LogLevelOff},
		{qualified(arn, 2), "2", *qualified(arn, 2), returns(2), "", true, types.LogLevelOff},
	} {
		m, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: tt.of})
		if err != nil {
			t.Fatal(err)
		}
		if *m.StateMachineArn != *tt.of || *m.Name != "m" || *m.Definition != tt.definition || aws.ToString(m.Description) != tt.description ||
			(m.RevisionId != nil) != tt.revised || m.LoggingConfiguration.Level != tt.level {
			t.Errorf("%s described as %+v", *tt.of, m)
		}
		x := run(t, c, tt.of, "run-"+tt.output, "{}")
		if got := output(t, c, x); got != tt.output {
			t.Errorf("%s returned %s, want %s", *tt.of, got, tt.output)
		}
		e := describe(t, c, x)
		if *e.StateMachineArn != *arn || aws.ToString(e.StateMachineVersionArn) != tt.version || e.StateMachineAliasArn != nil {
			t.Errorf("execution of %s described as %+v", *tt.of, e)
		}
		of, err := c.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: x})
		if err != nil || *of.StateMachineArn != *arn || *of.Definition != tt.definition || aws.ToString(of.RevisionId) != aws.ToString(m.RevisionId) {
			t.Errorf("machine of the execution of %s: %+v, %v", *tt.of, of, err)
		}
		list, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: tt.of})
		if err != nil || tt.version != "" && (len(list.Executions) != 1 || *list.Executions[0].ExecutionArn != *x || aws.ToString(list.Executions[0].StateMachineVersionArn) != tt.version) {
			t.Errorf("executions of %s: %+v, %v", *tt.of, list, err)
		}
	}
	all, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: arn})
	if err != nil || len(all.Executions) != 3 {
		t.Errorf("executions of the machine: %+v, %v", all, err)
	}
	_, err = c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: qualified(arn, 2), Definition: aws.String(returns(4))})
	wantCode(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+*arn+":2'")
	_, err = c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: qualified(arn, 2)})
	wantCode(t, err, "ValidationException", "not the ARN of a state machine")
	_, err = c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: qualified(arn, 3)})
	wantCode(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+*arn+":3'")
}

// TestPublish: the same revision gives the same version, and a number is never given again.
func TestPublish(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := create(t, c, "m", returns(1))
	publish := func() string {
		t.Helper()
		out, err := c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		return *out.StateMachineVersionArn
	}
	if first, again := publish(), publish(); first != *qualified(arn, 1) || again != first {
		t.Errorf("versions %s and %s", first, again)
	}
	same, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(returns(1)), Publish: true})
	if err != nil || aws.ToString(same.StateMachineVersionArn) != *qualified(arn, 1) || same.RevisionId != nil {
		t.Errorf("an update that changes nothing: %+v, %v", same, err)
	}
	updated, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(returns(2))})
	if err != nil || updated.StateMachineVersionArn != nil || updated.RevisionId == nil {
		t.Fatalf("updated to %+v, %v", updated, err)
	}
	second, err := c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: arn, RevisionId: updated.RevisionId, Description: aws.String("d")})
	if err != nil || *second.StateMachineVersionArn != *qualified(arn, 2) {
		t.Errorf("published as %+v, %v", second, err)
	}
	_, err = c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: arn, RevisionId: aws.String("r")})
	wantCode(t, err, "ConflictException", "Failed to publish the State Machine version for revision r. The current State Machine revision is "+*updated.RevisionId+".")
	if diff := cmp.Diff([]string{*qualified(arn, 2), *qualified(arn, 1)}, versionsOf(t, c, arn)); diff != "" {
		t.Errorf("versions mismatch (-want +got):\n%s", diff)
	}
	for range 2 {
		if _, err := c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: qualified(arn, 2)}); err != nil {
			t.Errorf("deleted: %v", err)
		}
	}
	if third := publish(); third != *qualified(arn, 3) {
		t.Errorf("published after the deletion as %s", third)
	}
	_, err = c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: arn})
	wantCode(t, err, "ValidationException", "not the ARN of a version")
}

// TestCreateAgain is idempotent with the same publication only (API reference).
func TestCreateAgain(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	in := func(publish bool, description *string) *sfn.CreateStateMachineInput {
		return &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(pass), RoleArn: aws.String(role), Publish: publish, VersionDescription: description}
	}
	for range 2 {
		if out, err := c.CreateStateMachine(ctx, in(true, aws.String("d"))); err != nil || aws.ToString(out.StateMachineVersionArn) != *out.StateMachineArn+":1" {
			t.Errorf("created %+v, %v", out, err)
		}
	}
	_, err := c.CreateStateMachine(ctx, in(false, nil))
	wantCode(t, err, "StateMachineAlreadyExists", "")
	_, err = c.CreateStateMachine(ctx, in(true, aws.String("e")))
	wantCode(t, err, "StateMachineAlreadyExists", "")
	logged := in(true, aws.String("d"))
	logged.LoggingConfiguration = &types.LoggingConfiguration{Level: types.LogLevelAll}
	_, err = c.CreateStateMachine(ctx, logged)
	wantCode(t, err, "StateMachineAlreadyExists", "")
}

func TestVersionPages(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := published(t, c, 7)
	var got []string
	var token *string
	for {
		out, err := c.ListStateMachineVersions(ctx, &sfn.ListStateMachineVersionsInput{StateMachineArn: arn, MaxResults: 3, NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range out.StateMachineVersions {
			got = append(got, *v.StateMachineVersionArn)
		}
		if token = out.NextToken; token == nil {
			break
		}
	}
	var want []string
	for n := 7; n > 0; n-- {
		want = append(want, *qualified(arn, n))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions mismatch (-want +got):\n%s", diff)
	}
}

func TestVersionQuota(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	arn := published(t, c, 1000)
	full := func(err error) {
		t.Helper()
		wantCode(t, err, "ServiceQuotaExceededException", "has 1000 versions")
	}
	_, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(returns(0)), Publish: true})
	full(err)
	if m, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: arn}); err != nil || *m.Definition != returns(1000) {
		t.Errorf("the refused update left %+v, %v", m, err)
	}
	if again, err := c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: arn}); err != nil || *again.StateMachineVersionArn != *qualified(arn, 1000) {
		t.Errorf("published again: %+v, %v", again, err)
	}
	if _, err := c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: arn, Definition: aws.String(returns(0))}); err != nil {
		t.Fatal(err)
	}
	_, err = c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: arn})
	full(err)
	if _, err := c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: qualified(arn, 1)}); err != nil {
		t.Fatal(err)
	}
	if out, err := c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: arn}); err != nil || *out.StateMachineVersionArn != *qualified(arn, 1001) {
		t.Errorf("published after a deletion: %+v, %v", out, err)
	}
}
