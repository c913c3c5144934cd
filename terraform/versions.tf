# No provider block: the root takes region and credentials from the environment
# (AWS_REGION, AWS_PROFILE), a module those of its caller.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80, < 7"
    }
  }
}
