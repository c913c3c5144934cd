# The boundary allows what the stack's roles have, or they could not work.
mock_provider "aws" {
  source = "../../terraform/tests/mocks"
}

variables {
  name        = "rates"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
}

run "the_stack" {
  command = apply

  module {
    source = "./tests/stack"
  }
}

run "the_boundary_allows_what_the_stack_needs" {
  command = plan

  variables {
    region       = "eu-west-1"
    repository   = "someone/rates"
    state_bucket = "someones-state"
  }

  assert {
    condition     = length(run.the_stack.allowed) > 30
    error_message = "The stack's roles may do ${length(run.the_stack.allowed)} things."
  }
  assert {
    condition     = length(jsonencode({ Version = "2012-10-17", Statement = local.most })) <= 6144 - 500 # longer names
    error_message = "A managed policy has 6,144 characters, the boundary needs ${length(jsonencode({ Version = "2012-10-17", Statement = local.most }))}."
  }
  # Each "action on ARN" of a role, of which the boundary names the action on a
  # pattern that the ARN matches.
  assert {
    condition = alltrue([for need in run.the_stack.allowed : anytrue(flatten([for s in local.most : [
      for pattern in flatten([s.Resource]) : contains(s.Action, need.action) && can(regex("^${replace(replace(pattern, ".", "\\."), "*", ".*")}$", need.resource))
    ] if s.Effect == "Allow"]))])
    error_message = "The boundary lacks: ${jsonencode([for need in run.the_stack.allowed : need if !anytrue(flatten([for s in local.most : [
      for pattern in flatten([s.Resource]) : contains(s.Action, need.action) && can(regex("^${replace(replace(pattern, ".", "\\."), "*", ".*")}$", need.resource))
    ] if s.Effect == "Allow"]))])}"
  }
}
