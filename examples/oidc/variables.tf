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

variable "branch" {
  description = "The branch whose pushes are applied."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch))
    error_message = "branch: one branch, without *."
  }
}

variable "name" {
  description = "Name of the stack that is deployed: the roles reach what begins with it."
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
