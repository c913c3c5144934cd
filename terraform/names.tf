# names.tf: every resource's name and ARN, told from var.name alone. So a plan
# shows each policy in full before anything exists, and no two resources wait
# for each other.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  place     = "${local.region}:${local.account}"

  alias = "live" # of the state machine

  functions = merge(
    { for task in keys(local.tasks) : task => "${var.name}-${task}" },
    { for source in keys(local.sources) : "scrape-${source}" => "${var.name}-scrape-${source}" },
  )

  arn = {
    bodies    = "arn:${local.partition}:s3:::${local.bodies_name}"
    table     = "arn:${local.partition}:dynamodb:${local.place}:table/${var.name}"
    machine   = "arn:${local.partition}:states:${local.place}:stateMachine:${var.name}"
    alias     = "arn:${local.partition}:states:${local.place}:stateMachine:${var.name}:${local.alias}"
    runs      = "arn:${local.partition}:states:${local.place}:execution:${var.name}:*"
    ended     = "arn:${local.partition}:events:${local.place}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    topic     = "arn:${local.partition}:sns:${local.place}:${var.name}-alarms"
    alarms    = "arn:${local.partition}:cloudwatch:${local.place}:alarm:${var.name}-*"
    dashboard = "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${var.name}-${local.region}"
    group     = "arn:${local.partition}:scheduler:${local.place}:schedule-group/${var.name}"

    function = { for key, name in local.functions : key => "arn:${local.partition}:lambda:${local.place}:function:${name}" }
    queue    = { for source in keys(local.sources) : source => "arn:${local.partition}:sqs:${local.place}:${var.name}-${source}" }
    dlq      = { for source in keys(local.sources) : source => "arn:${local.partition}:sqs:${local.place}:${var.name}-${source}-dlq" }
    late     = "arn:${local.partition}:sqs:${local.place}:${var.name}-schedules-dlq"

    logs      = { for key, name in local.functions : key => "arn:${local.partition}:logs:${local.place}:log-group:/aws/lambda/${name}" }
    parameter = "arn:${local.partition}:ssm:${local.place}:parameter/lacuna/${var.name}"
  }

  # The version in force of each function.
  version_arn = merge(
    { for task, f in aws_lambda_function.task : task => "${local.arn.function[task]}:${f.version}" },
    { for source, f in aws_lambda_function.scrape : "scrape-${source}" => "${local.arn.function["scrape-${source}"]}:${f.version}" },
  )

  tags = merge({ lacuna = var.name }, var.tags)
}
