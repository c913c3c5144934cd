# options.tf: what a key, a VPC and tracing ask of roles.
locals {
  # Under a key of one's own, whoever reads the table or a queue decrypts with it,
  # and whoever sends to a queue asks for a data key too. DynamoDB makes its data
  # keys itself. Logs and the topic use the key as services (docs/aws.md).
  key_to_read = [for arn in var.kms_key_arn[*] : { Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt"], Resource = [arn] }]
  key_to_send = [for arn in var.kms_key_arn[*] : { Sid = "Key", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [arn] }]
  managed_sse = var.kms_key_arn == null ? true : null # the two exclude each other

  # A function in a VPC has its network interfaces made with its role. Its code,
  # which has the same role, is shut out from that: the key is there only in
  # requests that come from the function itself.
  interfaces = { for source in keys(local.sources) : "scrape-${source}" => flatten([for vpc in var.vpc[*] : [
    {
      Sid      = "Interfaces"
      Effect   = "Allow"
      Action   = local.interface_actions
      Resource = ["*"] # Lambda asks for them on every resource
    },
    {
      Sid       = "NotFromCode"
      Effect    = "Deny"
      Action    = local.interface_actions
      Resource  = ["*"]
      Condition = { ArnLike = { "lambda:SourceFunctionArn" = [local.arn.function["scrape-${source}"], "${local.arn.function["scrape-${source}"]}:*"] } }
    },
  ]]) }
  interface_actions = [
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
  ]

  # X-Ray has no resource level for these.
  trace_mode    = var.tracing ? "Active" : "PassThrough"
  trace_actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
  trace         = [for t in [var.tracing] : { Sid = "Traces", Effect = "Allow", Action = local.trace_actions, Resource = ["*"] } if t]
  trace_machine = [for s in local.trace : merge(s, { Action = concat(["xray:GetSamplingRules", "xray:GetSamplingTargets"], local.trace_actions) })]
}
