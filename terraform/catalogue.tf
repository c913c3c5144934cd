# catalogue.tf: which sources there are. Read as the Go code reads it: with
# `include: shipped`, entries of the same name replace the shipped ones whole,
# in place; a series without a source changes those of its fields that it has.
locals {
  shipped_file = "${path.module}/../series.yaml"

  shipped  = yamldecode(file(local.shipped_file))
  own      = var.catalogue == null ? null : yamldecode(file(var.catalogue))
  includes = var.catalogue == null || try(local.own.include == "shipped", false)

  # A family is expanded as the Go code does it: a member for each combination of its
  # lists, or each line of its file. Only what stands in braces in the key is looked at,
  # four names at most; a later entry with a member's key changes or replaces it.
  own_entries = flatten([try(local.own.series, [])])
  family_rows = [for s in local.own_entries : concat(
    try(csvdecode(trimprefix(file("${dirname(var.catalogue)}/${s.each.from}"), "\ufeff")), []),
    try([for member in setproduct([""], values(s.each)...) : zipmap(keys(s.each), slice(member, 1, length(member)))], []),
  )]
  braces = [for s in local.own_entries : concat(distinct(try(flatten(regexall("\\{([a-z][a-z0-9_]*)\\}", s.key)), [])), ["", "", "", ""])]
  own_keys = [for i, s in local.own_entries : concat(
    [for one in [s] : one.key if one != null && !can(one.each)],
    [for row in local.family_rows[i] : replace(replace(replace(replace(s.key,
      "{${local.braces[i][0]}}", lookup(row, local.braces[i][0], "")),
      "{${local.braces[i][1]}}", lookup(row, local.braces[i][1], "")),
      "{${local.braces[i][2]}}", lookup(row, local.braces[i][2], "")),
    "{${local.braces[i][3]}}", lookup(row, local.braces[i][3], ""))],
  )]
  own_parts  = flatten([for i, keys in local.own_keys : [for key in keys : { key = key, source = try(local.own_entries[i].source, null) }]])
  own_by_key = { for part in local.own_parts : part.key => part.source... }
  own_series = { for key, sources in local.own_by_key : key => merge({ key = key },
    [for source in compact(sources) : { source = source }]...)
  }

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

  # lacuna compares them with the files that it reads itself. One with files beside it
  # has the hash of all their hashes.
  family_files = sort(distinct(compact([for s in local.own_entries : try(s.each.from, "")])))
  own_hash     = filesha256(coalesce(var.catalogue, local.shipped_file))
  catalogue_hash = {
    sha256 = length(local.family_files) == 0 ? local.own_hash : sha256(join("", concat([local.own_hash], [
      for name in local.family_files : filesha256("${dirname(coalesce(var.catalogue, local.shipped_file))}/${name}")
    ])))
    shipped_sha256 = filesha256(local.shipped_file)
  }

  # A source without series gets no queue: Lambda would poll it for nothing.
  sources = { for name in toset(local.series[*].source) : name => {
    # Two is the least that an event source mapping takes.
    concurrency = max(2, try(local.declared_sources[name].concurrency, 2))
    # Whether what its publisher sends is kept, in the bucket of bodies.tf.
    keep = try(local.declared_sources[name].keep, null) != null
    # The parameter of Systems Manager that has what a declared source sends as its
    # secret; "" for none. Its value never comes here: a state would keep it.
    secret = can(local.declared_sources[name].secret) ? try(local.declared_sources[name].secret.parameter, "/lacuna/${var.name}/${name}") : ""
  } }
}
