# schedule.tf: executions that start by themselves.
resource "aws_scheduler_schedule_group" "runs" {
  name = var.name
  tags = local.tags
}

resource "aws_scheduler_schedule" "run" {
  for_each = var.schedules

  name                         = each.key
  description                  = "lacuna: a ${each.key} run of ${var.name}"
  group_name                   = aws_scheduler_schedule_group.runs.name
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.timezone
  state                        = each.value.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode                      = each.value.flexible_minutes > 0 ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = each.value.flexible_minutes > 0 ? each.value.flexible_minutes : null
  }

  target {
    arn      = aws_sfn_alias.live.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ for field, value in each.value.input : field => value if value != null })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = aws_sqs_queue.late.arn
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}

# Starts that did not come about in an hour.
resource "aws_sqs_queue" "late" {
  name                      = "${var.name}-schedules-dlq"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = local.managed_sse
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.tls_only[local.arn.late]
  tags                      = local.tags
}

resource "aws_iam_role" "schedule" {
  name                 = "${var.name}-schedule"
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = local.account
          "aws:SourceArn"     = local.arn.group
        }
      }
    }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "schedule" {
  name = "schedule"
  role = aws_iam_role.schedule.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      { Sid = "Start", Effect = "Allow", Action = ["states:StartExecution"], Resource = [local.arn.machine, local.arn.alias] },
      { Sid = "Late", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [local.arn.late] },
    ], local.key_to_send)
  })
}
