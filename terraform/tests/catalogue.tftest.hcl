# Terraform reads the catalogue as the Go code does.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
}

run "the_shipped_one" {
  command = plan

  assert {
    condition     = keys(aws_sqs_queue.scrape) == ["anp", "bcb-ptax", "bcb-sgs", "ecb", "fred"]
    error_message = "The shipped sources are others."
  }
  assert {
    condition     = sum([for w in local.widgets : length([for m in w[2] : m if length(m) > 1])]) <= 50 # an expression has one part
    error_message = "The dashboard has more metrics than are free."
  }
}

run "a_file_whose_series_have_different_fields" {
  command = plan

  variables {
    catalogue = "../series.yaml"
  }

  assert {
    condition     = sort(local.series[*].key) == sort(local.shipped.series[*].key) && keys(local.sources) == ["anp", "bcb-ptax", "bcb-sgs", "ecb", "fred"]
    error_message = "The shipped file, named, has other series than when it is not."
  }
}

run "entries_of_the_same_name_replace_shipped_ones_in_place" {
  command = plan

  variables {
    catalogue = "./tests/data/own.yaml"
  }

  assert {
    condition     = local.series[0].source == "mine" && local.series[length(local.series) - 1].key == "MINE#1"
    error_message = "CURRENCY#USD is first and replaced, MINE#1 is last."
  }
  assert {
    condition     = length(local.series) == length(local.shipped.series) + 1
    error_message = "A series is lost or doubled."
  }
  assert {
    condition = [for s in local.series : [s.source, s.code] if s.key == "SGS#1"] == [
      for s in local.shipped.series : [s.source, s.code] if s.key == "SGS#1"
    ]
    error_message = "SGS#1, which has no source of its own, keeps what it does not change."
  }
  assert {
    condition     = local.declared_sources["bcb-ptax"] == { concurrency = 7 }
    error_message = "A source is replaced whole."
  }
  assert {
    condition     = keys(aws_sqs_queue.scrape) == ["anp", "bcb-ptax", "bcb-sgs", "ecb", "fred", "mine"]
    error_message = "The source idle has no series, so it has no queue; mine has one."
  }
  assert {
    condition     = local.catalogue_hash == { sha256 = filesha256("./tests/data/own.yaml"), shipped_sha256 = filesha256("../series.yaml") }
    error_message = "The parameter names another catalogue than the one that is deployed."
  }
}

run "one_of_my_own_alone" {
  command = plan

  variables {
    catalogue      = "./tests/data/alone.yaml"
    publisher_urls = { ecb = "https://proxy.example.org/ecb", bcb-sgs = "https://proxy.example.org/sgs" }
  }

  assert {
    condition     = keys(aws_sqs_queue.scrape) == ["ecb"] && aws_lambda_event_source_mapping.scrape["ecb"].scaling_config[0].maximum_concurrency == 3
    error_message = "A catalogue without include has its own sources alone."
  }
  assert {
    condition = aws_lambda_function.scrape["ecb"].environment[0].variables == tomap({
      LACUNA_LOG_LEVEL = "info", LACUNA_TABLE = "lacuna", LACUNA_SOURCE = "ecb", LACUNA_ECB_URL = "https://proxy.example.org/ecb"
    })
    error_message = "The scraper's environment is wrong."
  }
}

run "publishers_elsewhere" {
  command = plan

  variables {
    publisher_urls          = { ecb = "https://proxy.example.org/ecb" }
    insecure_publisher_urls = { bcb-sgs = "http://10.0.0.7:8080/sgs", anp = "https://internal.example.org" }
    contact                 = "data@example.org"
  }

  assert {
    condition = aws_lambda_function.scrape["ecb"].environment[0].variables == tomap({
      LACUNA_LOG_LEVEL = "info", LACUNA_TABLE = "lacuna", LACUNA_SOURCE = "ecb", LACUNA_CONTACT = "data@example.org",
      LACUNA_ECB_URL   = "https://proxy.example.org/ecb"
    })
    error_message = "A scraper at an address of its own has another environment."
  }
  assert {
    condition = aws_lambda_function.scrape["bcb-sgs"].environment[0].variables == tomap({
      LACUNA_LOG_LEVEL   = "info", LACUNA_TABLE = "lacuna", LACUNA_SOURCE = "bcb-sgs", LACUNA_CONTACT = "data@example.org",
      LACUNA_BCB_SGS_URL = "http://10.0.0.7:8080/sgs", LACUNA_BCB_SGS_INSECURE = "true"
    })
    error_message = "A scraper at an insecure address is not told that it is meant."
  }
  assert {
    condition = aws_lambda_function.scrape["bcb-ptax"].environment[0].variables == tomap({
      LACUNA_LOG_LEVEL = "info", LACUNA_TABLE = "lacuna", LACUNA_SOURCE = "bcb-ptax", LACUNA_CONTACT = "data@example.org"
    })
    error_message = "A scraper at the usual address knows others' addresses."
  }
}

