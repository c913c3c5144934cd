variable "name" {
  description = "Name of the stack, and the beginning of every resource's name. Unique in the account, because IAM roles have no region."
  type        = string
  default     = "lacuna"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name: 3 to 24 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "tags" {
  description = "Tags of every resource, beside `lacuna = <name>`, which makes the stack's costs a filter in Cost Explorer."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "catalogue" {
  description = "Path of series.yaml, the one that the zips were made with (make zips CATALOGUE=...). Null: the shipped catalogue."
  type        = string
  default     = null

  validation {
    condition     = var.catalogue == null || can(yamldecode(file(var.catalogue)).version)
    error_message = "catalogue: no such file, or no catalogue in it (lacuna series validate FILE says more)."
  }
}

variable "artifacts_dir" {
  description = "Directory of select.zip, query.zip, detect.zip, fanout.zip, scrape.zip and report.zip, as make zips leaves it. Null: dist beside this directory."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Instruction set of the functions: arm64 (a fifth cheaper) or x86_64. The zips must be built for it (make zips ARCH=arm64|amd64)."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: arm64 or x86_64."
  }
}

variable "publisher_urls" {
  description = "Base URL by source, https and path prefix included, where a proxy or an imitation stands in for the publisher. Its host has a public address."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for url in values(var.publisher_urls) : can(regex("^https://[^\\s/?#@]+(/[^\\s?#]*)?$", url))])
    error_message = "publisher_urls: https://host/path, without a query; and without a user and a password, which plans and states would keep. Plain http is for insecure_publisher_urls."
  }
}

variable "insecure_publisher_urls" {
  description = "As publisher_urls, where plain http is meant, which can be read and changed on the way, or a host whose name has private addresses, such as an internal load balancer."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for url in values(var.insecure_publisher_urls) : can(regex("^https?://[^\\s/?#@]+(/[^\\s?#]*)?$", url))])
    error_message = "insecure_publisher_urls: http(s)://host/path, without a query; and without a user and a password, which plans and states would keep."
  }
  validation {
    condition     = length(setintersection(keys(var.insecure_publisher_urls), keys(var.publisher_urls))) == 0
    error_message = "insecure_publisher_urls: ${join(", ", setintersection(keys(var.insecure_publisher_urls), keys(var.publisher_urls)))} stands in publisher_urls too."
  }
}

variable "contact" {
  description = "Mail address or web address that publishers are told with each request (User-Agent), for complaints. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.contact == null ? true : length(var.contact) <= 200 && can(regex("^([0-9A-Za-z.!#$%&'*+=?^_`{|}~-]+@[0-9A-Za-z.-]+|https?://[0-9A-Za-z.-]+(:[0-9]+)?(/[!#-'*-;=?-\\[\\]-~]*)?)$", var.contact))
    error_message = "contact: one mail address or one http(s) address, at most 200 characters of ASCII without spaces and brackets."
  }
}

variable "schedules" {
  description = <<-E
    Executions that start by themselves, by name. expression: rate(...) or cron(...) as EventBridge Scheduler reads it;
    timezone: IANA name; flexible_minutes: the start may be as much later; input: the execution's input, its fields as
    in the README; enabled = false keeps the schedule and starts nothing. {} for no schedule.
  E
  type = map(object({
    expression       = string
    timezone         = optional(string, "America/Sao_Paulo")
    flexible_minutes = optional(number, 15)
    enabled          = optional(bool, true)
    input = optional(object({
      from   = optional(string)
      to     = optional(string)
      series = optional(list(string))
      only   = optional(string)
    }), {})
  }))
  default = {
    daily  = { expression = "cron(30 21 * * ? *)", input = { from = "-400d" } }
    weekly = { expression = "cron(30 6 ? * SUN *)" }
  }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.schedules) : can(regex("^[a-z][a-z0-9-]{0,31}$", name))])
    error_message = "schedules: a name has at most 32 lower-case letters, digits and hyphens."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : can(regex("^(rate|cron)\\(.+\\)$", s.expression))])
    error_message = "schedules: an expression is rate(...) or cron(...)."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : s.flexible_minutes >= 0 && s.flexible_minutes <= 1440])
    error_message = "schedules: flexible_minutes is 0 to 1440."
  }
  validation {
    condition     = alltrue([for s in values(var.schedules) : contains(["due", "missing", "failed", "all"], coalesce(s.input.only, "due"))])
    error_message = "schedules: only is due, missing, failed or all."
  }
}

variable "metrics" {
  description = "What a run sends to CloudWatch: off, fleet (9 custom metrics for the stack), source or series (9 more for each). CloudWatch charges for each metric."
  type        = string
  default     = "fleet"
  nullable    = false

  validation {
    condition     = contains(["off", "fleet", "source", "series"], var.metrics)
    error_message = "metrics: off, fleet, source or series."
  }
}

variable "alarm_emails" {
  description = "Addresses that the alarm topic writes to; each gets a mail to confirm first."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "oldest_gap_days" {
  description = "Alarm when a run leaves a due day missing that is more than this many days old."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.oldest_gap_days >= 1 && floor(var.oldest_gap_days) == var.oldest_gap_days
    error_message = "oldest_gap_days: a whole number of days, 1 or more."
  }
}

