# machine.tf: the state machine, from the same file that the laptop runs.
locals {
  definition_file = "${path.module}/../statemachine/pipeline.asl.json"

  # The file is JSON before its placeholders are filled in, too.
  definition = jsondecode(file(local.definition_file))
  scrape     = local.definition.States.EachSource.ItemProcessor.States.EachStream.ItemProcessor.States.Scrape
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

  lifecycle {
    precondition {
      condition     = length(local.series) <= local.max_series
      error_message = "${coalesce(var.catalogue, "series.yaml")}: ${length(local.series)} series, a run takes at most ${local.max_series}: divide them into catalogues of several stacks."
    }
  }
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
