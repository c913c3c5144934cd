# What an account needs once, before GitHub Actions can deploy without keys: the
# bucket of Terraform's state, GitHub as an identity provider, and two roles. A
# person applies it, with local state:
#
#     terraform -chdir=examples/oidc init
#     terraform -chdir=examples/oidc apply -var region=REGION -var repository=OWNER/NAME -var state_bucket=BUCKET
#
# The output github_variables says what the repository's variables have to be.
#
# The apply role is taken by jobs of the GitHub Environment alone. Make it, with
# people who have to agree to each deployment and the one branch it may be of,
# under Settings, Environments; or, with their numeric ids:
#
#     gh api -X PUT repos/OWNER/NAME/environments/lacuna --input - <<'JSON'
#     {"reviewers": [{"type": "User", "id": 1}], "deployment_branch_policy": {"protected_branches": true, "custom_branch_policies": false}}
#     JSON
#
# What the environment lets through can do what the stack's roles can be made to
# do, which boundary.tf bounds: to this stack's table, queues and functions.
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
