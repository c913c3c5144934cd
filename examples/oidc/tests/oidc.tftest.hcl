# Who may take a role, and that the roles reach this stack and no further.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }
}

variables {
  region       = "eu-west-1"
  repository   = "someone/rates"
  name         = "rates"
  state_bucket = "someones-state"
}

run "each_role_is_taken_by_one_kind_of_job" {
  command = plan

  assert {
    condition = { for key, r in aws_iam_role.deploy : key => jsondecode(r.assume_role_policy).Statement } == {
      for key, subject in { plan = "repo:someone/rates:pull_request", apply = "repo:someone/rates:ref:refs/heads/main" } : key => [{
        Action    = "sts:AssumeRoleWithWebIdentity"
        Effect    = "Allow"
        Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
        Condition = { StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = subject
        } }
      }]
    }
    error_message = "A role can be taken by another repository, branch or event."
  }
}

run "the_plan_role_changes_nothing" {
  command = plan

  assert {
    condition = alltrue(flatten([for s in jsondecode(aws_iam_role_policy.deploy["plan"].policy).Statement : [for action in s.Action :
      can(regex(":(Get|List|Describe|Validate)", action))
    ]]))
    error_message = "A pull request can change something."
  }
}

run "no_role_reaches_beyond_the_stack" {
  command = plan

  assert {
    condition = alltrue(flatten([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : [
      for action in s.Action : s.Effect == "Allow" && !strcontains(action, "*")
    ]]]))
    error_message = "An action has a *."
  }
  assert {
    condition = length(setsubtract(flatten([for p in aws_iam_role_policy.deploy : [
      for s in jsondecode(p.policy).Statement : s.Action if contains(s.Resource, "*") && !can(s.Condition)
      ]]), [
      "cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "sns:GetSubscriptionAttributes", "sns:Unsubscribe",
      "ssm:DescribeParameters", "states:ValidateStateMachineDefinition",
    ])) == 0
    error_message = "An action is allowed on every resource, though it has a resource level."
  }
  assert {
    condition = alltrue(flatten([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : [
      for arn in s.Resource : arn == "*" || strcontains(arn, "rates") || strcontains(arn, "someones-state") || strcontains(arn, "event-source-mapping")
    ]]]))
    error_message = "A statement names something that is not the stack's."
  }
  # The stack's roles begin with rates-, these do not: none can widen itself.
  assert {
    condition     = alltrue([for r in aws_iam_role.deploy : !startswith(r.name, "rates-")])
    error_message = "A role can change itself."
  }
  # Inline policies of a role are at most 10,240 characters.
  assert {
    condition     = alltrue([for p in aws_iam_role_policy.deploy : length(p.policy) < 10240])
    error_message = "A policy is longer than IAM takes: ${join(", ", [for key, p in aws_iam_role_policy.deploy : "${key} ${length(p.policy)}"])}"
  }
}

run "an_account_that_knows_github_keeps_its_provider" {
  command = plan

  variables {
    create_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "The provider would be made twice."
  }
}

run "patterns_are_refused" {
  command = plan

  variables {
    repository = "someone/*"
    branch     = "*"
  }

  expect_failures = [var.repository, var.branch]
}
