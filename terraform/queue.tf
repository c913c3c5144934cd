# queue.tf: a queue and its dead-letter queue for each source, between the
# Scrape state and the scrape function.
locals {
  # Only over TLS, whoever asks.
  tls_only = { for arn in concat(values(local.arn.queue), values(local.arn.dlq), [local.arn.late]) : arn => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TLSOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  }) }
}

resource "aws_sqs_queue" "scrape" {
  for_each = local.sources

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = 6 * local.scrapers[each.key].timeout_seconds # as AWS advises for queues of functions
  message_retention_seconds  = 86400                                        # its task token is dead by then: the Task times out after an hour
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = local.managed_sse
  kms_master_key_id          = var.kms_key_arn
  policy                     = local.tls_only[local.arn.queue[each.key]]

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[each.key].arn
    maxReceiveCount     = 5
  })

  tags = local.tags
}

resource "aws_sqs_queue" "dead" {
  for_each = local.sources

  name                      = "${var.name}-${each.key}-dlq"
  message_retention_seconds = 1209600 # 14 days, the most there is
  sqs_managed_sse_enabled   = local.managed_sse
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.tls_only[local.arn.dlq[each.key]]

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arn.queue[each.key]]
  })

  tags = local.tags
}
