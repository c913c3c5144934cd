package sfnapi_test

import (
	"fmt"
	"strings"
	"testing"

	"lacuna/internal/sfnapi"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

// routes leads to versions of a machine; pairs are their numbers and weights.
func routes(arn *string, pairs ...int32) (list []types.RoutingConfigurationListItem) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, types.RoutingConfigurationListItem{StateMachineVersionArn: qualified(arn, pairs[i]), Weight: pairs[i+1]})
	}
	return list
}

func alias(t *testing.T, c *sfn.Client, name string, to []types.RoutingConfigurationListItem) *string {
	t.Helper()
	out, err := c.CreateStateMachineAlias(t.Context(), &sfn.CreateStateMachineAliasInput{Name: &name, RoutingConfiguration: to})
	if err != nil {
		t.Fatal(err)
	}
	return out.StateMachineAliasArn
}

func aliasesOf(t *testing.T, c *sfn.Client, arn *string) []string {
	t.Helper()
	list := []string{}
	var token *string
	for {
		out, err := c.ListStateMachineAliases(t.Context(), &sfn.ListStateMachineAliasesInput{StateMachineArn: arn, MaxResults: 2, NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range out.StateMachineAliases {
			list = append(list, *a.StateMachineAliasArn)
		}
		if token = out.NextToken; token == nil {
			return list
		}
	}
}

func TestAliasLife(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	machine := published(t, c, 3)
	arn := alias(t, c, "live", routes(machine, 1, 100))
	if *arn != *qualified(machine, "live") {
		t.Errorf("ARN %s", *arn)
	}
	if again := alias(t, c, "live", routes(machine, 1, 100)); *again != *arn {
		t.Errorf("created again as %s", *again)
	}
	_, err := c.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("live"), RoutingConfiguration: routes(machine, 2, 100)})
	wantCode(t, err, "ConflictException", "Failed to create alias because an alias with the same name and a different routing configuration already exists.")
	_, err = c.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("live"), Description: aws.String("d"), RoutingConfiguration: routes(machine, 1, 100)})
	wantCode(t, err, "ConflictException", "already exists")

	if _, err := c.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: arn, Description: aws.String("d")}); err != nil {
		t.Fatal(err)
	}
	updated, err := c.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: arn, RoutingConfiguration: routes(machine, 1, 40, 2, 60)})
	if err != nil {
		t.Fatal(err)
	}
	described, err := c.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(*described.StateMachineAliasArn, *described.Name, *described.Description, described.UpdateDate.Equal(*updated.UpdateDate), described.CreationDate.After(*described.UpdateDate))
	if want := fmt.Sprint(*arn, "live", "d", true, false); got != want {
		t.Errorf("described as %s, want %s", got, want)
	}
	for i, want := range routes(machine, 1, 40, 2, 60) {
		if r := described.RoutingConfiguration[i]; *r.StateMachineVersionArn != *want.StateMachineVersionArn || r.Weight != want.Weight {
			t.Errorf("route %d to %s with %d", i, *r.StateMachineVersionArn, r.Weight)
		}
	}
	m, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: arn})
	if err != nil || *m.Definition != returns(2) || *m.StateMachineArn != *qualified(machine, 2) {
		t.Errorf("the machine of the alias: %+v, %v", m, err)
	}

	other := []string{*arn, *alias(t, c, "a-2", routes(machine, 2, 100)), *alias(t, c, "a.3", routes(machine, 3, 100))}
	if diff := cmp.Diff(other, aliasesOf(t, c, machine)); diff != "" {
		t.Errorf("aliases mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(other[:2], aliasesOf(t, c, qualified(machine, 2))); diff != "" {
		t.Errorf("aliases of version 2 mismatch (-want +got):\n%s", diff)
	}
	_, err = c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: qualified(machine, 2)})
	wantCode(t, err, "ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live, a-2]")
	for range 2 {
		if _, err := c.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: arn}); err != nil {
			t.Errorf("deleted: %v", err)
		}
	}
	_, err = c.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: arn})
	wantCode(t, err, "ResourceNotFound", "Request references a resource that does not exist.")
	_, err = c.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: arn, Description: aws.String("d")})
	wantCode(t, err, "ResourceNotFound", "Request references a resource that does not exist.")
	_, err = c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: arn})
	wantCode(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+*arn+"'")
	if _, err := c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: qualified(machine, 1)}); err != nil {
		t.Errorf("a version that no alias leads to any more: %v", err)
	}
	if _, err := c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: machine}); err != nil {
		t.Errorf("a machine with aliases: %v", err)
	}
	_, err = c.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: machine})
	wantCode(t, err, "StateMachineDoesNotExist", *machine)
}

