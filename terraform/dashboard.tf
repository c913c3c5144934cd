# dashboard.tf: coverage, gaps, requests, retries and cost on one page. A run
# sends its metrics once, so they are drawn by the day.
locals {
  # Widgets in rows of 24 columns: [title, unit of the left axis, metrics].
  widgets = [
    ["Coverage: days filled and days missing, by run", "days", [
      [local.namespace, "FilledDays", "Stack", var.name, { stat = "Sum" }],
      [local.namespace, "AbsentDays", "Stack", var.name, { stat = "Sum" }],
      [local.namespace, "QuarantinedDays", "Stack", var.name, { stat = "Sum" }],
      [local.namespace, "MissingDays", "Stack", var.name, { stat = "Maximum" }],
    ]],
    ["Gaps by source (metrics = source), missing days", "days", [
      [{ expression = "SEARCH('{${local.namespace},Stack,Source} MetricName=\"MissingDays\" Stack=\"${var.name}\"', 'Maximum', 86400)", id = "gaps", label = "" }],
    ]],
    ["Oldest gap and freshness", "days", [
      [local.namespace, "OldestGapDays", "Stack", var.name, { stat = "Maximum" }],
      [local.namespace, "FreshnessDays", "Stack", var.name, { stat = "Maximum" }],
    ]],
    ["Requests to publishers, retries, failures", "count", [
      for metric in ["Requests", "Retries", "Failures"] : [local.namespace, metric, "Stack", var.name, { stat = "Sum" }]
    ]],
    ["Runs", "count", [
      for ended in ["Succeeded", "Failed", "TimedOut", "Aborted"] :
      ["AWS/States", "Executions${ended}", "StateMachineArn", local.arn.machine, { stat = "Sum" }]
    ]],
    ["Queues: age of the oldest message", "seconds", [
      for source in sort(keys(local.sources)) :
      ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "${var.name}-${source}", { stat = "Maximum" }]
    ]],
    ["Cost a day by use, without free tier, logs and alarms", "USD", concat(
      [for part, expression in local.cost : [{ expression = expression, id = part, label = part }]],
      local.cost_metrics,
    )],
  ]

  # Prices of us-east-1, docs/costs.md. A state machine has no metric of its
  # transitions: a task is one, and maps, choices and passes add about a half.
  function_keys = sort(keys(local.functions))
  memory_gb = { for key in local.function_keys : key => (
    try(local.tasks[key].memory_mb, local.scrapers[trimprefix(key, "scrape-")].memory_mb) / 1024
  ) }
  cost = {
    dynamodb       = "0.000000625 * FILL(w, 0) + 0.000000125 * FILL(r, 0)"
    step_functions = "0.0000375 * (${join(" + ", [for i, key in local.function_keys : "FILL(i${i}, 0)"])})"
    lambda = join(" + ", [for i, key in local.function_keys :
      "0.0000002 * FILL(i${i}, 0) + ${local.memory_gb[key]} * 0.0000000133334 * FILL(d${i}, 0)"
    ])
    sqs = "0.0000004 * (${join(" + ", [for i in range(length(local.sources)) : "3 * FILL(s${i}, 0) + FILL(e${i}, 0)"])})"
  }
  cost_metrics = concat(
    [
      ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", var.name, { stat = "Sum", id = "w", visible = false }],
      ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", var.name, { stat = "Sum", id = "r", visible = false }],
    ],
    flatten([for i, key in local.function_keys : [
      { m = ["AWS/Lambda", "Invocations", "FunctionName", local.functions[key], { stat = "Sum", id = "i${i}", visible = false }] },
      { m = ["AWS/Lambda", "Duration", "FunctionName", local.functions[key], { stat = "Sum", id = "d${i}", visible = false }] },
    ]])[*].m,
    flatten([for i, source in sort(keys(local.sources)) : [
      { m = ["AWS/SQS", "NumberOfMessagesSent", "QueueName", "${var.name}-${source}", { stat = "Sum", id = "s${i}", visible = false }] },
      { m = ["AWS/SQS", "NumberOfEmptyReceives", "QueueName", "${var.name}-${source}", { stat = "Sum", id = "e${i}", visible = false }] },
    ]])[*].m,
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({
    widgets = concat(
      [for i, w in local.widgets : {
        type   = "metric"
        x      = 12 * (i % 2)
        y      = 6 * floor(i / 2)
        width  = 12
        height = 6
        properties = {
          title   = w[0]
          region  = local.region
          view    = "timeSeries"
          stacked = startswith(w[0], "Cost")
          stat    = "Sum"
          period  = 86400
          yAxis   = { left = { label = w[1], min = 0, showUnits = false } }
          metrics = w[2]
        }
      }],
      [{
        type       = "alarm"
        x          = 12
        y          = 6 * floor(length(local.widgets) / 2)
        width      = 12
        height     = 6
        properties = { title = "Alarms", alarms = [for key in sort(keys(local.alarms)) : aws_cloudwatch_metric_alarm.this[key].arn] }
      }],
    )
  })
}
