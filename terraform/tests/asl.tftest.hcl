# Every Task of the definition has its function or queue, and the machine may
# use it.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
}

run "every_task_has_its_function_and_permission" {
  command = apply

  module {
    source = "./tests/states"
  }

  variables {
    definition = file("../statemachine/pipeline.asl.json")
  }

  assert {
    condition     = output.deeper == toset([])
    error_message = "Maps lie deeper than this test looks."
  }
  assert {
    condition     = keys(output.lambdas) == ["Detect", "FanOut", "Query", "Report", "Select"]
    error_message = "The definition's functions are others."
  }
  assert {
    condition     = output.others == { Scrape = "arn:$${partition}:states:::sqs:sendMessage.waitForTaskToken", Shard = "arn:$${partition}:states:::states:startExecution.sync:2" }
    error_message = "The definition does something else than to invoke functions, fill queues and start itself."
  }
}

run "the_stack" {
  command = apply

  assert {
    condition = { for state, function in { for path, name in run.every_task_has_its_function_and_permission.lambdas : path => name } : state => function } == {
      for task in keys(local.tasks) : { detect = "Detect", fanout = "FanOut", query = "Query", report = "Report", select = "Select" }[task] => "$${${task}_function_arn}"
    }
    error_message = "A Task has no function, or a function no Task."
  }
  assert {
    condition = alltrue([for arn in regexall("arn:aws:lambda:[^\"]+", aws_sfn_state_machine.pipeline.definition) :
      contains([for task, f in aws_lambda_function.task : "arn:aws:lambda:eu-west-1:123456789012:function:${f.function_name}:${f.version}"], arn)
    ])
    error_message = "The definition names something else than published versions of the stack's functions."
  }
  assert {
    condition = toset(regexall("arn:aws:lambda:[^\"]+", aws_sfn_state_machine.pipeline.definition)) == toset([
      for task in ["detect", "fanout", "query", "report", "select"] : "arn:aws:lambda:eu-west-1:123456789012:function:rates-${task}:7"
    ])
    error_message = "The definition lacks a function."
  }
  assert {
    condition = alltrue([for arn in regexall("arn:aws:lambda:[^\"]+", aws_sfn_state_machine.pipeline.definition) :
      contains(jsondecode(aws_iam_role_policy.machine.policy).Statement[0].Resource, replace(arn, "/:[0-9]+$/", ":*"))
    ])
    error_message = "The machine may not invoke a function that it names."
  }
  assert {
    condition     = !strcontains(aws_sfn_state_machine.pipeline.definition, "$${")
    error_message = "A placeholder is left in the definition."
  }
  assert {
    condition     = length(jsondecode(aws_iam_role_policy.machine.policy).Statement[1].Resource) == length(aws_sqs_queue.scrape)
    error_message = "The machine may not send to each of its queues."
  }
  assert {
    condition     = alltrue([for state, seconds in run.every_task_has_its_function_and_permission.timeouts : local.tasks[lower(state)].timeout_seconds < seconds])
    error_message = "A function may outlast its Task: a Retry would see States.Timeout."
  }
}

# A rollback turns the alias back to an older version; whoever started the
# machine itself would not see it.
run "schedules_and_people_start_the_alias" {
  command = apply

  assert {
    condition     = aws_sfn_state_machine.pipeline.publish && aws_sfn_alias.live.routing_configuration == tolist([{ state_machine_version_arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:mocked:3", weight = 100 }])
    error_message = "The alias does not lead to the version that was published."
  }
  assert {
    condition     = alltrue([for s in aws_scheduler_schedule.run : s.target[0].arn == aws_sfn_alias.live.arn])
    error_message = "A schedule starts the machine past its alias."
  }
  assert {
    condition     = jsondecode(aws_ssm_parameter.stack.value).state_machine_alias_arn == aws_sfn_alias.live.arn
    error_message = "The CLI does not learn of the alias."
  }
}
