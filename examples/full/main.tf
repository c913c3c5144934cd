# A stack as a team keeps it: its state in S3, a catalogue of its own, several
# schedules, alarms by mail, and policies for those who look and those who act.
#
#     make zips CATALOGUE=examples/full/series.yaml
#     terraform -chdir=examples/full init -backend-config=bucket=BUCKET -backend-config=region=REGION
#     terraform -chdir=examples/full apply -var region=REGION
#
# .github/workflows/deploy.yml does the same; examples/oidc makes the bucket.
terraform {
  required_version = ">= 1.10" # the first that locks in S3 itself

  backend "s3" {
    key          = "lacuna/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7"
    }
  }
}

provider "aws" {
  region = var.region
}

locals {
  path = "/lacuna/${var.name}/"
}

module "lacuna" {
  source = "../../terraform"

  name          = var.name
  catalogue     = "${path.module}/series.yaml"
  artifacts_dir = "${path.module}/../../dist"
  architecture  = var.architecture
  alarm_emails  = var.alarm_emails
  tags          = var.tags

  # Roles and policies below a path of this stack alone, as examples/oidc wants it.
  role_path            = local.path
  permissions_boundary = var.permissions_boundary

  # One early look at the European Central Bank, one late look at everything of
  # a year, and all of history once a week.
  schedules = {
    ecb    = { expression = "cron(30 17 ? * MON-FRI *)", timezone = "Europe/Berlin", input = { from = "-30d", series = ["ECB#*", "CURRENCY#BRL"] } }
    daily  = { expression = "cron(30 21 * * ? *)", input = { from = "-400d" } }
    weekly = { expression = "cron(30 6 ? * SUN *)" }
  }

  metrics            = "source"
  oldest_gap_days    = 5
  log_retention_days = 90
}

# To attach to groups, or to the roles that people sign in to.
resource "aws_iam_policy" "person" {
  for_each = { reader = module.lacuna.reader_policy, operator = module.lacuna.operator_policy }

  name        = "${var.name}-${each.key}"
  path        = local.path
  description = "lacuna: ${each.key} of ${var.name}"
  policy      = each.value
  tags        = merge({ lacuna = var.name }, var.tags)
}
