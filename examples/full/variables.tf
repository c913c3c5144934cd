variable "region" {
  description = "AWS region of the stack, such as sa-east-1."
  type        = string
}

variable "name" {
  description = "Name of the stack, and the beginning of every resource's name."
  type        = string
  default     = "lacuna"
}

variable "architecture" {
  description = "What the zips were built for: arm64, or x86_64 (make zips ARCH=amd64)."
  type        = string
  default     = "arm64"
}

variable "alarm_emails" {
  description = "Addresses that alarms are mailed to; each has to confirm once."
  type        = set(string)
  default     = []
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that bounds the stack's roles, as the output LACUNA_BOUNDARY of examples/oidc has it. Null: none."
  type        = string
  default     = null
}
