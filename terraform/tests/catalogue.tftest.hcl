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
    condition = [for s in local.series : [s.source, s.code, s.title] if s.key == "SGS#1"] == [
      for s in local.shipped.series : [s.source, s.code, "a part"] if s.key == "SGS#1"
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

run "one_that_no_run_can_take_is_refused" {
  command = plan

  variables {
    catalogue = "./tests/data/many.yaml" # 301 series
  }

  expect_failures = [aws_sfn_state_machine.pipeline]
}
