# function.tf: the five functions that the state machine invokes, and a scrape
# function for each source. Every change publishes a version, and the definition
# names versions: a deployment changes no code under a run.
locals {
  artifacts_dir = coalesce(var.artifacts_dir, "${path.module}/../dist")

  # Each function's time-out ends before its Task's, so that a Retry sees
  # Sandbox.Timedout and not States.Timeout.
  tasks = {
    select = { timeout_seconds = 30, memory_mb = 256 }
    query  = { timeout_seconds = 50, memory_mb = 256 }
    detect = { timeout_seconds = 20, memory_mb = 256 }
    fanout = { timeout_seconds = 50, memory_mb = 512 }
    report = { timeout_seconds = 100, memory_mb = 256 }
  }

  # Of each source: what var.scrapers says, or its defaults.
  scrapers = { for source in keys(local.sources) : source => {
    memory_mb       = try(var.scrapers[source].memory_mb, 256)
    timeout_seconds = try(var.scrapers[source].timeout_seconds, 120)
  } }

  # Of each source: the beginning of the variables that are its own.
  prefix = { for source in keys(local.sources) : source => "LACUNA_${upper(replace(source, "-", "_"))}" }

  environment = { for task in keys(local.tasks) : task => merge(
    { LACUNA_LOG_LEVEL = var.log_level },
    task == "select" ? { LACUNA_QUEUES = jsonencode({ for source, q in aws_sqs_queue.scrape : source => q.url }) } : {},
    task == "fanout" ? { LACUNA_SCRAPERS = jsonencode({ for source, s in local.scrapers : source => s.timeout_seconds }) } : {},
    task == "query" ? { LACUNA_TABLE = var.name } : {},
    task == "report" ? { LACUNA_TABLE = var.name, LACUNA_METRICS = var.metrics, LACUNA_METRICS_NAMESPACE = local.namespace } : {},
  ) }
}

locals {
  max_environment = 4096 # bytes (Lambda quotas)

  # As long as those that AWS gives, and known to a plan.
  queue_urls = { for source in keys(local.sources) : source => "https://sqs.${local.region}.amazonaws.com/${local.account}/${var.name}-${source}" }
}

resource "aws_lambda_function" "task" {
  for_each = local.tasks

  function_name    = local.functions[each.key]
  description      = "lacuna: the state ${each.key} of ${var.name}"
  role             = aws_iam_role.function[each.key].arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = "${local.artifacts_dir}/${each.key}.zip"
  source_code_hash = filebase64sha256("${local.artifacts_dir}/${each.key}.zip")
  memory_size      = each.value.memory_mb
  timeout          = each.value.timeout_seconds
  publish          = true

  environment {
    variables = local.environment[each.key]
  }

  tracing_config {
    mode = local.trace_mode
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  tags = local.tags

  depends_on = [aws_iam_role_policy.function]

  lifecycle {
    precondition {
      condition     = each.key != "select" || length(jsonencode(local.queue_urls)) + 100 <= local.max_environment
      error_message = "${coalesce(var.catalogue, "series.yaml")}: the addresses of ${length(local.sources)} queues are more than the ${local.max_environment} bytes that Lambda takes as a function's environment: divide the sources among several stacks."
    }
  }
}

resource "aws_lambda_function" "scrape" {
  for_each = local.sources

  function_name    = local.functions["scrape-${each.key}"]
  description      = "lacuna: the scraper of ${each.key} of ${var.name}"
  role             = aws_iam_role.function["scrape-${each.key}"].arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = "${local.artifacts_dir}/scrape.zip"
  source_code_hash = filebase64sha256("${local.artifacts_dir}/scrape.zip")
  memory_size      = local.scrapers[each.key].memory_mb
  timeout          = local.scrapers[each.key].timeout_seconds
  publish          = true

  environment {
    variables = merge(
      { LACUNA_LOG_LEVEL = var.log_level, LACUNA_TABLE = var.name, LACUNA_SOURCE = each.key },
      { for source, url in merge(var.publisher_urls, var.insecure_publisher_urls) : "${local.prefix[each.key]}_URL" => url if source == each.key },
      { for source in keys(var.insecure_publisher_urls) : "${local.prefix[each.key]}_INSECURE" => "true" if source == each.key },
      { for contact in var.contact[*] : "LACUNA_CONTACT" => contact },
      { for parameter in compact([each.value.secret]) : "LACUNA_SECRET_PARAMETER" => parameter },
      { for keep in [each.value.keep] : "LACUNA_BODIES" => local.bodies_name if keep },
    )
  }

  tracing_config {
    mode = local.trace_mode
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function["scrape-${each.key}"].name
  }

  tags = local.tags

  depends_on = [aws_iam_role_policy.function, aws_s3_bucket.bodies]
}

# The scraper that polls a source's queue: maximum_concurrency is what the
# publisher has to bear, over all runs.
resource "aws_lambda_event_source_mapping" "scrape" {
  for_each = local.sources

  event_source_arn        = aws_sqs_queue.scrape[each.key].arn
  function_name           = local.version_arn["scrape-${each.key}"]
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = each.value.concurrency
  }

  tags = local.tags
}
