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
      for key, subject in { plan = "repo:someone/rates:pull_request", apply = "repo:someone/rates:environment:lacuna" } : key => [{
        Action    = "sts:AssumeRoleWithWebIdentity"
        Effect    = "Allow"
        Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
        Condition = { StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = subject
        } }
      }]
    }
    error_message = "A role can be taken by another repository, environment or event."
  }
}

run "the_plan_role_changes_nothing" {
  command = plan

  assert {
    condition = alltrue(flatten([for s in jsondecode(aws_iam_role_policy.deploy["plan"].policy).Statement : [for action in s.Action :
      can(regex(":(Get|List|Describe|Validate)", action))
    ] if s.Effect == "Allow"]))
    error_message = "A pull request can change something."
  }
}

run "no_role_reaches_beyond_the_stack" {
  command = plan

  assert {
    condition = alltrue(flatten([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : [
      for action in s.Action : !strcontains(action, "*")
    ] if s.Effect == "Allow"]]))
    error_message = "An action has a *."
  }
  assert {
    condition = length(setsubtract(flatten([for p in aws_iam_role_policy.deploy : [
      for s in jsondecode(p.policy).Statement : s.Action if s.Effect == "Allow" && contains(flatten([s.Resource]), "*") && !can(s.Condition)
      ]]), [
      "cloudwatch:DescribeAlarms", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "logs:DescribeLogGroups", "sns:GetSubscriptionAttributes", "sns:Unsubscribe",
      "ssm:DescribeParameters", "states:ValidateStateMachineDefinition",
    ])) == 0
    error_message = "An action is allowed on every resource, though it has a resource level."
  }
  assert {
    condition = alltrue(flatten([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : [
      for arn in flatten([s.Resource]) : arn == "*" || strcontains(arn, "rates") || strcontains(arn, "someones-state") || strcontains(arn, "event-source-mapping")
    ]]]))
    error_message = "A statement names something that is not the stack's."
  }
  # The stack's roles lie below its path, these and the boundary do not: none can
  # widen itself.
  assert {
    condition     = alltrue([for path in concat(values(aws_iam_role.deploy)[*].path, aws_iam_policy.boundary[*].path) : !startswith(coalesce(path, "/"), "/lacuna/")])
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
    repository  = "someone/*"
    environment = "*"
  }

  expect_failures = [var.repository, var.environment]
}

run "rates_cannot_touch_rates_test" {
  command = plan

  # Whatever has the tag of another stack is denied, in every policy, whatever
  # the statements beside it allow.
  assert {
    condition = alltrue([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : s if s.Effect == "Deny"] == [{
      Sid      = "OtherStacks"
      Effect   = "Deny"
      Action   = "*"
      Resource = "*"
      Condition = {
        Null            = { "aws:ResourceTag/lacuna" = "false" }
        StringNotEquals = { "aws:ResourceTag/lacuna" = "rates" }
      }
    }]])
    error_message = "A role reaches what has another stack's tag."
  }
  # An ARN that could be of rates-test has a service that looks at that tag; the
  # others are exact, or lie below the stack's path.
  assert {
    condition = alltrue(flatten([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : [
      for arn in s.Resource : contains(["cloudwatch", "lambda", "logs", "sqs"], split(":", arn)[2]) if can(regex("rates-[^:/]*\\*", arn))
    ] if s.Effect == "Allow"]]))
    error_message = "A pattern matches another stack's resources, in a service that does not know its tag."
  }
  assert {
    condition = toset(flatten([for p in aws_iam_role_policy.deploy : [for s in jsondecode(p.policy).Statement : [
      for arn in s.Resource : arn if strcontains(arn, ":iam:")
    ] if s.Effect == "Allow"]])) == toset(["arn:aws:iam::123456789012:role/lacuna/rates/*", "arn:aws:iam::123456789012:policy/lacuna/rates/*"])
    error_message = "A role reaches roles or policies outside of the stack's path."
  }
}

run "no_role_is_made_without_the_boundary" {
  command = plan

  assert {
    condition = { for s in jsondecode(aws_iam_role_policy.deploy["apply"].policy).Statement : s.Sid => [s.Action, try(s.Condition, null)]
      if length(setintersection(flatten([s.Action]), ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary"])) > 0
      } == { BoundedRoles = [
        ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"],
        { StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::123456789012:policy/lacuna-boundary/rates-boundary" } },
    ] }
    error_message = "A role can be made, or widened, without the boundary."
  }
  assert {
    condition     = length(aws_iam_policy.boundary) == 1 && length(aws_iam_policy.boundary[0].policy) <= 6144 && output.github_variables.LACUNA_BOUNDARY == "arn:aws:iam::123456789012:policy/lacuna-boundary/rates-boundary"
    error_message = "The boundary is not made, is too long, or GitHub does not learn of it."
  }
}

run "a_teams_own_boundary_stands_in" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/team"
  }

  assert {
    condition     = length(aws_iam_policy.boundary) == 0 && strcontains(aws_iam_role_policy.deploy["apply"].policy, "{\"iam:PermissionsBoundary\":\"arn:aws:iam::123456789012:policy/team\"}")
    error_message = "Roles are bound by another policy than the one that was given."
  }
}

run "the_key_is_used_through_dynamodb_alone" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
  }

  assert {
    condition = { for key, p in aws_iam_role_policy.deploy : key => [for s in jsondecode(p.policy).Statement :
      "${join(",", s.Action)} on ${join(",", s.Resource)} ${jsonencode(try(s.Condition, null))}" if strcontains(join(",", flatten([s.Action])), "kms:")
      ] } == {
      plan = ["kms:DescribeKey on arn:aws:kms:eu-west-1:123456789012:key/0a1b null"]
      apply = [
        "kms:DescribeKey on arn:aws:kms:eu-west-1:123456789012:key/0a1b null",
        "kms:CreateGrant,kms:Decrypt,kms:Encrypt,kms:GenerateDataKey,kms:ReEncryptFrom,kms:ReEncryptTo on arn:aws:kms:eu-west-1:123456789012:key/0a1b {\"StringEquals\":{\"kms:ViaService\":\"dynamodb.eu-west-1.amazonaws.com\"}}",
      ]
    }
    error_message = "The key can be used otherwise than to make a table under it."
  }
  assert {
    condition     = alltrue([for p in aws_iam_role_policy.deploy : length(p.policy) < 10240]) && length(aws_iam_policy.boundary[0].policy) <= 6144
    error_message = "A policy is longer than IAM takes."
  }
}
