# role.tf: one role for each function, with exact actions on exact ARNs; what
# some of them need for an option stands in options.tf.
locals {
  statements = merge(
    { for task in keys(local.tasks) : task => concat(
      [local.write_logs[task]],
      # A run that divides itself asks which version of the machine it runs.
      task == "select" ? [{ Sid = "Version", Effect = "Allow", Action = ["states:DescribeExecution"], Resource = [local.arn.runs] }] : [],
      task == "query" ? [{ Sid = "Coverage", Effect = "Allow", Action = ["dynamodb:Query"], Resource = [local.arn.table] }] : [],
      task == "report" ? local.keep_summaries : [],
      task == "report" && var.metrics != "off" ? [local.put_metrics] : [],
      contains(["query", "report"], task) ? local.key_to_read : [],
      local.trace,
    ) },
    { for source in keys(local.sources) : "scrape-${source}" => concat([local.write_logs["scrape-${source}"]], local.table_of[source], [
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
    ], local.secret_of[source], local.bodies_of[source], contains(local.keeping, source) ? local.key_to_send : local.key_to_read, local.trace, local.interfaces["scrape-${source}"]) },
  )

  # Report reads what streams did, and the runs before; it writes summaries alone.
  keep_summaries = [
    merge(local.on_table, {
      Sid       = "Runs"
      Action    = ["dynamodb:Query"]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["RUN#*", "RUNS#*"] } }
    }),
    merge(local.on_table, {
      Sid       = "Summaries"
      Action    = ["dynamodb:PutItem"]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["RUNS#*"] } }
    }),
  ]

  # What a declared source sends as its secret is for its scraper alone. The key that
  # Systems Manager has for SecureStrings asks for no right of its own; one of the
  # account's does (kms_key_arn).
  secret_of = { for source, s in local.sources : source => [for parameter in compact([s.secret]) : {
    Sid      = "Secret"
    Effect   = "Allow"
    Action   = ["ssm:GetParameter"]
    Resource = ["arn:${local.partition}:ssm:${local.place}:parameter${parameter}"]
  }] }

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
      Condition = {
        ArnLike      = { "aws:SourceArn" = [local.arn.function[each.key], "${local.arn.function[each.key]}:*"] } # itself and its versions
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name   = each.key
  role   = aws_iam_role.function[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })

  lifecycle {
    precondition {
      condition     = length(jsonencode({ Version = "2012-10-17", Statement = local.statements[each.key] })) <= local.max_policy
      error_message = "${each.key}: its series are too many, or their keys too long, for one IAM policy of ${local.max_policy} characters: give them a beginning that no other source's keys have, such as NAME#, or divide the catalogue (docs/decisions/0016)."
    }
    precondition {
      condition     = length(local.no_keys) == 0
      error_message = "${coalesce(var.catalogue, "series.yaml")}: not the key of a series: ${join(", ", local.no_keys)} (lacuna series validate FILE says more)."
    }
  }
}
