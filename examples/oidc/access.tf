# access.tf: what Terraform asks of AWS for a stack, service by service: to see
# it (plan), and to make, change and destroy it (apply).
#
# Where a stack has one of a thing, its name is exact. Of functions, queues, alarms
# and log groups there are many, and rates-* is also what the stack rates-test
# has: so OtherStacks denies whatever has another stack's tag, in every service that
# knows tags of resources when it decides. Roles and policies lie below the path
# /lacuna/NAME/, which is of one stack alone.
locals {
  place  = "${var.region}:${local.account}"
  bucket = "arn:${local.partition}:s3:::${var.state_bucket}"

  arn = {
    alarms     = "arn:${local.partition}:cloudwatch:${local.place}:alarm:${var.name}-*"
    bodies     = "arn:${local.partition}:s3:::${var.name}-bodies-${local.account}-${var.region}"
    dashboard  = "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${var.name}-${var.region}"
    functions  = "arn:${local.partition}:lambda:${local.place}:function:${var.name}-*"
    mappings   = "arn:${local.partition}:lambda:${local.place}:event-source-mapping:*"
    group      = "arn:${local.partition}:scheduler:${local.place}:schedule-group/${var.name}"
    schedules  = "arn:${local.partition}:scheduler:${local.place}:schedule/${var.name}/*"
    logs       = "arn:${local.partition}:logs:${local.place}:log-group:/aws/lambda/${var.name}-*"
    logs_of    = "arn:${local.partition}:logs:${local.place}:log-group:/aws/vendedlogs/states/${var.name}"
    machine    = "arn:${local.partition}:states:${local.place}:stateMachine:${var.name}"
    runs       = "arn:${local.partition}:states:${local.place}:execution:${var.name}:*"
    ended      = "arn:${local.partition}:events:${local.place}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    alias      = "arn:${local.partition}:states:${local.place}:stateMachine:${var.name}:live"
    parameter  = "arn:${local.partition}:ssm:${local.place}:parameter/lacuna/${var.name}"
    policies   = "arn:${local.partition}:iam::${local.account}:policy${local.role_path}*"
    queues     = "arn:${local.partition}:sqs:${local.place}:${var.name}-*"
    roles      = "arn:${local.partition}:iam::${local.account}:role${local.role_path}*"
    table      = "arn:${local.partition}:dynamodb:${local.place}:table/${var.name}"
    topic      = "arn:${local.partition}:sns:${local.place}:${var.name}-alarms"
    log_groups = ["arn:${local.partition}:logs:${local.place}:log-group:/aws/lambda/${var.name}-*:*", "arn:${local.partition}:logs:${local.place}:log-group:/aws/vendedlogs/states/${var.name}:*"]
  }

  read = concat([
    {
      Sid      = "OtherStacks"
      Effect   = "Deny"
      Action   = "*"
      Resource = "*"
      Condition = {
        Null            = { "aws:ResourceTag/lacuna" = "false" }
        StringNotEquals = { "aws:ResourceTag/lacuna" = var.name }
      }
    },
    {
      Sid      = "SeeTable"
      Effect   = "Allow"
      Action   = ["dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"]
      Resource = [local.arn.table]
    },
    {
      Sid      = "SeeQueues"
      Effect   = "Allow"
      Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
      Resource = [local.arn.queues]
    },
    {
      Sid    = "SeeFunctions"
      Effect = "Allow"
      # Terraform reads a function with GetFunction, which hands out its code too;
      # people's policies do without (terraform/access.tf).
      Action = [
        "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConfiguration",
        "lambda:ListTags", "lambda:ListVersionsByFunction",
      ]
      Resource = [local.arn.functions]
    },
    {
      Sid      = "SeeMappings"
      Effect   = "Allow"
      Action   = ["lambda:GetEventSourceMapping", "lambda:ListTags"]
      Resource = [local.arn.mappings]
    },
    {
      Sid    = "SeeRoles"
      Effect = "Allow"
      Action = [
        "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole", "iam:ListPolicyVersions", "iam:ListRolePolicies",
      ]
      Resource = [local.arn.roles, local.arn.policies]
    },
    {
      Sid      = "SeeMachine"
      Effect   = "Allow"
      Action   = ["states:DescribeStateMachine", "states:DescribeStateMachineAlias", "states:ListStateMachineVersions", "states:ListTagsForResource"]
      Resource = [local.arn.machine, local.arn.alias]
    },
    {
      Sid      = "SeeSchedules"
      Effect   = "Allow"
      Action   = ["scheduler:GetSchedule", "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource"]
      Resource = [local.arn.group, local.arn.schedules]
    },
    {
      Sid      = "SeeLogs"
      Effect   = "Allow"
      Action   = ["logs:ListTagsForResource"]
      Resource = concat([local.arn.logs, local.arn.logs_of], local.arn.log_groups)
    },
    {
      Sid      = "SeeAlarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"]
      Resource = [local.arn.alarms, local.arn.dashboard]
    },
    {
      Sid      = "SeeTopic"
      Effect   = "Allow"
      Action   = ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"]
      Resource = [local.arn.topic]
    },
    {
      Sid      = "SeeParameter"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource"]
      Resource = [local.arn.parameter]
    },
    {
      Sid    = "SeeBodies" # the bucket of a catalogue with `keep: bodies`, not what is in it
      Effect = "Allow"
      Action = [
        "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging",
        "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource",
      ]
      Resource = [local.arn.bodies]
    },
    {
      Sid      = "SeeLists"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "sns:GetSubscriptionAttributes", "ssm:DescribeParameters", "states:ValidateStateMachineDefinition"]
      Resource = ["*"] # they have no resource level, or are asked for all
    },
  ], [for key in var.kms_key_arn[*] : { Sid = "SeeKey", Effect = "Allow", Action = ["kms:DescribeKey"], Resource = [key] }])

  write = concat([
    {
      Sid    = "Table"
      Effect = "Allow"
      Action = [
        "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
        "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
      ]
      Resource = [local.arn.table]
    },
    {
      Sid      = "Queues"
      Effect   = "Allow"
      Action   = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
      Resource = [local.arn.queues]
    },
    {
      Sid    = "Functions"
      Effect = "Allow"
      Action = [
        "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:PublishVersion", "lambda:TagResource", "lambda:UntagResource",
        "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
      ]
      Resource = [local.arn.functions]
    },
    {
      Sid       = "Mappings"
      Effect    = "Allow"
      Action    = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
      Resource  = ["*"] # a mapping's ARN is a random one, so its function says which
      Condition = { ArnLike = { "lambda:FunctionArn" = local.arn.functions } }
    },
    {
      Sid      = "TagMappings"
      Effect   = "Allow"
      Action   = ["lambda:TagResource", "lambda:UntagResource"]
      Resource = [local.arn.mappings]
    },
    {
      # A role can do what its policy and the boundary allow, so none is made, or
      # given a policy, without the boundary; and none can be rid of it.
      Sid       = "BoundedRoles"
      Effect    = "Allow"
      Action    = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
      Resource  = [local.arn.roles]
      Condition = { StringEquals = { "iam:PermissionsBoundary" = local.boundary } }
    },
    {
      Sid    = "Roles"
      Effect = "Allow"
      Action = [
        "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole",
        "iam:TagPolicy", "iam:TagRole", "iam:UntagPolicy", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
      ]
      Resource = [local.arn.roles, local.arn.policies]
    },
    {
      Sid       = "PassRoles"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = [local.arn.roles]
      Condition = { StringEquals = { "iam:PassedToService" = ["lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"] } }
    },
    {
      Sid    = "Machine"
      Effect = "Allow"
      Action = [
        "states:CreateStateMachine", "states:CreateStateMachineAlias", "states:DeleteStateMachine", "states:DeleteStateMachineAlias",
        "states:PublishStateMachineVersion", "states:TagResource", "states:UntagResource", "states:UpdateStateMachine", "states:UpdateStateMachineAlias",
      ]
      Resource = [local.arn.machine, local.arn.alias]
    },
    {
      Sid    = "Schedules"
      Effect = "Allow"
      Action = [
        "scheduler:CreateSchedule", "scheduler:CreateScheduleGroup", "scheduler:DeleteSchedule", "scheduler:DeleteScheduleGroup",
        "scheduler:TagResource", "scheduler:UntagResource", "scheduler:UpdateSchedule",
      ]
      Resource = [local.arn.group, local.arn.schedules]
    },
    {
      Sid    = "Logs"
      Effect = "Allow"
      Action = [
        "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey",
        "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
      ]
      Resource = concat([local.arn.logs, local.arn.logs_of], local.arn.log_groups)
    },
    {
      Sid      = "Alarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
      Resource = [local.arn.alarms, local.arn.dashboard]
    },
    {
      Sid      = "Topic"
      Effect   = "Allow"
      Action   = ["sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource"]
      Resource = [local.arn.topic]
    },
    {
      Sid      = "Unsubscribe"
      Effect   = "Allow"
      Action   = ["sns:Unsubscribe"]
      Resource = ["*"] # it has no resource level
    },
    {
      Sid      = "Parameter"
      Effect   = "Allow"
      Action   = ["ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:PutParameter", "ssm:RemoveTagsFromResource"]
      Resource = [local.arn.parameter]
    },
    {
      Sid    = "Bodies"
      Effect = "Allow"
      Action = [
        "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:ListBucketVersions", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
        "s3:TagResource", "s3:UntagResource",
      ]
      Resource = [local.arn.bodies]
    },
    {
      Sid      = "EmptyBodies" # with deletion_protection = false
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      Resource = ["${local.arn.bodies}/*"]
    },
    {
      Sid      = "Network" # of scrapers in a VPC
      Effect   = "Allow"
      Action   = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
      Resource = ["*"] # they have no resource level
    },
  ], local.use_key)

  # DynamoDB takes the key with the rights of who makes the table, and keeps a grant.
  use_key = [for key in var.kms_key_arn[*] : {
    Sid       = "TableKey"
    Effect    = "Allow"
    Action    = ["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    Resource  = [key]
    Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${var.region}.amazonaws.com" } }
  }]

  read_state = [
    {
      Sid       = "FindState"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = [local.bucket]
      Condition = { StringLike = { "s3:prefix" = "${var.state_key}*" } }
    },
    {
      Sid      = "ReadState"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.bucket}/${var.state_key}"]
    },
  ]

  write_state = [
    {
      Sid      = "WriteState"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${local.bucket}/${var.state_key}"]
    },
    {
      Sid      = "Lock"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      Resource = ["${local.bucket}/${var.state_key}.tflock"]
    },
  ]
}
