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

  # Each key, and its revisions.
  keys_of    = { for source in keys(local.sources) : source => sort([for s in local.series : s.key if s.source == source]) }
  exact_keys = { for source, keys in local.keys_of : source => tolist(flatten([for key in keys : [key, "${key}#REVISIONS"]])) }

  # The same in fewer characters: of each key the shortest beginning, up to a #,
  # that is of no other source's. A key without one stays whole.
  short_keys = { for source, keys in local.keys_of : source => tolist(distinct(flatten([for key in keys : try(
    [for text in local.beginnings[key] : "${text}*" if length(distinct(local.sources_of[text])) == 1][0],
    [key, "${key}#REVISIONS"],
  )]))) }

  # A#B#C begins with A# and A#B#, and its revisions with A#B#C# too.
  beginnings = { for s in local.series : s.key => [for i in range(1, length(split("#", s.key))) : "${join("#", slice(split("#", s.key), 0, i))}#"] }
  sources_of = { for b in flatten([for s in local.series : [
    for text in concat(local.beginnings[s.key], ["${s.key}#"]) : { text = text, source = s.source }
  ]]) : b.text => b.source... }

  # Nothing else in a key, so it means itself in a policy too: no wildcard, no variable.
  no_keys = [for s in local.series : s.key if !can(regex("^[A-Za-z0-9][A-Za-z0-9_.#/:-]{0,63}$", s.key)) || can(regex("^(RUN|RUNS|SOURCE)#|#REVISIONS$", s.key))]
}
