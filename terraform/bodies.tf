# bodies.tf: what publishers have sent, where the catalogue says `keep: bodies` of a
# source, for `lacuna reparse`. Without such a source there is no bucket.
locals {
  keeping = sort([for name, s in local.sources : name if s.keep])
  kept    = toset(length(local.keeping) > 0 ? ["bodies"] : [])

  # A bucket's name is unique in all of AWS. At most 63 characters: the longest name of a
  # stack has 24, the longest of a region 14.
  bodies_name = "${var.name}-bodies-${local.account}-${local.region}"

  # A scraper adds below its own source's name, and reads nothing. Under a key of one's
  # own it asks for a data key too.
  bodies_of = { for source, s in local.sources : source => [for keep in [s.keep] : {
    Sid      = "Bodies"
    Effect   = "Allow"
    Action   = ["s3:PutObject"]
    Resource = ["${local.arn.bodies}/${source}/*"]
  } if keep] }

  # Without ListBucket what is not there any more would look like what one may not read.
  bodies_to_read = [for bucket in local.kept : {
    Sid      = "Bodies"
    Effect   = "Allow"
    Action   = ["s3:GetObject", "s3:ListBucket"]
    Resource = [local.arn.bodies, "${local.arn.bodies}/*"]
  }]
}

resource "aws_s3_bucket" "bodies" {
  for_each = local.kept

  bucket        = local.bodies_name
  force_destroy = !var.deletion_protection
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "bodies" {
  for_each = aws_s3_bucket.bodies

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "bodies" {
  for_each = aws_s3_bucket.bodies

  bucket = each.value.id
  rule {
    object_ownership = "BucketOwnerEnforced" # no ACLs
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "bodies" {
  for_each = aws_s3_bucket.bodies

  bucket = each.value.id
  rule {
    bucket_key_enabled = var.kms_key_arn != null
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# What comes again is written again, and so is kept for as long again. There are no
# versions: the name of an object is the hash of what is in it.
resource "aws_s3_bucket_lifecycle_configuration" "bodies" {
  for_each = aws_s3_bucket.bodies

  bucket = each.value.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = var.bodies_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
    # Half the price for what is read once a year at most. S3 lets objects below 128 KB,
    # which most of them are, where they are, and charges 30 days at least.
    dynamic "transition" {
      for_each = var.bodies_days >= 60 ? ["STANDARD_IA"] : []
      content {
        days          = 30
        storage_class = transition.value
      }
    }
  }
}

resource "aws_s3_bucket_policy" "bodies" {
  for_each = aws_s3_bucket.bodies

  bucket = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TLSOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.arn.bodies, "${local.arn.bodies}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
