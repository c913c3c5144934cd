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
      no-run                 = "ExecutionsStarted Sum LessThanThreshold 1, 26 x 3600 s, missing missing"
      oldest-gap             = "OldestGapDays Maximum GreaterThanThreshold 7, 1 x 300 s, missing ignore"
      freshness              = "FreshnessDays Maximum GreaterThanThreshold 7, 26 x 3600 s, missing missing"
      dlq-ecb                = "ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0, 1 x 300 s, missing notBreaching"
      dlq-schedules          = "ApproximateNumberOfMessagesVisible Maximum GreaterThanThreshold 0, 1 x 300 s, missing notBreaching"
      queue-age-ecb          = "ApproximateAgeOfOldestMessage Maximum GreaterThanThreshold 1800, 2 x 300 s, missing notBreaching"
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
  # A new alarm is INSUFFICIENT_DATA: only the way into it tells anybody, so the
  # first deployment is quiet. One that takes nothing for bad would open at once.
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.treat_missing_data != "breaching" && a.insufficient_data_actions == (a.treat_missing_data == "missing" ? a.alarm_actions : toset([]))])
    error_message = "An alarm opens before there was a run, or does not tell that there is none."
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

run "a_weekly_schedule_alone_is_waited_for_no_longer_than_an_alarm_looks_back" {
  command = plan

  variables {
    schedules = { weekly = { expression = "cron(30 6 ? * SUN *)" } }
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "no-run")
    error_message = "An alarm of seven days would open in each week, before its run."
  }
  assert {
    condition     = [for key, a in aws_cloudwatch_metric_alarm.this : [a.evaluation_periods, a.period, a.treat_missing_data] if key == "freshness"] == [[1, 300, "ignore"]]
    error_message = "The freshness of a weekly run does not stand until the next."
  }
}

run "each_schedule_has_its_interval" {
  command = plan

  variables {
    schedules = {
      daily     = { expression = "cron(30 21 * * ? *)" }
      hours     = { expression = "cron(0 9,17 ? * * *)" }
      each      = { expression = "cron(0 9 1/1 * ? *)" }
      business  = { expression = "cron(30 17 ? * MON-FRI *)" }
      numbers   = { expression = "cron(30 17 ? * 2-6 *)" }
      twice     = { expression = "cron(0 6 ? * WED,SUN *)" }
      around    = { expression = "cron(0 6 ? * SAT-MON *)" }
      weekly    = { expression = "cron(30 6 ? * sun *)" }
      monthly   = { expression = "cron(0 6 1 * ? *)" }
      last      = { expression = "cron(0 6 L * ? *)" }
      first     = { expression = "cron(0 6 ? * MON#1 *)" }
      summer    = { expression = "cron(0 6 * 6-8 ? *)" }
      minutes   = { expression = "rate(30 minutes)" }
      hour      = { expression = "rate(1 hour)" }
      fortnight = { expression = "rate(14 days)" }
    }
  }

  assert {
    condition = local.interval_hours == {
      daily = 24, hours = 24, each = 24, business = 72, numbers = 72, twice = 96, around = 120, weekly = 168, monthly = 10000,
      last  = 10000, first = 10000, summer = 10000, minutes = 0.5, hour = 1, fortnight = 336
    }
    error_message = "Intervals are others: ${jsonencode(local.interval_hours)}"
  }
}

run "freshness_waits_for_runs_over_all_series_alone" {
  command = plan

  variables {
    schedules = {
      ecb   = { expression = "rate(6 hours)", input = { series = ["ECB#*"] } }
      past  = { expression = "rate(6 hours)", input = { to = "-30d" } }
      off   = { expression = "rate(6 hours)", enabled = false }
      whole = { expression = "cron(30 17 ? * MON-FRI *)", flexible_minutes = 60, input = { from = "-400d" } }
    }
  }

  assert {
    condition     = { for key, a in aws_cloudwatch_metric_alarm.this : key => a.evaluation_periods if contains(["no-run", "freshness"], key) } == { no-run = 8, freshness = 75 }
    error_message = "A schedule of some series, or of the past, or one that is off, is taken for one that looks at everything."
  }
}

run "hours_that_are_given_hold" {
  command = plan

  variables {
    schedules              = { weekly = { expression = "cron(30 6 ? * SUN *)" } }
    max_hours_between_runs = 168
  }

  assert {
    condition     = alltrue([for key in ["no-run", "freshness"] : aws_cloudwatch_metric_alarm.this[key].evaluation_periods == 168])
    error_message = "max_hours_between_runs does not say when a run is missed."
  }
}
