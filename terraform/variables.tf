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
  description = "Base URL by source, path prefix included, where a proxy or an imitation stands in for the publisher."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for url in values(var.publisher_urls) : can(regex("^https?://[^\\s]+$", url))])
    error_message = "publisher_urls: http:// or https:// URLs."
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
  description = "Alarm when no run has started, or none has reported fresh data, for this many hours: 26 suits a daily schedule. CloudWatch looks back seven days at most."
  type        = number
  default     = 26
  nullable    = false

  validation {
    condition     = var.max_hours_between_runs >= 2 && var.max_hours_between_runs <= 168 && floor(var.max_hours_between_runs) == var.max_hours_between_runs
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
  description = "Refuse to delete the table. To leave, apply once with false, then destroy (docs/leave.md)."
  type        = bool
  default     = true
  nullable    = false
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
