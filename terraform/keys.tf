# keys.tf: which partitions of the table a source's scraper may touch. Rows stand
# under the key of their series, revisions under KEY#REVISIONS, breakers under
# SOURCE#name, what streams did under RUN#id (internal/store/dynamo).
# docs/decisions/0016 says why this is how a scraper is held to its own series.
locals {
  # A transaction, and a batch, is of several partitions at once, so one statement
  # has to have all of them. Each of these actions names its partitions, so the
  # condition always has something to hold against: ForAllValues lets a request
  # that names none pass, as a Scan would be.
  table_of = { for source, keys in local.exact_keys : source => [
    merge(local.on_table, {
      Sid       = "Rows"
      Action    = ["dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:Query"]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = length(jsonencode(keys)) <= local.room ? keys : local.short_keys[source] } }
    }),
    merge(local.on_table, {
      Sid       = "Breaker"
      Action    = ["dynamodb:GetItem", "dynamodb:PutItem"]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["SOURCE#${source}"] } }
    }),
    merge(local.on_table, {
      Sid       = "Streams"
      Action    = ["dynamodb:Query", "dynamodb:UpdateItem"]
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["RUN#*"] } }
    }),
  ] }
  on_table = { Effect = "Allow", Resource = [local.arn.table] }

  max_policy = 10240 # characters, of a role's inline policies (IAM quotas)
  room       = 7168  # of them for keys: a scraper's other statements, with every option, need 2,400

  # Each key, and its revisions. Ten thousand keys are ordinary, so what can be told of a
  # whole list, or of what keys have in common, is not told of each.
  keys_of    = { for source in keys(local.sources) : source => sort([for s in local.series : s.key if s.source == source]) }
  exact_keys = { for source, keys in local.keys_of : source => split(" ", join(" ", formatlist("%s %s#REVISIONS", keys, keys))) }

  # The same in fewer characters: of each key the shortest beginning, up to a #,
  # that is of no other source's keys. A key without one stays whole.
  short_keys = { for source, keys in local.keys_of : source => sort(toset(concat(
    [for stem in local.stems_of[source] : "${local.short_of[stem]}*" if local.short_of[stem] != ""],
    flatten([for key in keys : [key, "${key}#REVISIONS"] if local.short_of[join("", regexall("^.*#", key))] == ""]),
  ))) }

  # A#B#C has the stem A#B#, and begins with A# and A#B#; its revisions begin with
  # A#B#C# too. A key without a # has the stem "".
  stems_of   = { for source, keys in local.keys_of : source => toset([for key in keys : join("", regexall("^.*#", key))]) }
  beginnings = { for stem in setunion([], values(local.stems_of)...) : stem => [for i in range(1, length(split("#", stem))) : "${join("#", slice(split("#", stem), 0, i))}#"] }
  beginnings_of = { for source, keys in local.keys_of : source => setunion(
    setintersection(formatlist("%s#", keys), flatten(values(local.beginnings))),
    flatten([for stem in local.stems_of[source] : local.beginnings[stem]]),
  ) }
  sources_of = { for b in flatten([for source, texts in local.beginnings_of : [for text in texts : { text = text, source = source }]]) : b.text => b.source... }
  short_of   = { for stem, texts in local.beginnings : stem => concat([for text in texts : text if length(local.sources_of[text]) == 1], [""])[0] }

  # Nothing else in a key, so it means itself in a policy too: no wildcard, no variable.
  no_keys = [for s in local.series : s.key if length(regexall("^[A-Za-z0-9][A-Za-z0-9_.#/:-]{0,63}$", s.key)) == 0 || length(regexall("^(RUN|RUNS|SOURCE)#|#REVISIONS$", s.key)) > 0]
}
