# alarm.tf: what a person must hear of, on one topic. Each alarm closes by
# itself when its cause is gone, and says so there. docs/operations.md has the
# command that mends it.
locals {
  namespace = "Lacuna"
  look_back = 168 # hours, the most of an alarm on hours

  by_machine = { StateMachineArn = local.arn.machine }
  by_stack   = { Stack = var.name }
  by_table   = { TableName = var.name }

  alarms = merge(
    { for ended in ["Failed", "TimedOut", "Aborted"] : "runs-${lower(ended)}" => {
      about     = "A run ended in the last hour that ${ended == "Failed" ? "failed or left days behind" : ended == "Aborted" ? "somebody stopped" : "took too long"}. Mend: lacuna runs, then lacuna backfill."
      namespace = "AWS/States", metric = "Executions${ended}", dimensions = local.by_machine
      statistic = "Sum", above = 0, period = 3600, periods = 1, missing = "notBreaching"
    } },
    # Both wait for what may never come. Nothing at all is INSUFFICIENT_DATA, and
    # tells the topic too; a new alarm is in that state, so it tells nothing
    # before there was a first run.
    local.hours_between.starts <= local.look_back ? { no-run = {
      about     = "No run has started for ${local.hours_between.starts} hours. Mend: look at the schedule and its dead-letter queue, then lacuna backfill."
      namespace = "AWS/States", metric = "ExecutionsStarted", dimensions = local.by_machine
      statistic = "Sum", below = 1, period = 3600, periods = local.hours_between.starts, missing = "missing"
    } } : {},
    # A run sends these once. Ignoring the time between runs keeps the state
    # until the next run's value, which closes the alarm when it is good.
    var.metrics == "off" ? {} : { oldest-gap = {
      about     = "A run left a day missing that is more than ${var.oldest_gap_days} days old. Mend: lacuna backfill."
      namespace = local.namespace, metric = "OldestGapDays", dimensions = local.by_stack
      statistic = "Maximum", above = var.oldest_gap_days, period = 300, periods = 1, missing = "ignore"
    } },
    # Only runs over all series send it. Stale data, and no report at all, are the
    # same to a reader of the table. Where runs are further apart than an alarm
    # looks back, each value stands until the next.
    var.metrics != "off" && local.hours_between.reports <= local.look_back ? { freshness = {
      about     = "Some series is more than ${var.freshness_days} days behind its newest due day, or no run over all series has reported for ${local.hours_between.reports} hours. Mend: lacuna status."
      namespace = local.namespace, metric = "FreshnessDays", dimensions = local.by_stack
      statistic = "Maximum", above = var.freshness_days, period = 3600, periods = local.hours_between.reports, missing = "missing"
    } } : {},
    var.metrics != "off" && local.hours_between.reports > local.look_back && local.reports ? { freshness = {
      about     = "Some series is more than ${var.freshness_days} days behind its newest due day. Mend: lacuna status."
      namespace = local.namespace, metric = "FreshnessDays", dimensions = local.by_stack
      statistic = "Maximum", above = var.freshness_days, period = 300, periods = 1, missing = "ignore"
    } } : {},
    { for name in concat(keys(local.sources), ["schedules"]) : "dlq-${name}" => {
      about = name == "schedules" ? "A scheduled run could not be started. Mend: lacuna backfill, then purge the queue." : (
        "A message of ${name} killed its scraper five times. Mend: lacuna backfill, then lacuna dlq drop."
      )
      namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = "${var.name}-${name}-dlq" }
      statistic = "Maximum", above = 0, period = 300, periods = 1, missing = "notBreaching"
    } },
    # A message that waits longer than the heartbeat has lost its task.
    { for source in keys(local.sources) : "queue-age-${source}" => {
      about     = "A message of ${source} waits longer than the ${local.scrape.HeartbeatSeconds} seconds of its heartbeat. Mend: lacuna logs RUN shows why scrapers are slow."
      namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = "${var.name}-${source}" }
      statistic = "Maximum", above = local.scrape.HeartbeatSeconds, period = 300, periods = 2, missing = "notBreaching"
    } },
    { for source in keys(local.sources) : "throttles-${source}" => {
      about     = "Lambda throttles the scraper of ${source}: the account's concurrency is used up. Mend: ask for more, or start fewer runs."
      namespace = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = local.functions["scrape-${source}"] }
      statistic = "Sum", above = 0, period = 300, periods = 3, missing = "notBreaching"
    } },
    { for kind in ["Read", "Write"] : "throttles-table-${lower(kind)}s" => {
      about     = "DynamoDB throttles ${lower(kind)}s. Mend: nothing, runs retry; if it stays, start fewer runs at once."
      namespace = "AWS/DynamoDB", metric = "${kind}ThrottleEvents", dimensions = local.by_table
      statistic = "Sum", above = 0, period = 300, periods = 3, missing = "notBreaching"
    } },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name                = "${var.name}-${each.key}"
  alarm_description         = each.value.about
  namespace                 = each.value.namespace
  metric_name               = each.value.metric
  dimensions                = each.value.dimensions
  statistic                 = each.value.statistic
  comparison_operator       = can(each.value.above) ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold                 = try(each.value.above, each.value.below)
  period                    = each.value.period
  evaluation_periods        = each.value.periods
  datapoints_to_alarm       = each.value.periods
  treat_missing_data        = each.value.missing
  alarm_actions             = [aws_sns_topic.alarms.arn]
  insufficient_data_actions = each.value.missing == "missing" ? [aws_sns_topic.alarms.arn] : []
  ok_actions                = [aws_sns_topic.alarms.arn]
  tags                      = local.tags
}

# Not under the key that AWS manages for SNS: its policy shuts CloudWatch out.
# What passes here is names and numbers. A key of one's own has to let it in
# (docs/aws.md).
resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.arn.topic
        Condition = {
          ArnLike      = { "aws:SourceArn" = local.arn.alarms }
          StringEquals = { "aws:SourceAccount" = local.account }
        }
      },
      {
        Sid       = "TLSOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.arn.topic
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}