// TestAliasRoutes starts executions by an alias, which is switched from one version to
// another and back: a rollback.
func TestAliasRoutes(t *testing.T) {
	c, ctx := start(t, sfnapi.Options{}), t.Context()
	machine := published(t, c, 2)
	arn := alias(t, c, "live", routes(machine, 1, 100))
	for i, to := range []int32{1, 2, 1} {
		for j, weights := range [][]types.RoutingConfigurationListItem{routes(machine, to, 100), routes(machine, to, 100, 3-to, 0), routes(machine, 3-to, 0, to, 100)} {
			if _, err := c.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: arn, RoutingConfiguration: weights}); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				x := run(t, c, arn, fmt.Sprintf("e-%d-%d-%d", i, j, n), "{}")
				if got := output(t, c, x); got != fmt.Sprint(to) {
					t.Fatalf("version %s ran, want %d", got, to)
				}
				e := describe(t, c, x)
				if aws.ToString(e.StateMachineAliasArn) != *arn || aws.ToString(e.StateMachineVersionArn) != *qualified(machine, to) || *e.StateMachineArn != *machine {
					t.Errorf("described as %+v", e)
				}
			}
		}
	}
	run(t, c, qualified(machine, 1), "by-version", "{}")
	for of, want := range map[*string]int{arn: 27, machine: 28, qualified(machine, 2): 9, qualified(machine, 1): 19} {
		list, err := c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: of})
		if err != nil {
			t.Fatalf("executions of %s: %v", *of, err)
		}
		if len(list.Executions) != want {
			t.Errorf("%d executions of %s, want %d", len(list.Executions), *of, want)
		}
	}
}

// TestAliasOfTwo runs both versions, as often as chance has it.
func TestAliasOfTwo(t *testing.T) {
	c := start(t, sfnapi.Options{})
	machine := published(t, c, 2)
	arn := alias(t, c, "live", routes(machine, 1, 50, 2, 50))
	ran := map[string]int{}
	for i := range 64 {
		ran[output(t, c, run(t, c, arn, fmt.Sprint("e", i), "{}"))]++
	}
	if ran["1"]+ran["2"] != 64 || ran["1"] == 0 || ran["2"] == 0 {
		t.Errorf("executions of the versions: %v", ran)
	}
}

// TestHeaviest describes an alias of two versions by the one that most executions run, and by
// the first of two equal ones.
func TestHeaviest(t *testing.T) {
	c := start(t, sfnapi.Options{})
	machine := published(t, c, 2)
	for weight, want := range map[int32]int{49: 2, 50: 1, 51: 1} {
		arn := alias(t, c, fmt.Sprint("a", weight), routes(machine, 1, weight, 2, 100-weight))
		m, err := c.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		if *m.Definition != returns(want) {
			t.Errorf("with %d and %d: %s, want version %d", weight, 100-weight, *m.Definition, want)
		}
	}
}

// TestQualifiedWithMocks starts a test case of a version and of an alias, and a child by
// its alias.
func TestQualifiedWithMocks(t *testing.T) {
	none := 0.0
	c, ctx := start(t, sfnapi.Options{Mocks: mocks(t, `{"C":{"N":"R"}}`, `{"R":{"0":{"Return":7}}}`), WaitScale: &none}), t.Context()
	created, err := c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), Definition: aws.String(nesting("", "{}")), RoleArn: aws.String(role), Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	arn := alias(t, c, "live", routes(created.StateMachineArn, 1, 100))
	for _, of := range []*string{created.StateMachineVersionArn, arn} {
		x := run(t, c, aws.String(*of+"#C"), strings.ReplaceAll(*of, ":", "-"), "{}")
		if got := output(t, c, x); got != "7" {
			t.Errorf("%s#C returned %s", *of, got)
		}
	}
	x := run(t, c, create(t, c, "parent", nesting(".sync:2", `{"StateMachineArn":"`+*arn+`#C","Name":"child"}`)), "p", "{}")
	if got := output(t, c, x); !strings.Contains(got, `"Output":7`) {
		t.Errorf("the parent returned %s", got)
	}
}

func TestAliasQuota(t *testing.T) {
	c := start(t, sfnapi.Options{})
	machine := published(t, c, 1)
	for i := range 100 {
		alias(t, c, fmt.Sprint("a", i), routes(machine, 1, 100))
	}
	_, err := c.CreateStateMachineAlias(t.Context(), &sfn.CreateStateMachineAliasInput{Name: aws.String("b"), RoutingConfiguration: routes(machine, 1, 100)})
	wantCode(t, err, "ServiceQuotaExceededException", "has 100 aliases")
	alias(t, c, "a99", routes(machine, 1, 100))
}
