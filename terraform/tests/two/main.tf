# Two stacks in one account, from the module.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" } # without it the mock does not reach the stacks
  }
}

variable "artifacts_dir" {
  type        = string
  description = "Directory of the zips."
}

module "stack" {
  source   = "../.."
  for_each = toset(["rates", "rates-test"])

  name          = each.key
  artifacts_dir = var.artifacts_dir
}

output "arns" {
  description = "By stack, the ARNs of what it consists of."
  value       = { for name, s in module.stack : name => toset(concat(regexall("arn:[^\"]+", "${s.reader_policy}${s.operator_policy}"), values(s.functions))) }
}
