# The stack with every option that asks for permissions, and what its roles may do.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" } # without it the mock does not reach the stack
  }
}

variable "name" {
  type        = string
  description = "Name of the stack."
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of its key."
}

module "stack" {
  source = "../../../../terraform"

  name          = var.name
  catalogue     = "${path.module}/../../../../terraform/tests/data/bodies.yaml"
  artifacts_dir = "${path.module}/../../../../terraform/tests/artifacts"
  kms_key_arn   = var.kms_key_arn
  tracing       = true
  vpc           = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
}

output "allowed" {
  description = "Each action that a role of the stack may do, and on what."
  value = toset(flatten([for policy in module.stack.role_policies : [for s in jsondecode(policy).Statement : [
    for action in s.Action : [for resource in s.Resource : { action = action, resource = resource }]
  ] if s.Effect == "Allow"]]))
}
