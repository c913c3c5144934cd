# Who may do what, exactly.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
  catalogue     = "./tests/data/two.yaml"
}

run "each_role_has_its_statements_and_no_other" {
  command = plan

  assert {
    condition = { for key, p in aws_iam_role_policy.function : key => join("\n", [for s in jsondecode(p.policy).Statement :
      "${s.Effect} ${join(",", s.Action)} on ${join(",", s.Resource)}${can(s.Condition) ? " if ${jsonencode(s.Condition)}" : ""}"
      ]) } == {
      detect = "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-detect:*"
      fanout = "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-fanout:*"
      select = join("\n", [
        "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-select:*",
        "Allow states:DescribeExecution on arn:aws:states:eu-west-1:123456789012:execution:rates:*",
      ])
      query = join("\n", [
        "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-query:*",
        "Allow dynamodb:Query on arn:aws:dynamodb:eu-west-1:123456789012:table/rates",
      ])
      report = join("\n", [
        "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-report:*",
        "Allow dynamodb:Query on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"RUN#*\",\"RUNS#*\"]}}",
        "Allow dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"RUNS#*\"]}}",
        "Allow cloudwatch:PutMetricData on * if {\"StringEquals\":{\"cloudwatch:namespace\":\"Lacuna\"}}",
      ])
      scrape-ecb = join("\n", [
        "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-scrape-ecb:*",
        "Allow dynamodb:BatchWriteItem,dynamodb:PutItem,dynamodb:Query on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"A\",\"A#REVISIONS\"]}}",
        "Allow dynamodb:GetItem,dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"SOURCE#ecb\"]}}",
        "Allow dynamodb:Query,dynamodb:UpdateItem on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"RUN#*\"]}}",
        "Allow sqs:DeleteMessage,sqs:GetQueueAttributes,sqs:ReceiveMessage on arn:aws:sqs:eu-west-1:123456789012:rates-ecb",
        "Allow states:SendTaskFailure,states:SendTaskHeartbeat,states:SendTaskSuccess on *",
      ])
      scrape-bcb-sgs = join("\n", [
        "Allow logs:CreateLogStream,logs:PutLogEvents on arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/rates-scrape-bcb-sgs:*",
        "Allow dynamodb:BatchWriteItem,dynamodb:PutItem,dynamodb:Query on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"B\",\"B#REVISIONS\"]}}",
        "Allow dynamodb:GetItem,dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"SOURCE#bcb-sgs\"]}}",
        "Allow dynamodb:Query,dynamodb:UpdateItem on arn:aws:dynamodb:eu-west-1:123456789012:table/rates if {\"ForAllValues:StringLike\":{\"dynamodb:LeadingKeys\":[\"RUN#*\"]}}",
        "Allow sqs:DeleteMessage,sqs:GetQueueAttributes,sqs:ReceiveMessage on arn:aws:sqs:eu-west-1:123456789012:rates-bcb-sgs",
        "Allow states:SendTaskFailure,states:SendTaskHeartbeat,states:SendTaskSuccess on *",
      ])
    }
    error_message = "A function's policy is not what it should be."
  }
  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.machine.policy).Statement : "${join(",", s.Action)} on ${join(",", s.Resource)}" if s.Sid != "LogDelivery"] == [
      "lambda:InvokeFunction on ${join(",", [for task in ["detect", "fanout", "query", "report", "select"] : "arn:aws:lambda:eu-west-1:123456789012:function:rates-${task}:*"])}",
      "sqs:SendMessage on arn:aws:sqs:eu-west-1:123456789012:rates-bcb-sgs,arn:aws:sqs:eu-west-1:123456789012:rates-ecb",
      "states:StartExecution on arn:aws:states:eu-west-1:123456789012:stateMachine:rates,arn:aws:states:eu-west-1:123456789012:stateMachine:rates:*",
      "states:DescribeExecution,states:StopExecution on arn:aws:states:eu-west-1:123456789012:execution:rates:*",
      "events:DescribeRule,events:PutRule,events:PutTargets on arn:aws:events:eu-west-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
    ]
    error_message = "The state machine may do something else than invoke its functions, fill its queues and run its own shards."
  }
  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.schedule.policy).Statement : "${join(",", s.Action)} on ${join(",", s.Resource)}"] == [
      "states:StartExecution on arn:aws:states:eu-west-1:123456789012:stateMachine:rates,arn:aws:states:eu-west-1:123456789012:stateMachine:rates:live",
      "sqs:SendMessage on arn:aws:sqs:eu-west-1:123456789012:rates-schedules-dlq",
    ]
    error_message = "The scheduler may do something else than start the machine and fill its dead-letter queue."
  }
  assert {
    condition     = toset(keys(aws_iam_role.function)) == toset(keys(aws_iam_role_policy.function))
    error_message = "A function shares its role, or has none."
  }
}

