# Alarms open on what they should, close by themselves, and tell both.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
  catalogue     = "./tests/data/alone.yaml"
}

run "alarms" {
  command = apply

  assert {
    condition = { for key, a in aws_cloudwatch_metric_alarm.this : key =>
      "${a.metric_name} ${a.statistic} ${a.comparison_operator} ${a.threshold}, ${a.evaluation_periods} x ${a.period} s, missing ${a.treat_missing_data}"
      } == {
      runs-failed            = "ExecutionsFailed Sum GreaterThanThreshold 0, 1 x 3600 s, missing notBreaching"
      runs-timedout          = "ExecutionsTimedOut Sum GreaterThanThreshold 0, 1 x 3600 s, missing notBreaching"
      runs-aborted           = "ExecutionsAborted Sum GreaterThanThreshold 0, 1 x 3600 s, missing notBreaching"
      no-run                 = "ExecutionsStarted Sum LessThanThreshold 1, 26 x 3600 s, missing breaching"
      oldest-gap             = "OldestGapDays Maximum GreaterThanThreshold 7, 1 x 300 s, missing ignore"
      freshness              = "FreshnessDays Maximum GreaterThanThreshold 7, 26 x 3600 s, missing breaching"
      dlq-ecb                = "ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0, 1 x 300 s, missing notBreaching"
      dlq-schedules          = "ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0, 1 x 300 s, missing notBreaching"
      queue-age-ecb          = "ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 600, 2 x 300 s, missing notBreaching"
      throttles-ecb          = "Throttles Sum GreaterThanThreshold 0, 3 x 300 s, missing notBreaching"
      throttles-table-reads  = "ReadThrottleEvents Sum GreaterThanThreshold 0, 3 x 300 s, missing notBreaching"
      throttles-table-writes = "WriteThrottleEvents Sum GreaterThanThreshold 0, 3 x 300 s, missing notBreaching"
    }
    error_message = "The alarms are others."
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.alarm_actions == toset([aws_sns_topic.alarms.arn]) && a.ok_actions == a.alarm_actions])
    error_message = "An alarm does not tell the topic that it opened or closed."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dlq-ecb"].dimensions == tomap({ QueueName = aws_sqs_queue.dead["ecb"].name })
    error_message = "The alarm looks at another queue."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dlq-schedules"].dimensions == tomap({ QueueName = aws_sqs_queue.late.name })
    error_message = "The alarm looks at another queue."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["freshness"].dimensions == tomap({ Stack = "rates" }) && aws_cloudwatch_metric_alarm.this["freshness"].namespace == aws_lambda_function.task["report"].environment[0].variables.LACUNA_METRICS_NAMESPACE
    error_message = "Report sends its metrics elsewhere."
  }
  assert {
    condition     = alltrue([for w in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : contains(["metric", "alarm"], w.type) && w.x + w.width <= 24])
    error_message = "The dashboard does not hold together."
  }
}

run "without_a_schedule_nobody_waits_for_runs" {
  command = plan

  variables {
    schedules = {}
    dashboard = false
  }

  assert {
    condition     = !anytrue([for key in keys(aws_cloudwatch_metric_alarm.this) : contains(["no-run", "freshness"], key)])
    error_message = "An alarm waits for runs that nobody starts."
  }
  assert {
    condition     = length(aws_scheduler_schedule.run) == 0 && length(aws_cloudwatch_dashboard.this) == 0
    error_message = "A schedule or a dashboard that nobody wants."
  }
}

run "schedules" {
  command = plan

  variables {
    schedules = {
      daily = { expression = "rate(1 day)", timezone = "Europe/Berlin", flexible_minutes = 0, input = { from = "-30d", series = ["ECB#*"] } }
      all   = { expression = "cron(0 6 ? * SUN *)", enabled = false }
    }
  }

  assert {
    condition     = { for name, s in aws_scheduler_schedule.run : name => s.target[0].input } == { daily = "{\"from\":\"-30d\",\"series\":[\"ECB#*\"]}", all = "{}" }
    error_message = "The execution's input has fields that nobody gave."
  }
  assert {
    condition     = [for name in ["daily", "all"] : [aws_scheduler_schedule.run[name].flexible_time_window[0].mode, aws_scheduler_schedule.run[name].state]] == [["OFF", "ENABLED"], ["FLEXIBLE", "DISABLED"]]
    error_message = "Window or state of a schedule is wrong."
  }
}
