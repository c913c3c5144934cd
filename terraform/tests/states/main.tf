# The Tasks of a definition, down to the third level of Maps.
variable "definition" {
  type        = string
  description = "States Language, JSON."
}

locals {
  level = [local.first, local.second, local.third]

  first  = jsondecode(var.definition).States
  second = merge([for s in values(local.first) : s.ItemProcessor.States if s.Type == "Map"]...)
  third  = merge([for s in values(local.second) : s.ItemProcessor.States if s.Type == "Map"]...)
  tasks  = merge([for states in local.level : { for name, s in states : name => s if s.Type == "Task" }]...)
}

output "lambdas" {
  description = "FunctionName by state."
  value       = { for name, s in local.tasks : name => s.Parameters.FunctionName if s.Resource == "arn:$${partition}:states:::lambda:invoke" }
}

output "timeouts" {
  description = "TimeoutSeconds by state that invokes a function."
  value       = { for name, s in local.tasks : name => s.TimeoutSeconds if s.Resource == "arn:$${partition}:states:::lambda:invoke" }
}

output "others" {
  description = "Resource by state that does something else."
  value       = { for name, s in local.tasks : name => s.Resource if s.Resource != "arn:$${partition}:states:::lambda:invoke" }
}

output "deeper" {
  description = "Maps, Parallels of the last level, and Parallels of any."
  value       = toset(concat([for name, s in local.third : name if s.Type == "Map"], flatten([for states in local.level : [for name, s in states : name if s.Type == "Parallel"]])))
}
