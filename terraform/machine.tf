# machine.tf: the state machine, from the same file that the laptop runs.
locals {
  definition_file = "${path.module}/../statemachine/pipeline.asl.json"

  # The file is JSON before its placeholders are filled in, too.
  definition = jsondecode(file(local.definition_file))
  streams    = local.definition.States.EachSource.ItemProcessor.States.EachStream
  scrape     = local.streams.ItemProcessor.States.Scrape

  # The messages of a run that wait in a source's queue at the most, and how long each
  # may take so that two scrapers, the fewest there are, come to the last one before
  # its heartbeat ends.
  waiting     = local.definition.States.EachShard.MaxConcurrency * local.streams.MaxConcurrency
  max_timeout = ceil(2 * local.scrape.HeartbeatSeconds / local.waiting) - 1
}

resource "aws_sfn_state_machine" "pipeline" {
  name     = var.name
  role_arn = aws_iam_role.machine.arn

  publish = true

  definition = templatefile(local.definition_file, merge(
    { partition = local.partition },
    { for task in keys(local.tasks) : "${task}_function_arn" => local.version_arn[task] },
  ))

  # Without execution data: a Scrape's parameters hold its task token.
  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.machine.arn}:*"
    level                  = "ERROR"
    include_execution_data = false
  }

  tracing_configuration {
    enabled = var.tracing
  }

  tags = local.tags

  depends_on = [aws_iam_role_policy.machine]
}

# What schedules and people start. It leads to the newest version until somebody
# turns it back: docs/upgrade.md.
resource "aws_sfn_alias" "live" {
  name = local.alias

  routing_configuration {
    state_machine_version_arn = aws_sfn_state_machine.pipeline.state_machine_version_arn
    weight                    = 100
  }
}

resource "aws_iam_role" "machine" {
  name                 = "${var.name}-machine"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike      = { "aws:SourceArn" = [local.arn.machine, "${local.arn.machine}:*"] } # itself, its versions and its alias
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "machine" {
  name = "machine"
  role = aws_iam_role.machine.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid    = "Tasks"
        Effect = "Allow"
        Action = ["lambda:InvokeFunction"]
        # Any version: a run that began before a deployment names older ones.
        Resource = [for task in sort(keys(local.tasks)) : "${local.arn.function[task]}:*"]
      },
      {
        Sid      = "Messages"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [for source in sort(keys(local.sources)) : local.arn.queue[source]]
      },
      # A run that is too large starts its shards, as AWS asks for it (Step Functions
      # guide, IAM policies for startExecution with .sync). Which version it starts,
      # Select says.
      {
        Sid      = "Shards"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [local.arn.machine, "${local.arn.machine}:*"] # itself and its versions
      },
      {
        Sid      = "FollowShards"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = [local.arn.runs]
      },
      {
        Sid      = "ShardsEnded" # the rule is AWS's own, one for all state machines of the account
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = [local.arn.ended]
      },
      {
        Sid    = "LogDelivery"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = ["*"] # they have no resource level
      },
    ], local.key_to_send, local.trace_machine)
  })
}
