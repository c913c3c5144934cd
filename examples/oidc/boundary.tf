# boundary.tf: what any role of the stack can be made to do at the very most,
# whoever may push, and whatever Terraform would give it. A platform team's own
# boundary stands in its place: -var permissions_boundary=ARN.
locals {
  role_path = "/lacuna/${var.name}/"
  boundary  = coalesce(var.permissions_boundary, "arn:${local.partition}:iam::${local.account}:policy${local.boundary_path}${var.name}-boundary")

  # Not below role_path, where the apply role may write.
  boundary_path = "/lacuna-boundary/"

  most = concat([
    { Sid = "Logs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["${local.arn.logs}:*"] },
    {
      Sid      = "Rows"
      Effect   = "Allow"
      Action   = ["dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      Resource = [local.arn.table]
    },
    { Sid = "Bodies", Effect = "Allow", Action = ["s3:PutObject"], Resource = ["${local.arn.bodies}/*"] },
    { Sid = "Messages", Effect = "Allow", Action = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"], Resource = [local.arn.queues] },
    { Sid = "Functions", Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [local.arn.functions] },
    { Sid = "Runs", Effect = "Allow", Action = ["states:StartExecution"], Resource = [local.arn.machine, "${local.arn.machine}:*"] }, # its versions and its alias
    { Sid = "Shards", Effect = "Allow", Action = ["states:DescribeExecution", "states:StopExecution"], Resource = [local.arn.runs] },
    { Sid = "ShardsEnded", Effect = "Allow", Action = ["events:DescribeRule", "events:PutRule", "events:PutTargets"], Resource = [local.arn.ended] },
    {
      Sid    = "NoResourceLevel"
      Effect = "Allow"
      Action = [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
        "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        "states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess",
        "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
      ]
      Resource = ["*"]
    },
    {
      Sid       = "Metrics"
      Effect    = "Allow"
      Action    = ["cloudwatch:PutMetricData"]
      Resource  = ["*"]
      Condition = { StringEquals = { "cloudwatch:namespace" = "Lacuna" } }
    },
    {
      Sid    = "Interfaces" # of scrapers in a VPC
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = ["*"]
    },
    {
      Sid      = "OtherStacks" # rates-* is also what rates-test has
      Effect   = "Deny"
      Action   = ["dynamodb:*", "lambda:*", "logs:*", "sqs:*", "states:*"]
      Resource = ["*"]
      Condition = {
        Null            = { "aws:ResourceTag/lacuna" = "false" }
        StringNotEquals = { "aws:ResourceTag/lacuna" = var.name }
      }
    },
  ], [for key in var.kms_key_arn[*] : { Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [key] }])
}

resource "aws_iam_policy" "boundary" {
  count = var.permissions_boundary == null ? 1 : 0

  name        = "${var.name}-boundary"
  path        = local.boundary_path
  description = "lacuna: the most that a role of ${var.name} can do"
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.most })
  tags        = local.tags
}
