output "name" {
  description = "The stack's name: lacuna --target aws --stack NAME."
  value       = module.lacuna.name
}

output "console" {
  description = "Links into the AWS console."
  value       = module.lacuna.console
}

output "person_policy_arns" {
  description = "ARNs of the policies of readers and operators."
  value       = { for who, policy in aws_iam_policy.person : who => policy.arn }
}
