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

  definition = templatefile(local.definition_file, {
    for task in keys(local.tasks) : "${task}_function_arn" => local.version_arn[task]
  })

  # Without execution data: a Scrape's parameters hold its task token.
  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.machine.arn}:*"
    level                  = "ERROR"
    include_execution_data = false
  }

  tags = local.tags

  depends_on = [aws_iam_role_policy.machine]
}

resource "aws_iam_role" "machine" {
  name = "${var.name}-machine"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike      = { "aws:SourceArn" = local.arn.machine }
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
    Statement = [
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
    ]
  })
}
