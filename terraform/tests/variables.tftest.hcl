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

run "publishers_over_http" {
  command = plan
  variables {
    publisher_urls = { ecb = "http://proxy.example.org/ecb" }
  }
  expect_failures = [var.publisher_urls]
}

run "a_password_in_the_state" {
  command = plan
  variables {
    publisher_urls = { ecb = "https://alice:secret@proxy.example.org/ecb" }
  }
  expect_failures = [var.publisher_urls]
}

run "a_token_in_the_state" {
  command = plan
  variables {
    publisher_urls = { ecb = "https://proxy.example.org/ecb?token=secret" }
  }
  expect_failures = [var.publisher_urls]
}

run "a_password_in_the_state_and_on_the_way" {
  command = plan
  variables {
    insecure_publisher_urls = { ecb = "http://alice:secret@10.0.0.7/ecb" }
  }
  expect_failures = [var.insecure_publisher_urls]
}

run "insecure_files" {
  command = plan
  variables {
    insecure_publisher_urls = { ecb = "file:///etc/passwd" }
  }
  expect_failures = [var.insecure_publisher_urls]
}

run "both_secure_and_insecure" {
  command = plan
  variables {
    publisher_urls          = { ecb = "https://proxy.example.org/ecb" }
    insecure_publisher_urls = { ecb = "http://10.0.0.7/ecb" }
  }
  expect_failures = [var.insecure_publisher_urls]
}

run "contact" {
  command = plan
  variables {
    contact = "nobody"
  }
  expect_failures = [var.contact]
}

run "contact_of_two_lines" {
  command = plan
  variables {
    contact = "data@example.org\nX: y"
  }
  expect_failures = [var.contact]
}

run "contact_with_a_password" {
  command = plan
  variables {
    contact = "https://alice:secret@example.org/"
  }
  expect_failures = [var.contact]
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

run "permissions_boundary" {
  command = plan
  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
  }
  expect_failures = [var.permissions_boundary]
}

run "role_path" {
  command = plan
  variables {
    role_path = "/lacuna"
  }
  expect_failures = [var.role_path]
}

run "kms_key_arn" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:alias/rates"
  }
  expect_failures = [var.kms_key_arn]
}

run "vpc_without_subnets" {
  command = plan
  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }
  expect_failures = [var.vpc]
}

run "vpc_without_security_groups" {
  command = plan
  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["default"] }
  }
  expect_failures = [var.vpc]
}

run "scrapers_of_no_source" {
  command = plan
  variables {
    scrapers = { imf = {} }
  }
  expect_failures = [var.scrapers]
}

run "scrapers_with_too_little_memory" {
  command = plan
  variables {
    scrapers = { anp = { memory_mb = 64 } }
  }
  expect_failures = [var.scrapers]
}

# Twelve messages, the most that wait, have to end within a heartbeat, which is 1800 s,
# with two scrapers.
run "scrapers_that_outlast_the_heartbeat" {
  command = plan
  variables {
    scrapers = { anp = { timeout_seconds = 300 } }
  }
  expect_failures = [var.scrapers]
}
