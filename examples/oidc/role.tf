# role.tf: who may become what. GitHub signs which repository and which event, or
# environment, a job belongs to; a role is taken by exactly one.
locals {
  provider_arn = "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}"

  roles = {
    plan  = { subject = "repo:${var.repository}:pull_request", statements = concat(local.read, local.read_state) }
    apply = { subject = "repo:${var.repository}:environment:${var.environment}", statements = concat(local.read, local.write, local.read_state, local.write_state) }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
  tags           = local.tags
}

# Not below the stack's path: what may change the stack's roles must not change
# its own.
resource "aws_iam_role" "deploy" {
  for_each = local.roles

  name                 = "github-${var.name}-${each.key}"
  description          = "lacuna: ${each.key} of ${var.name} by GitHub Actions of ${var.repository}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value.subject
        }
      }
    }]
  })
  tags = local.tags

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy" "deploy" {
  for_each = local.roles

  name   = each.key
  role   = aws_iam_role.deploy[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}
