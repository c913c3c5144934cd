output "github_variables" {
  description = "What to set under Settings, Secrets and variables, Actions, Variables. None of them is secret."
  value = {
    LACUNA_REGION       = var.region
    LACUNA_NAME         = var.name
    LACUNA_STATE_BUCKET = aws_s3_bucket.state.bucket
    LACUNA_BOUNDARY     = local.boundary
    LACUNA_ENVIRONMENT  = var.environment
    LACUNA_PLAN_ROLE    = aws_iam_role.deploy["plan"].arn
    LACUNA_APPLY_ROLE   = aws_iam_role.deploy["apply"].arn
  }
}
