# table.tf: the one table. Rows, revisions, what streams did, run summaries and
# breakers stand in it side by side; keys.tf says under which keys.
resource "aws_dynamodb_table" "rows" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "info_type"
  range_key    = "date"

  attribute {
    name = "info_type"
    type = "S"
  }

  attribute {
    name = "date"
    type = "S"
  }

  # What streams did goes after 400 days; rows and run summaries never do.
  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn # null: the key that AWS manages for DynamoDB
  }

  deletion_protection_enabled = var.deletion_protection

  tags = local.tags
}
