# Each option reaches what it is about, with exactly the permissions it needs.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
  catalogue     = "./tests/data/alone.yaml"
}

run "without_options_nothing_is_asked_for" {
  command = plan

  assert {
    condition     = alltrue([for r in concat(values(aws_iam_role.function), [aws_iam_role.machine, aws_iam_role.schedule]) : r.path == "/" && r.permissions_boundary == null])
    error_message = "A role has a path or a boundary that nobody gave."
  }
  assert {
    condition = !anytrue([for p in concat(
      values(aws_iam_role_policy.function)[*].policy,
      [aws_iam_role_policy.machine.policy, aws_iam_role_policy.schedule.policy, output.reader_policy, output.operator_policy],
    ) : can(regex("kms:|ec2:|xray:", p))])
    error_message = "A policy allows what only an option needs."
  }
  assert {
    condition     = alltrue([for q in concat(values(aws_sqs_queue.scrape), values(aws_sqs_queue.dead), [aws_sqs_queue.late]) : q.sqs_managed_sse_enabled && q.kms_master_key_id == null])
    error_message = "A queue is not under SQS's own key."
  }
  assert {
    condition     = alltrue([for f in concat(values(aws_lambda_function.task), values(aws_lambda_function.scrape)) : f.tracing_config[0].mode == "PassThrough" && length(f.vpc_config) == 0]) && !aws_sfn_state_machine.pipeline.tracing_configuration[0].enabled
    error_message = "A function traces, or is in a VPC."
  }
}

run "every_role_has_the_boundary_and_the_path" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/team/boundary"
    role_path            = "/lacuna/rates/"
  }

  assert {
    condition = alltrue([for r in concat(values(aws_iam_role.function), [aws_iam_role.machine, aws_iam_role.schedule]) :
      r.path == "/lacuna/rates/" && r.permissions_boundary == "arn:aws:iam::123456789012:policy/team/boundary"
    ])
    error_message = "A role escapes its boundary, or has another path."
  }
}

run "a_key_covers_table_queues_topic_and_logs" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
  }

  assert {
    condition = alltrue([for key in concat(
      [aws_dynamodb_table.rows.server_side_encryption[0].kms_key_arn, aws_sns_topic.alarms.kms_master_key_id, aws_cloudwatch_log_group.machine.kms_key_id],
      [for g in aws_cloudwatch_log_group.function : g.kms_key_id],
      [for q in concat(values(aws_sqs_queue.scrape), values(aws_sqs_queue.dead), [aws_sqs_queue.late]) : q.kms_master_key_id],
    ) : key == "arn:aws:kms:eu-west-1:123456789012:key/0a1b"])
    error_message = "Something is under another key."
  }
  # Who reads the table or a queue decrypts; who sends asks for a data key too.
  assert {
    condition = { for who, p in merge(
      { for key, p in aws_iam_role_policy.function : key => p.policy },
      { machine = aws_iam_role_policy.machine.policy, schedule = aws_iam_role_policy.schedule.policy, reader = output.reader_policy, operator = output.operator_policy },
      ) : who => [for s in jsondecode(p).Statement : "${join(",", s.Action)} on ${join(",", s.Resource)}" if s.Sid == "Key"] } == {
      select     = []
      detect     = []
      fanout     = []
      operator   = [] # is a reader too
      query      = ["kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
      report     = ["kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
      scrape-ecb = ["kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
      reader     = ["kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
      machine    = ["kms:Decrypt,kms:GenerateDataKey on arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
      schedule   = ["kms:Decrypt,kms:GenerateDataKey on arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
    }
    error_message = "Somebody may use the key otherwise than he needs."
  }
}

run "scrapers_alone_are_in_the_vpc" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = alltrue([for f in aws_lambda_function.scrape : f.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && f.vpc_config[0].security_group_ids == toset(["sg-1"])]) && (
      alltrue([for f in aws_lambda_function.task : length(f.vpc_config) == 0])
    )
    error_message = "The VPC has others than the scrapers, or lacks one."
  }
  assert {
    condition = { for key, p in aws_iam_role_policy.function : key => [for s in jsondecode(p.policy).Statement :
      "${s.Effect} ${join(",", s.Action)} on ${join(",", s.Resource)}${can(s.Condition) ? " if ${jsonencode(s.Condition)}" : ""}" if strcontains(join(",", s.Action), "ec2:")
      ] if strcontains(p.policy, "ec2:") } == {
      scrape-ecb = [
        "Allow ec2:AssignPrivateIpAddresses,ec2:CreateNetworkInterface,ec2:DeleteNetworkInterface,ec2:DescribeNetworkInterfaces,ec2:DescribeSubnets,ec2:UnassignPrivateIpAddresses on *",
        "Deny ec2:AssignPrivateIpAddresses,ec2:CreateNetworkInterface,ec2:DeleteNetworkInterface,ec2:DescribeNetworkInterfaces,ec2:DescribeSubnets,ec2:UnassignPrivateIpAddresses on * if {\"ArnLike\":{\"lambda:SourceFunctionArn\":[\"arn:aws:lambda:eu-west-1:123456789012:function:rates-scrape-ecb\",\"arn:aws:lambda:eu-west-1:123456789012:function:rates-scrape-ecb:*\"]}}",
      ]
    }
    error_message = "Network interfaces are not the scrapers' alone, or their code may make some."
  }
}

run "tracing_covers_functions_and_machine" {
  command = plan

  variables {
    tracing = true
  }

  assert {
    condition     = alltrue([for f in concat(values(aws_lambda_function.task), values(aws_lambda_function.scrape)) : f.tracing_config[0].mode == "Active"]) && aws_sfn_state_machine.pipeline.tracing_configuration[0].enabled
    error_message = "A function or the machine does not trace."
  }
  assert {
    condition = { for who, p in merge({ for key, p in aws_iam_role_policy.function : key => p.policy }, { machine = aws_iam_role_policy.machine.policy, schedule = aws_iam_role_policy.schedule.policy }) :
      who => [for s in jsondecode(p).Statement : join(",", s.Action) if s.Sid == "Traces" && s.Resource == ["*"]]
      } == merge(
      { for key in keys(aws_lambda_function.task) : key => ["xray:PutTelemetryRecords,xray:PutTraceSegments"] },
      { scrape-ecb = ["xray:PutTelemetryRecords,xray:PutTraceSegments"] },
      { machine = ["xray:GetSamplingRules,xray:GetSamplingTargets,xray:PutTelemetryRecords,xray:PutTraceSegments"], schedule = [] },
    )
    error_message = "Who may write traces is not who traces."
  }
}
