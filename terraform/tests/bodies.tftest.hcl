# What publishers have sent is kept where the catalogue says so, and only there.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifacts_dir = "./tests/artifacts"
  name          = "rates"
  catalogue     = "./tests/data/bodies.yaml" # of ecb, not of bcb-sgs
}

run "nothing_is_kept_by_itself" {
  command = plan

  variables {
    catalogue = "./tests/data/two.yaml"
  }

  assert {
    condition     = length(aws_s3_bucket.bodies) == 0 && output.bodies == null
    error_message = "There is a bucket that nothing goes to."
  }
  assert {
    condition     = !anytrue([for p in concat(values(aws_iam_role_policy.function)[*].policy, [output.reader_policy, output.operator_policy]) : strcontains(p, "s3:")])
    error_message = "A policy has S3, though nothing is kept there."
  }
  assert {
    condition     = !anytrue([for f in values(aws_lambda_function.scrape) : contains(keys(f.environment[0].variables), "LACUNA_BODIES")])
    error_message = "A scraper is told of a bucket that is not there."
  }
}

run "one_source_adds_below_its_name" {
  command = plan

  assert {
    condition = { for who, p in merge({ for key, p in aws_iam_role_policy.function : key => p.policy }, {
      machine = aws_iam_role_policy.machine.policy, schedule = aws_iam_role_policy.schedule.policy, reader = output.reader_policy, operator = output.operator_policy
      }) : who => [for s in jsondecode(p).Statement : "${s.Effect} ${join(",", s.Action)} on ${join(",", s.Resource)}" if length([for a in s.Action : a if startswith(a, "s3:")]) > 0] } == {
      select         = []
      query          = []
      detect         = []
      fanout         = []
      report         = []
      machine        = []
      schedule       = []
      operator       = [] # is a reader too
      scrape-bcb-sgs = []
      scrape-ecb     = ["Allow s3:PutObject on arn:aws:s3:::rates-bodies-123456789012-eu-west-1/ecb/*"]
      reader         = ["Allow s3:GetObject,s3:ListBucket on arn:aws:s3:::rates-bodies-123456789012-eu-west-1,arn:aws:s3:::rates-bodies-123456789012-eu-west-1/*"]
    }
    error_message = "Bodies are for others than they should be."
  }
  assert {
    condition     = { for source, f in aws_lambda_function.scrape : source => lookup(f.environment[0].variables, "LACUNA_BODIES", "") } == { ecb = "rates-bodies-123456789012-eu-west-1", bcb-sgs = "" }
    error_message = "A scraper is told of another bucket."
  }
}

run "the_bucket_is_private" {
  command = plan

  assert {
    condition     = aws_s3_bucket.bodies["bodies"].bucket == "rates-bodies-123456789012-eu-west-1" && !aws_s3_bucket.bodies["bodies"].force_destroy && output.bodies == aws_s3_bucket.bodies["bodies"].bucket
    error_message = "The bucket has another name, or goes with what is in it."
  }
  assert {
    condition = alltrue([for b in values(aws_s3_bucket_public_access_block.bodies) : b.block_public_acls && b.block_public_policy && b.ignore_public_acls && b.restrict_public_buckets]) && (
    length(aws_s3_bucket_public_access_block.bodies) == 1 && aws_s3_bucket_ownership_controls.bodies["bodies"].rule[0].object_ownership == "BucketOwnerEnforced")
    error_message = "The bucket can be made public."
  }
  assert {
    condition = [for s in jsondecode(aws_s3_bucket_policy.bodies["bodies"].policy).Statement : s] == [{
      Sid       = "TLSOnly", Effect = "Deny", Principal = "*", Action = "s3:*"
      Resource  = ["arn:aws:s3:::rates-bodies-123456789012-eu-west-1", "arn:aws:s3:::rates-bodies-123456789012-eu-west-1/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The bucket takes what did not come over TLS, or lets somebody in."
  }
  assert {
    condition     = [for r in aws_s3_bucket_server_side_encryption_configuration.bodies["bodies"].rule : r.apply_server_side_encryption_by_default[0].sse_algorithm] == ["AES256"]
    error_message = "What is kept lies there in the clear."
  }
  assert {
    condition     = [for r in aws_s3_bucket_lifecycle_configuration.bodies["bodies"].rule : "${r.status} ${r.expiration[0].days} ${jsonencode([for t in r.transition : "${t.days} ${t.storage_class}"])}"] == ["Enabled 400 [\"30 STANDARD_IA\"]"]
    error_message = "What is kept goes at another time."
  }
}

run "options_of_the_bucket" {
  command = plan

  variables {
    bodies_days         = 59
    deletion_protection = false
    kms_key_arn         = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
  }

  assert {
    condition     = aws_s3_bucket.bodies["bodies"].force_destroy
    error_message = "A stack without protection cannot be left."
  }
  assert {
    condition     = [for r in aws_s3_bucket_lifecycle_configuration.bodies["bodies"].rule : "${r.expiration[0].days} ${length(r.transition)}"] == ["59 0"]
    error_message = "A cheaper class would be dearer for so few days."
  }
  assert {
    condition     = [for r in aws_s3_bucket_server_side_encryption_configuration.bodies["bodies"].rule : "${r.bucket_key_enabled} ${r.apply_server_side_encryption_by_default[0].sse_algorithm} ${r.apply_server_side_encryption_by_default[0].kms_master_key_id}"] == ["true aws:kms arn:aws:kms:eu-west-1:123456789012:key/0a1b"]
    error_message = "What is kept is under another key."
  }
  assert {
    condition = { for key in ["scrape-ecb", "scrape-bcb-sgs"] : key => [for s in jsondecode(aws_iam_role_policy.function[key].policy).Statement : join(",", s.Action) if s.Sid == "Key"] } == {
      scrape-ecb = ["kms:Decrypt,kms:GenerateDataKey"], scrape-bcb-sgs = ["kms:Decrypt"]
    }
    error_message = "A scraper may do something else with the key than it needs."
  }
}

run "bodies_are_kept_for_whole_days" {
  command = plan

  variables {
    bodies_days = 0
  }

  expect_failures = [var.bodies_days]
}
