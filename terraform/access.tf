# access.tf: what people need, as policies to attach where the account keeps its
# people. A reader sees everything; an operator, who is a reader too, starts and
# stops runs, marks days and clears dead-letter queues. Two policies, because a
# managed policy holds 6,144 characters: room for about a dozen sources.
locals {
  read_statements = concat([
    {
      Sid      = "Stack"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = [local.arn.parameter]
    },
    {
      Sid      = "Rows"
      Effect   = "Allow"
      Action   = ["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:GetItem", "dynamodb:Query"]
      Resource = [local.arn.table]
    },
    {
      Sid    = "Runs"
      Effect = "Allow"
      Action = [
        "states:DescribeExecution", "states:DescribeStateMachine", "states:DescribeStateMachineAlias", "states:DescribeStateMachineForExecution",
        "states:GetExecutionHistory", "states:ListExecutions", "states:ListStateMachineVersions",
      ]
      Resource = [local.arn.machine, "${local.arn.machine}:*", local.arn.runs] # its versions and its alias; runs, and their shards
    },
    {
      Sid      = "Functions"
      Effect   = "Allow"
      Action   = ["lambda:GetFunctionConfiguration"] # GetFunction would hand out the code
      Resource = [for key in sort(keys(local.arn.function)) : "${local.arn.function[key]}:*"]
    },
    {
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"]
      Resource = [for key in sort(keys(local.arn.logs)) : "${local.arn.logs[key]}:*"]
    },
    {
      Sid      = "Queues"
      Effect   = "Allow"
      Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      Resource = concat([for s in sort(keys(local.sources)) : local.arn.queue[s]], local.dead_letters)
    },
    {
      Sid      = "Dashboard"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard"]
      Resource = [local.arn.alarms, local.arn.dashboard]
    },
    {
      Sid      = "Metrics"
      Effect   = "Allow"
      Action   = ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "logs:GetQueryResults"]
      Resource = ["*"] # they have no resource level
    },
  ], local.bodies_to_read, local.key_to_read)

  operate_statements = [
    {
      Sid      = "Start"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [local.arn.machine, local.arn.alias]
    },
    {
      Sid      = "Rollback"
      Effect   = "Allow"
      Action   = ["states:UpdateStateMachineAlias"]
      Resource = [local.arn.machine, local.arn.alias]
    },
    {
      Sid      = "Stop"
      Effect   = "Allow"
      Action   = ["states:RedriveExecution", "states:StopExecution"]
      Resource = [local.arn.runs]
    },
    {
      Sid      = "Marks"
      Effect   = "Allow"
      Action   = ["dynamodb:PutItem"] # which a transaction that keeps a revision takes too
      Resource = [local.arn.table]
    },
    {
      Sid      = "Probe" # doctor has each scraper ask its publisher
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [for source in sort(keys(local.sources)) : "${local.arn.function["scrape-${source}"]}:*"]
    },
    {
      Sid      = "DeadLetters"
      Effect   = "Allow"
      Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:ReceiveMessage"]
      Resource = local.dead_letters
    },
  ]

  dead_letters = concat([for s in sort(keys(local.sources)) : local.arn.dlq[s]], [local.arn.late])
}