# One family: what Terraform makes is of sources, so it is as much as for one series.
run "ten_thousand_series" {
  command = plan

  variables {
    catalogue = "./tests/data/large.yaml"
  }

  assert {
    condition     = length(local.series) == 10000 && keys(aws_sqs_queue.scrape) == ["ecb"]
    error_message = "There are ${length(local.series)} series."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.function["scrape-ecb"].policy).Statement[1].Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["FAMILY#*"]
    error_message = "The scraper has other keys than its family's beginning."
  }
}

run "more_sources_than_an_environment_takes_are_refused" {
  command = plan

  variables {
    catalogue = "./tests/data/sources.yaml" # 50
  }

  expect_failures = [aws_lambda_function.task]
}

# A declared source is one as any other: a queue, a function, an alarm. Its secret is
# a parameter that its own scraper alone may read.
run "declared_sources" {
  command = plan

  variables {
    catalogue = "./tests/data/declared.yaml"
  }

  assert {
    condition = (keys(aws_sqs_queue.scrape) == ["api", "bank", "book"] && keys(aws_lambda_function.scrape) == ["api", "bank", "book"]
    && length(setintersection(keys(aws_cloudwatch_metric_alarm.this), ["dlq-api", "dlq-bank", "dlq-book", "queue-age-api", "throttles-book"])) == 5)
    error_message = "A declared source lacks its queue, its function or its alarm."
  }
  assert {
    condition = { for name, f in aws_lambda_function.scrape : name => try(f.environment[0].variables.LACUNA_SECRET_PARAMETER, "") } == {
      api = "/lacuna/lacuna/api", bank = "/lacuna/bank", book = ""
    }
    error_message = "A scraper is told another parameter than its source's."
  }
  assert {
    condition = { for name in ["scrape-api", "scrape-bank", "scrape-book", "query", "report"] : name => flatten([for s in local.statements[name] : s.Resource if s.Sid == "Secret"]) } == {
      scrape-api  = ["arn:aws:ssm:eu-west-1:123456789012:parameter/lacuna/lacuna/api"]
      scrape-bank = ["arn:aws:ssm:eu-west-1:123456789012:parameter/lacuna/bank"]
      scrape-book = [], query = [], report = []
    }
    error_message = "Another function than the source's scraper may read its secret, or that one may not."
  }
}

run "families" {
  command = plan

  variables {
    catalogue = "./tests/data/family.yaml"
  }

  assert {
    condition     = toset([for s in local.series : "${s.key} ${s.source}" if contains(["api", "other"], s.source) || strcontains(s.key, "#UF#RJ") || strcontains(s.key, "#GLP#") || s.key == "SGS#1"]) == toset(["FUEL#GLP#UF#SP anp", "FUEL#S10#UF#RJ anp", "FUEL#GLP#UF#RJ anp", "API#USD api", "API#EUR api", "API#JPY other", "SGS#1 bcb-sgs"])
    error_message = "Families have other members than the Go code makes."
  }
  assert {
    condition     = length(local.series) == length(local.shipped.series) + 4 + 3
    error_message = "An entry that changes a member is a series of its own."
  }
  assert {
    condition     = local.exact_keys["api"] == tolist(["API#EUR", "API#EUR#REVISIONS", "API#USD", "API#USD#REVISIONS"])
    error_message = "A scraper has other keys than its family's."
  }
  assert {
    condition     = local.catalogue_hash.sha256 == sha256("${filesha256("./tests/data/family.yaml")}${filesha256("./tests/data/lists/codes.csv")}")
    error_message = "The hash does not tell a changed list."
  }
}
