locals {
  console = "https://${local.region}.${lookup({ aws-cn = "console.amazonaws.cn", aws-us-gov = "console.amazonaws-us-gov.com" }, local.partition, "console.aws.amazon.com")}"
  at      = "home?region=${local.region}#"

  links = {
    runs      = "${local.console}/states/${local.at}/statemachines/view/${urlencode(local.arn.machine)}"
    table     = "${local.console}/dynamodbv2/${local.at}item-explorer?table=${var.name}"
    dashboard = "${local.console}/cloudwatch/${local.at}dashboards/dashboard/${var.name}-${local.region}"
    alarms    = "${local.console}/cloudwatch/${local.at}alarmsV2:?search=${var.name}-"
    logs      = "${local.console}/cloudwatch/${local.at}logsV2:log-groups$3FlogGroupNameFilter$3D${var.name}-"
  }
}

output "name" {
  description = "The stack's name: lacuna --target aws --stack NAME."
  value       = var.name
  depends_on  = [aws_ssm_parameter.stack]
}

output "table" {
  description = "Name of the DynamoDB table (LACUNA_TABLE)."
  value       = aws_dynamodb_table.rows.name
}

output "table_arn" {
  description = "ARN of the DynamoDB table."
  value       = aws_dynamodb_table.rows.arn
}

output "state_machine_arn" {
  description = "ARN of the state machine (LACUNA_STATE_MACHINE_ARN)."
  value       = aws_sfn_state_machine.pipeline.arn
}

output "state_machine_alias_arn" {
  description = "ARN of the state machine's alias: what schedules and the CLI start."
  value       = aws_sfn_alias.live.arn
}

output "bodies" {
  description = "Name of the bucket of what publishers have sent. Null: the catalogue keeps none."
  value       = one(values(aws_s3_bucket.bodies)[*].bucket)
}

output "queues" {
  description = "By source, the URLs of its queue and of its dead-letter queue."
  value       = { for source, q in aws_sqs_queue.scrape : source => { url = q.url, dlq_url = aws_sqs_queue.dead[source].url } }
}

output "functions" {
  description = "By task, and by scrape-<source>, the ARN of the function version in force."
  value       = local.version_arn
}

output "alarm_topic_arn" {
  description = "ARN of the SNS topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "parameter" {
  description = "Name of the SSM parameter that the CLI reads."
  value       = aws_ssm_parameter.stack.name
}

output "reader_policy" {
  description = "IAM policy (JSON) of people who look: plan, status, runs, logs, export, doctor."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.read_statements })
}

output "operator_policy" {
  description = "IAM policy (JSON) of people who also act: backfill, runs stop, mark, quarantine, dlq. Beside reader_policy."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.operate_statements })
}

output "role_policies" {
  description = "By role, the IAM policy (JSON) of each role of the stack: what a permissions boundary has to allow."
  value = merge(
    { for key, p in aws_iam_role_policy.function : key => p.policy },
    { machine = aws_iam_role_policy.machine.policy, schedule = aws_iam_role_policy.schedule.policy },
  )
}

output "console" {
  description = "Links into the AWS console: runs, table, dashboard, alarms, logs."
  value       = { for name, link in local.links : name => link if name != "dashboard" || var.dashboard }
}
