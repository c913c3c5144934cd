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
    condition     = local.scrape.HeartbeatSeconds >= 5 * local.scrape_timeout_seconds
    error_message = "The heartbeat is shorter than five time-outs of the scraper: a message that waits its turn would lose its task."
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