variable "freshness_days" {
  description = "Alarm when the newest observed day of some series is more than this many days behind the newest that is due."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.freshness_days >= 1 && floor(var.freshness_days) == var.freshness_days
    error_message = "freshness_days: a whole number of days, 1 or more."
  }
}

variable "max_hours_between_runs" {
  description = "Alarm when no run has started, or none has reported fresh data, for this many hours. Null: as the schedules say, 26 for a daily one; no such alarm where they leave more than the seven days that CloudWatch looks back."
  type        = number
  default     = null

  validation {
    condition     = var.max_hours_between_runs == null ? true : var.max_hours_between_runs >= 2 && var.max_hours_between_runs <= 168 && floor(var.max_hours_between_runs) == var.max_hours_between_runs
    error_message = "max_hours_between_runs: a whole number of hours, 2 to 168."
  }
}

variable "dashboard" {
  description = "Make the CloudWatch dashboard. Beyond the first three of an account one costs 3 USD a month."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Refuse to delete the table, and the bucket of bodies while it has some. To leave, apply once with false, then destroy (docs/leave.md)."
  type        = bool
  default     = true
  nullable    = false
}

variable "bodies_days" {
  description = "Days that what a publisher has sent is kept, after it was last sent, where the catalogue says `keep: bodies`. What is older is not read again by lacuna reparse."
  type        = number
  default     = 400
  nullable    = false

  validation {
    condition     = var.bodies_days >= 1 && floor(var.bodies_days) == var.bodies_days
    error_message = "bodies_days: a whole number of days, 1 or more."
  }
}

variable "log_retention_days" {
  description = "Days that the functions' and the state machine's logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days: one of the numbers that CloudWatch Logs knows, such as 1, 7, 14, 30, 90 or 365."
  }
}

variable "log_level" {
  description = "What the functions log: debug, info, warn or error."
  type        = string
  default     = "info"
  nullable    = false

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level: debug, info, warn or error."
  }
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that bounds every role of the stack. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/[^\\s*]+$", var.permissions_boundary))
    error_message = "permissions_boundary: the ARN of an IAM policy."
  }
}

variable "role_path" {
  description = "IAM path of every role, such as /lacuna/rates/, by which a policy can tell one stack's roles from another's. A change of it makes the roles anew."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "role_path: begins and ends with /, between them letters, digits and +=,.@_-, at most 512 characters."
  }
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key of the stack's region, for table, queues, topic, logs and bodies. Its policy has to let CloudWatch and its logs use it (docs/aws.md). Null: keys that AWS owns or manages."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a key (arn:...:key/...), no alias."
  }
}

variable "vpc" {
  description = "Subnets and security groups of the scrapers, for a fixed address towards publishers. The subnets need a way out (a NAT gateway) to the publishers, DynamoDB, Step Functions and, where bodies are kept, S3. Null: outside of any VPC."
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) > 0 && alltrue([for id in var.vpc.subnet_ids : startswith(id, "subnet-")])
    error_message = "vpc: one subnet id (subnet-...) or more."
  }
  validation {
    condition     = var.vpc == null ? true : length(var.vpc.security_group_ids) > 0 && alltrue([for id in var.vpc.security_group_ids : startswith(id, "sg-")])
    error_message = "vpc: one security group id (sg-...) or more."
  }
}

variable "scrapers" {
  description = <<-E
    Memory and time-out of scrapers, by source. memory_mb: megabytes, 128 to 10240, and more memory is more of a processor;
    timeout_seconds: of one message, which has one request or several in turn, 30 to 299. A message stays hidden for six
    time-outs.
  E
  type = map(object({
    memory_mb       = optional(number, 256)
    timeout_seconds = optional(number, 120)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.scrapers), keys(local.sources))) == 0
    error_message = "scrapers: no source with series is called ${join(", ", setsubtract(keys(var.scrapers), keys(local.sources)))}; there are ${join(", ", keys(local.sources))}."
  }
  validation {
    condition     = alltrue([for s in values(var.scrapers) : s.memory_mb >= 128 && s.memory_mb <= 10240 && floor(s.memory_mb) == s.memory_mb])
    error_message = "scrapers: memory_mb is a whole number of megabytes, 128 to 10240."
  }
  validation {
    condition     = alltrue([for s in values(var.scrapers) : s.timeout_seconds >= 30 && s.timeout_seconds <= local.max_timeout && floor(s.timeout_seconds) == s.timeout_seconds])
    error_message = "scrapers: timeout_seconds is a whole number of seconds, 30 to ${local.max_timeout}: ${local.waiting} messages may wait for two scrapers, and the heartbeat of the state Scrape ends after ${local.scrape.HeartbeatSeconds} seconds."
  }
}

variable "tracing" {
  description = "Trace every function and run with AWS X-Ray, which charges for traces."
  type        = bool
  default     = false
  nullable    = false
}
