# What an account needs once, before GitHub Actions can deploy without keys: the
# bucket of Terraform's state, GitHub as an identity provider, and two roles. A
# person applies it, with local state:
#
#     terraform -chdir=examples/oidc init
#     terraform -chdir=examples/oidc apply -var region=REGION -var repository=OWNER/NAME -var state_bucket=BUCKET
#
# The output github_variables says what the repository's variables have to be.
#
# The apply role makes roles and passes them to functions, so whoever can push
# to the branch can do what a function in this account can be made to do.
# Protect the branch.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.81, < 7"
    }
  }
}

provider "aws" {
  region = var.region
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  issuer    = "token.actions.githubusercontent.com"
  tags      = merge({ lacuna = var.name }, var.tags)
}
