# Numbers that must agree with each other, and with the definition.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
}

run "numbers_agree" {
  command = apply

  assert {
    condition     = alltrue([for s, q in aws_sqs_queue.scrape : q.visibility_timeout_seconds == 6 * aws_lambda_function.scrape[s].timeout])
    error_message = "A queue hides a message for six times its function's time-out."
  }
  assert {
    condition     = alltrue([for f in aws_lambda_function.scrape : local.scrape.HeartbeatSeconds > 3 * 4 * f.timeout / 2])
    error_message = "Four messages of each of three shards, one time-out each, outlast the heartbeat for two scrapers: the last would lose its task."
  }
  assert {
    condition     = local.waiting == 12 && local.max_timeout == 299
    error_message = "The definition lets other messages wait, or for another time: var.scrapers says 299."
  }
  assert {
    condition     = jsondecode(aws_lambda_function.task["fanout"].environment[0].variables.LACUNA_SCRAPERS) == { for s, f in aws_lambda_function.scrape : s => f.timeout }
    error_message = "FanOut reckons with other time-outs than scrapers have."
  }
  assert {
    condition     = local.scrape.TimeoutSeconds >= 2 * local.scrape.HeartbeatSeconds
    error_message = "Scrape's time-out is shorter than two heartbeats."
  }
  assert {
    condition     = alltrue([for q in aws_sqs_queue.scrape : q.message_retention_seconds > local.scrape.TimeoutSeconds])
    error_message = "A message goes before its task ends."
  }
  assert {
    condition     = alltrue([for s, q in aws_sqs_queue.scrape : aws_sqs_queue.dead[s].message_retention_seconds > q.message_retention_seconds])
    error_message = "A dead-letter queue counts from when the message was sent: it has to keep messages longer."
  }
  assert {
    condition     = alltrue([for q in aws_sqs_queue.scrape : jsondecode(q.redrive_policy).maxReceiveCount == 5])
    error_message = "A message is received five times at most."
  }
  assert {
    condition     = alltrue([for m in aws_lambda_event_source_mapping.scrape : m.batch_size == 1 && m.scaling_config[0].maximum_concurrency >= 2])
    error_message = "A scraper takes one message at a time, and a mapping two at once at least."
  }
  assert {
    condition     = alltrue([for m in aws_lambda_event_source_mapping.scrape : m.function_response_types == toset(["ReportBatchItemFailures"])])
    error_message = "A mapping does not know ReportBatchItemFailures."
  }
  assert {
    condition     = alltrue([for key, a in aws_cloudwatch_metric_alarm.this : a.threshold == local.scrape.HeartbeatSeconds if startswith(key, "queue-age-")])
    error_message = "The alarm of waiting messages does not stand at the heartbeat."
  }
}

run "a_catalogue_of_my_own_sets_the_concurrency" {
  command = plan

  variables {
    catalogue = "./tests/data/own.yaml"
  }

  assert {
    condition = { for s, m in aws_lambda_event_source_mapping.scrape : s => m.scaling_config[0].maximum_concurrency } == {
      anp      = 2 # shipped
      bcb-ptax = 7 # replaced
      bcb-sgs  = 2 # shipped
      ecb      = 2 # shipped
      fred     = 2 # shipped
      mine     = 2 # one is less than AWS takes
    }
    error_message = "Concurrency of the catalogue and of the mappings differ."
  }
}

run "a_scraper_has_the_memory_and_time_that_it_was_given" {
  command = plan

  variables {
    scrapers = { anp = { memory_mb = 1024 }, ecb = { timeout_seconds = 60 } }
  }

  assert {
    condition = { for s, f in aws_lambda_function.scrape : s => "${f.memory_size} MB, ${f.timeout} s, hidden ${aws_sqs_queue.scrape[s].visibility_timeout_seconds} s" } == {
      anp      = "1024 MB, 120 s, hidden 720 s"
      bcb-ptax = "256 MB, 120 s, hidden 720 s"
      bcb-sgs  = "256 MB, 120 s, hidden 720 s"
      ecb      = "256 MB, 60 s, hidden 360 s"
      fred     = "256 MB, 120 s, hidden 720 s"
    }
    error_message = "Memory, time-out or the time a message stays hidden is another."
  }
  assert {
    condition     = local.memory_gb["scrape-anp"] == 1 && local.memory_gb["fanout"] == 0.5
    error_message = "The dashboard reckons with other memory."
  }
}