run "each_role_is_taken_by_its_service_alone" {
  command = plan

  # A service that works for another account, or for something else of this one, is
  # told apart by what it says it works for.
  assert {
    condition = { for r in concat(values(aws_iam_role.function), [aws_iam_role.machine, aws_iam_role.schedule]) : r.name => [for s in jsondecode(r.assume_role_policy).Statement : s] } == merge(
      { for key in ["select", "query", "detect", "fanout", "report", "scrape-ecb", "scrape-bcb-sgs"] : "rates-${key}" => [{
        Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" }
        Condition = {
          ArnLike      = { "aws:SourceArn" = [for end in ["", ":*"] : "arn:aws:lambda:eu-west-1:123456789012:function:rates-${key}${end}"] }
          StringEquals = { "aws:SourceAccount" = "123456789012" }
        }
      }] },
      {
        rates-machine = [{
          Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "states.amazonaws.com" }
          Condition = {
            ArnLike      = { "aws:SourceArn" = [for end in ["", ":*"] : "arn:aws:states:eu-west-1:123456789012:stateMachine:rates${end}"] }
            StringEquals = { "aws:SourceAccount" = "123456789012" }
          }
        }]
        rates-schedule = [{
          Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "scheduler.amazonaws.com" }
          Condition = {
            StringEquals = { "aws:SourceAccount" = "123456789012", "aws:SourceArn" = "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/rates" }
          }
        }]
      },
    )
    error_message = "A role can be taken by somebody else, or for something else."
  }
}

run "no_policy_has_more_than_it_needs" {
  command = plan

  # Allow statements of every policy of the stack, those handed to people too.
  assert {
    condition = alltrue(flatten([for p in concat(
      values(aws_iam_role_policy.function)[*].policy,
      [aws_iam_role_policy.machine.policy, aws_iam_role_policy.schedule.policy, output.reader_policy, output.operator_policy],
    ) : [for s in jsondecode(p).Statement : [for action in s.Action : !strcontains(action, "*")]]]))
    error_message = "An action has a *."
  }
  assert {
    condition = length(setsubtract(flatten([for p in concat(
      values(aws_iam_role_policy.function)[*].policy,
      [aws_iam_role_policy.machine.policy, aws_iam_role_policy.schedule.policy, output.reader_policy, output.operator_policy],
      ) : [for s in jsondecode(p).Statement : s.Action if contains(s.Resource, "*")]]), [
      # These have no resource level (service authorization reference).
      "cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "cloudwatch:PutMetricData",
      "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
      "logs:GetQueryResults", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      "states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess",
      # Step Functions asks for it on every resource (its guide on logging).
      "logs:DescribeLogGroups",
    ])) == 0
    error_message = "An action is allowed on every resource, though it has a resource level."
  }
  assert {
    condition     = alltrue([for p in concat(values(aws_sqs_queue.scrape), values(aws_sqs_queue.dead), [aws_sqs_queue.late]) : jsondecode(p.policy).Statement[0].Effect == "Deny" && jsondecode(p.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false" && p.sqs_managed_sse_enabled])
    error_message = "A queue takes what did not come over TLS, or lies there in the clear."
  }
}

run "without_metrics_report_may_send_none" {
  command = plan

  variables {
    metrics = "off"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["report"].policy, "cloudwatch")
    error_message = "Report may send metrics that nobody wants."
  }
  assert {
    condition     = !anytrue([for key in keys(aws_cloudwatch_metric_alarm.this) : contains(["oldest-gap", "freshness"], key)])
    error_message = "An alarm waits for metrics that nobody sends."
  }
}

run "readers_change_nothing" {
  command = plan

  assert {
    condition = alltrue(flatten([for s in jsondecode(output.reader_policy).Statement : [for action in s.Action :
      can(regex(":(Get|Describe|List|Query|FilterLogEvents|StartQuery)", action))
    ]]))
    error_message = "The reader policy changes something."
  }
  assert {
    condition     = !strcontains("${output.reader_policy}${output.operator_policy}", "\"lambda:GetFunction\"")
    error_message = "People get the functions' code, though what they look at is their configuration."
  }
}

run "an_operator_writes_rows_and_nothing_else_of_the_table" {
  command = plan

  # A transaction of puts asks for PutItem (DynamoDB developer guide, using IAM
  # with transactions). Revisions are read with the readers' Query.
  assert {
    condition = [for s in concat(jsondecode(output.reader_policy).Statement, jsondecode(output.operator_policy).Statement) :
      "${join(",", s.Action)} on ${join(",", s.Resource)}" if length([for a in s.Action : a if startswith(a, "dynamodb:")]) > 0
      ] == [
      "dynamodb:DescribeTable,dynamodb:DescribeTimeToLive,dynamodb:GetItem,dynamodb:Query on arn:aws:dynamodb:eu-west-1:123456789012:table/rates",
      "dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:123456789012:table/rates",
    ]
    error_message = "People may do something else to the table than read it, and put rows."
  }
}
