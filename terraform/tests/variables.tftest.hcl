# What cannot be meant is refused, by name.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
}

run "names" {
  command = plan
  variables {
    name = "Rates!"
  }
  expect_failures = [var.name]
}

run "no_such_catalogue" {
  command = plan
  variables {
    catalogue = "./tests/data/none.yaml"
  }
  expect_failures = [var.catalogue]
}

run "architecture" {
  command = plan
  variables {
    architecture = "amd64"
  }
  expect_failures = [var.architecture]
}

run "publisher_urls" {
  command = plan
  variables {
    publisher_urls = { ecb = "ftp://example.org" }
  }
  expect_failures = [var.publisher_urls]
}

run "schedules" {
  command = plan
  variables {
    schedules = { daily = { expression = "every day" } }
  }
  expect_failures = [var.schedules]
}

run "metrics" {
  command = plan
  variables {
    metrics = "all"
  }
  expect_failures = [var.metrics]
}

run "days_and_hours" {
  command = plan
  variables {
    oldest_gap_days        = 0
    freshness_days         = 1.5
    max_hours_between_runs = 200
    log_retention_days     = 8
  }
  expect_failures = [var.oldest_gap_days, var.freshness_days, var.max_hours_between_runs, var.log_retention_days]
}
