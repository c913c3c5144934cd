# GovCloud and China: every ARN is of the partition that the stack is in.
mock_provider "aws" {
  source = "./tests/mocks"

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }
  override_data {
    target = data.aws_region.current
    values = { id = "us-gov-west-1" }
  }
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
  kms_key_arn   = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0a1b"
  vpc           = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  tracing       = true
}

run "the_definition_is_of_its_partition" {
  command = apply

  assert {
    condition = toset(regexall("arn:[a-z-]+:states:::[^\"]+", aws_sfn_state_machine.pipeline.definition)) == toset([
      "arn:aws-us-gov:states:::lambda:invoke", "arn:aws-us-gov:states:::sqs:sendMessage.waitForTaskToken",
      "arn:aws-us-gov:states:::states:startExecution.sync:2",
    ])
    error_message = "A Task's Resource is of another partition."
  }
  assert {
    condition     = alltrue([for arn in regexall("arn:[^\" ]+", aws_sfn_state_machine.pipeline.definition) : startswith(arn, "arn:aws-us-gov:")])
    error_message = "The definition names something of another partition."
  }
}

run "policies_are_of_their_partition" {
  command = apply

  assert {
    condition = alltrue(flatten([for p in concat(
      values(aws_iam_role_policy.function)[*].policy,
      values(aws_sqs_queue.scrape)[*].policy,
      values(aws_sqs_queue.dead)[*].policy,
      [
        aws_iam_role_policy.machine.policy, aws_iam_role_policy.schedule.policy, output.reader_policy, output.operator_policy,
        aws_iam_role.machine.assume_role_policy, aws_iam_role.schedule.assume_role_policy, aws_sqs_queue.late.policy, aws_sns_topic_policy.alarms.policy,
      ],
    ) : [for arn in regexall("arn:[^\"]+", p) : startswith(arn, "arn:aws-us-gov:")]]))
    error_message = "A policy names something of another partition."
  }
  assert {
    condition     = startswith(output.console.runs, "https://us-gov-west-1.console.amazonaws-us-gov.com/")
    error_message = "The console is another partition's."
  }
}
