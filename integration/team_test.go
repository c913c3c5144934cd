//go:build integration

package integration

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// team is what a platform team hands out before anybody deploys: a key, and a
// boundary. The emulator holds roles to the boundary; of the key it keeps what
// was said, and encrypts nothing.
const team = `
resource "aws_kms_key" "team" {
  deletion_window_in_days = 7
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  path = "/team/"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["cloudwatch:PutMetricData", "dynamodb:*", "kms:*", "lambda:InvokeFunction", "logs:*", "sqs:*", "states:*"]
      Resource = "*"
    }]
  })
}

output "key" {
  value = aws_kms_key.team.arn
}

output "boundary" {
  value = aws_iam_policy.boundary.arn
}
`

// rolePath is that of the stack's roles.
const rolePath = "/lacuna/lacuna/"

// newTeam makes what the team hands out and returns it as variables of the stack.
func newTeam(t *testing.T, e *emulator) map[string]any {
	t.Helper()
	tf := &terraform{emulator: e, dir: t.TempDir(), variables: map[string]any{}}
	if err := os.WriteFile(filepath.Join(tf.dir, "main.tf"), []byte(team), 0o600); err != nil {
		t.Fatal(err)
	}
	tf.init(t)
	tf.apply(t, nil)
	return map[string]any{
		"permissions_boundary": output[string](t, tf, "boundary"),
		"role_path":            rolePath,
		"kms_key_arn":          output[string](t, tf, "key"),
	}
}

// teamHolds looks in the account for what the team asked for. That every role
// stands below its path and its boundary is in Terraform's state, which was read
// back; that the runs after this one end well says that both let them.
func teamHolds(t *testing.T, s *stack) {
	key := s.variables["kms_key_arn"].(string)
	table, err := dynamodb.NewFromConfig(s.config()).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("lacuna")})
	if err != nil {
		t.Fatal(err)
	}
	if sse := table.Table.SSEDescription; sse == nil || aws.ToString(sse.KMSMasterKeyArn) != key {
		t.Errorf("the table is under %+v, want %s", sse, key)
	}
	queue, err := s.sqs().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: s.queue(t, "ecb", false), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameKmsMasterKeyId},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := queue.Attributes["KmsMasterKeyId"]; got != key {
		t.Errorf("a queue is under %q, want %s", got, key)
	}
	groups, err := cloudwatchlogs.NewFromConfig(s.config()).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/lambda/lacuna-")})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups.LogGroups) == 0 {
		t.Error("no log groups")
	}
	for _, g := range groups.LogGroups {
		if aws.ToString(g.KmsKeyId) != key {
			t.Errorf("log group %s is under %q, want %s", *g.LogGroupName, aws.ToString(g.KmsKeyId), key)
		}
	}
	roles := s.roles(t)
	if len(roles) < 12 {
		t.Errorf("roles: %v", roles)
	}
	for name, r := range roles {
		if r.Path != rolePath || r.Boundary != s.variables["permissions_boundary"] {
			t.Errorf("role %s: %+v", name, r)
		}
	}
}

type roleLimits struct {
	Path     string `json:"path"`
	Boundary any    `json:"permissions_boundary"`
}

// roles returns the roles as the account has them.
func (s *stack) roles(t *testing.T) map[string]roleLimits {
	t.Helper()
	s.run(t, "refresh", "-input=false", "-no-color")
	return output[map[string]roleLimits](t, s.terraform, "role_limits")
}
