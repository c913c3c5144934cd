# The smallest stack: the shipped catalogue, with every default. Region and
# credentials come from the environment (AWS_REGION, AWS_PROFILE). The zips of
# `make zips` must be there first.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7"
    }
  }
}

module "lacuna" {
  source = "../../terraform"
}

output "name" {
  description = "The stack's name: lacuna --target aws --stack NAME."
  value       = module.lacuna.name
}
