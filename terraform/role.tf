# role.tf: one role for each function, with exact actions on exact ARNs; what
# some of them need for an option stands in options.tf.
locals {
  statements = merge(
    { for task in keys(local.tasks) : task => concat(
      [local.write_logs[task]],
      task == "query" ? [{ Sid = "Coverage", Effect = "Allow", Action = ["dynamodb:Query"], Resource = [local.arn.table] }] : [],
      task == "report" ? [{ Sid = "Runs", Effect = "Allow", Action = ["dynamodb:PutItem", "dynamodb:Query"], Resource = [local.arn.table] }] : [],
      task == "report" && var.metrics != "off" ? [local.put_metrics] : [],
      contains(["query", "report"], task) ? local.key_to_read : [],
      local.trace,
    ) },
    { for source in keys(local.sources) : "scrape-${source}" => concat([
      local.write_logs["scrape-${source}"],
      {
        Sid      = "Rows"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = [local.arn.table]
      },
      {
        Sid      = "Messages"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = [local.arn.queue[source]]
      },
      {
        Sid      = "Answers"
        Effect   = "Allow"
        Action   = ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]
        Resource = ["*"] # they have no resource level: the token says which task
      },
    ], local.key_to_read, local.trace, local.interfaces["scrape-${source}"]) },
  )

  write_logs = { for key, arn in local.arn.logs : key => {
    Sid      = "Logs"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${arn}:*"]
  } }

  put_metrics = {
    Sid       = "Metrics"
    Effect    = "Allow"
    Action    = ["cloudwatch:PutMetricData"]
    Resource  = ["*"] # it has no resource level
    Condition = { StringEquals = { "cloudwatch:namespace" = local.namespace } }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name                 = each.value
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = each.key
  role   = aws_iam_role.function[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })
}
