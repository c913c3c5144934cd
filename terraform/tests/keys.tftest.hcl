# A scraper touches the partitions of its own source, and no others.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
}

run "each_scraper_has_the_keys_of_its_own_series" {
  command = plan

  # CURRENCY# is of two sources.
  assert {
    condition = { for key, p in aws_iam_role_policy.function : key => {
      for s in jsondecode(p.policy).Statement : s.Sid => join(" ", s.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]) if startswith(s.Action[0], "dynamodb:")
      } if startswith(key, "scrape-")
      } == { for source, keys in {
        anp      = ["FUEL#DIESEL", "FUEL#DIESEL#REGION#SUDESTE", "FUEL#DIESEL#UF#SP", "FUEL#DIESEL_S10", "FUEL#ETHANOL", "FUEL#GASOLINE", "FUEL#LPG"]
        bcb-ptax = ["CURRENCY#CHF", "CURRENCY#EUR", "CURRENCY#GBP", "CURRENCY#JPY", "CURRENCY#USD"]
        bcb-sgs  = ["INFLATION#IGP_M", "INFLATION#IPCA", "RATE#CDI", "RATE#SELIC", "RATE#SELIC_TARGET", "SGS#1", "SGS#10813"]
        ecb      = ["CURRENCY#BRL", "ECB#USD"]
        fred     = ["OIL#BRENT"]
        } : "scrape-${source}" => {
        Rows    = join(" ", [for key in keys : "${key} ${key}#REVISIONS"])
        Breaker = "SOURCE#${source}"
        Streams = "RUN#*"
      }
    }
    error_message = "A scraper's keys are not those of its series."
  }
  # Each of these says in the request which partitions it is of. What does not,
  # such as Scan, PartiQL or a backup, would pass ForAllValues.
  assert {
    condition = alltrue(flatten([for key, p in aws_iam_role_policy.function : [for s in jsondecode(p.policy).Statement : [
      for action in s.Action : contains(["dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], action) &&
      (key == "query" ? s.Action == ["dynamodb:Query"] : can(s.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])) if startswith(action, "dynamodb:")
    ]]]))
    error_message = "A function touches the table beside its keys."
  }
}

run "a_catalogue_of_300_series_fits" {
  command = plan

  variables {
    catalogue = "./tests/data/wide.yaml"
  }

  # The 241 series of ECB# are too many for one policy, so it is their beginning.
  # CURRENCY# and FUEL# are of the other source too; PLAIN is the beginning of
  # two keys of the other source, and FUEL#DIESEL is a key of it.
  assert {
    condition = local.short_keys["ecb"] == tolist([
      "CURRENCY#BRL", "CURRENCY#BRL#REVISIONS", "ECB#*", "FUEL#DIESEL#UF#*", "FUEL#E", "FUEL#E#REVISIONS", "PLAIN", "PLAIN#REVISIONS",
      ]) && local.short_keys["bcb-sgs"] == tolist([
      "CURRENCY#USD", "CURRENCY#USD#REVISIONS", "FUEL#DIESEL", "FUEL#DIESEL#REGION#*", "FUEL#DIESEL#REVISIONS",
      "PLAIN#X", "PLAIN#X#REVISIONS", "PLAIN#Y", "PLAIN#Y#REVISIONS", "SGS#*",
    ])
    error_message = "The short keys are ${jsonencode(local.short_keys)}"
  }
  # What they match: every key of the source and its revisions, and none of another's.
  assert {
    condition = alltrue(flatten([for source, patterns in local.short_keys : [for other, keys in local.exact_keys : [
      for key in keys : anytrue([for p in patterns : endswith(p, "*") ? startswith(key, trimsuffix(p, "*")) : key == p]) == (source == other)
    ]]]))
    error_message = "A source lacks a key, or has one of another source."
  }
  # Only the one that needs it has them.
  assert {
    condition = { for key, p in aws_iam_role_policy.function : key => jsondecode(p.policy).Statement[1].Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] if startswith(key, "scrape-") } == {
      scrape-ecb     = [for key in local.short_keys["ecb"] : key]
      scrape-bcb-sgs = [for key in local.exact_keys["bcb-sgs"] : key]
    }
    error_message = "The keys in the policies are others."
  }
}

run "every_option_leaves_room_for_the_keys" {
  command = plan

  variables {
    name        = "name-of-24-characters-no"
    catalogue   = "./tests/data/wide.yaml"
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    vpc         = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    tracing     = true
  }

  assert {
    condition     = max([for key, p in aws_iam_role_policy.function : length(p.policy) - length(jsonencode(try(jsondecode(p.policy).Statement[1].Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], ""))) if startswith(key, "scrape-")]...) + local.room <= local.max_policy
    error_message = "The other statements need ${jsonencode([for key, p in aws_iam_role_policy.function : length(p.policy) - length(jsonencode(try(jsondecode(p.policy).Statement[1].Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], "")))])} characters."
  }
}

run "keys_that_fit_in_no_way_are_refused" {
  command = plan

  variables {
    catalogue = "./tests/data/long.yaml" # 80 keys of 64 characters each, with a beginning that both sources share
  }

  expect_failures = [aws_iam_role_policy.function]
}

run "a_key_that_says_more_than_itself_is_refused" {
  command = plan

  variables {
    catalogue = "./tests/data/keys.yaml" # a wildcard, a variable, another source's breaker, a series' revisions
  }

  expect_failures = [aws_iam_role_policy.function]
}
