# catalogue.tf: which sources there are. Read as the Go code reads it: with
# `include: shipped`, entries of the same name replace the shipped ones whole,
# in place; a series without a source changes those of its fields that it has.
locals {
  shipped_file = "${path.module}/../series.yaml"

  shipped    = yamldecode(file(local.shipped_file))
  own        = var.catalogue == null ? null : yamldecode(file(var.catalogue))
  includes   = var.catalogue == null || try(local.own.include == "shipped", false)
  own_series = { for s in flatten([try(local.own.series, [])]) : s.key => s if s != null }

  series = concat(
    [for s in local.shipped.series : merge(concat(
      [for whole in [s] : whole if !can(local.own_series[s.key].source)],
      [try(local.own_series[s.key], {})],
    )...) if local.includes],
    [for key, s in local.own_series : s if !(local.includes && contains(local.shipped.series[*].key, key))],
  )

  declared_sources = merge(
    { for name, s in local.shipped.sources : name => s if local.includes },
    try(local.own.sources, null),
  )

  # What a run takes: MaxSeries of internal/message, and a test holds the two
  # together.
  max_series = 300

  # lacuna compares them with the files that it reads itself.
  catalogue_hash = {
    sha256         = filesha256(coalesce(var.catalogue, local.shipped_file))
    shipped_sha256 = filesha256(local.shipped_file)
  }

  # A source without series gets no queue: Lambda would poll it for nothing.
  sources = { for name in toset(local.series[*].source) : name => {
    # Two is the least that an event source mapping takes.
    concurrency = max(2, try(local.declared_sources[name].concurrency, 2))
  } }
}
