variable "region" {
  description = "AWS region of the stack, such as sa-east-1."
  type        = string
}

variable "repository" {
  description = "The repository on GitHub, OWNER/NAME."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository: OWNER/NAME, without *."
  }
}

variable "environment" {
  description = "The GitHub Environment whose jobs apply. Which branch they may be of, and who has to agree, is set there."
  type        = string
  default     = "lacuna"

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.environment))
    error_message = "environment: one environment, of letters, digits and ._-, without *."
  }
}

variable "name" {
  description = "Name of the stack that is deployed: the roles reach it and no other."
  type        = string
  default     = "lacuna"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name: 3 to 24 lower-case letters, digits and hyphens, as that of the stack."
  }
}

variable "state_bucket" {
  description = "Name of the S3 bucket to make for Terraform's state. Such names are unique in the world."
  type        = string
}

variable "state_key" {
  description = "Key of the stack's state in the bucket, as in its backend block."
  type        = string
  default     = "lacuna/terraform.tfstate"
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that bounds the stack's roles. Null: one is made that allows what this stack needs."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/[^\\s*]+$", var.permissions_boundary))
    error_message = "permissions_boundary: the ARN of an IAM policy."
  }
}

variable "kms_key_arn" {
  description = "ARN of the stack's KMS key, when it has one of its own (kms_key_arn of the stack)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a key (arn:...:key/...), no alias."
  }
}

variable "create_provider" {
  description = "Make GitHub an identity provider of the account. False where it is one: an account has it once."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
