# parameter.tf: where everything of the stack is, for `lacuna --stack NAME`.
resource "aws_ssm_parameter" "stack" {
  name        = "/lacuna/${var.name}"
  description = "lacuna: where the stack ${var.name} has its parts"
  type        = "String"
  tier        = "Intelligent-Tiering" # more than about ten sources outgrow the free 4 KB
  value = jsonencode({
    table                   = aws_dynamodb_table.rows.name
    state_machine_arn       = aws_sfn_state_machine.pipeline.arn
    state_machine_alias_arn = aws_sfn_alias.live.arn
    queues                  = { for source, q in aws_sqs_queue.scrape : source => { url = q.url, dlq_url = aws_sqs_queue.dead[source].url } }
    functions               = local.version_arn
    log_groups              = merge({ for key, g in aws_cloudwatch_log_group.function : key => g.name }, { machine = aws_cloudwatch_log_group.machine.name })
    bodies                  = one(values(aws_s3_bucket.bodies)[*].bucket)
    catalogue               = local.catalogue_hash
    region                  = local.region
    dashboard_url           = var.dashboard ? local.links.dashboard : ""
  })
  tags = local.tags
}
