# access.tf: what Terraform asks of AWS for a stack, service by service: to see
# it (plan), and to make, change and destroy it (apply). Each resource begins
# with the stack's name.
locals {
  place  = "${var.region}:${local.account}"
  bucket = "arn:${local.partition}:s3:::${var.state_bucket}"

  arn = {
    alarms     = "arn:${local.partition}:cloudwatch:${local.place}:alarm:${var.name}-*"
    dashboard  = "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${var.name}-${var.region}"
    functions  = "arn:${local.partition}:lambda:${local.place}:function:${var.name}-*"
    mappings   = "arn:${local.partition}:lambda:${local.place}:event-source-mapping:*"
    group      = "arn:${local.partition}:scheduler:${local.place}:schedule-group/${var.name}"
    schedules  = "arn:${local.partition}:scheduler:${local.place}:schedule/${var.name}/*"
    logs       = "arn:${local.partition}:logs:${local.place}:log-group:/aws/lambda/${var.name}-*"
    logs_of    = "arn:${local.partition}:logs:${local.place}:log-group:/aws/vendedlogs/states/${var.name}"
    machine    = "arn:${local.partition}:states:${local.place}:stateMachine:${var.name}"
    parameter  = "arn:${local.partition}:ssm:${local.place}:parameter/lacuna/${var.name}"
    policies   = "arn:${local.partition}:iam::${local.account}:policy/${var.name}-*"
    queues     = "arn:${local.partition}:sqs:${local.place}:${var.name}-*"
    roles      = "arn:${local.partition}:iam::${local.account}:role/${var.name}-*"
    table      = "arn:${local.partition}:dynamodb:${local.place}:table/${var.name}"
    topic      = "arn:${local.partition}:sns:${local.place}:${var.name}-alarms"
    log_groups = ["arn:${local.partition}:logs:${local.place}:log-group:/aws/lambda/${var.name}-*:*", "arn:${local.partition}:logs:${local.place}:log-group:/aws/vendedlogs/states/${var.name}:*"]
  }

  read = [
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
      Action   = ["states:DescribeStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource"]
      Resource = [local.arn.machine]
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
      Sid      = "SeeLists"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "sns:GetSubscriptionAttributes", "ssm:DescribeParameters", "states:ValidateStateMachineDefinition"]
      Resource = ["*"] # they have no resource level, or are asked for all
    },
  ]

  write = [
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
      Sid    = "Roles"
      Effect = "Allow"
      Action = [
        "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:CreateRole", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole",
        "iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:TagPolicy", "iam:TagRole", "iam:UntagPolicy", "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
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
      Sid      = "Machine"
      Effect   = "Allow"
      Action   = ["states:CreateStateMachine", "states:DeleteStateMachine", "states:TagResource", "states:UntagResource", "states:UpdateStateMachine"]
      Resource = [local.arn.machine]
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
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]
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
  ]

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
