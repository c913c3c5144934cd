# interval.tf: how far apart runs may be, as the schedules say, for the alarms
# that miss one.
locals {
  on = { for name, s in var.schedules : name => s if s.enabled }

  # Those whose runs look at every series up to now.
  whole   = [for name, s in local.on : name if s.input.series == null && s.input.to == null]
  reports = length(local.whole) > 0

  # Hours from which on a run is missed: the interval, the flexible window, and
  # 105 minutes for a clock that is put back and a metric that comes late. With
  # several schedules the densest decides; with none it is more than any alarm
  # looks back.
  hours_between = { for what, names in { starts = keys(local.on), reports = local.whole } : what => (
    length(names) > 0 && var.max_hours_between_runs != null ? var.max_hours_between_runs :
    min([for name in concat(names, ["none"]) : try(ceil(local.interval_hours[name] + local.on[name].flexible_minutes / 60 + 1.75), local.seldom)]...)
  ) }
  seldom = 10000

  # The longest interval of a schedule, in hours. What cannot be told from the
  # expression (days of a month, L, #) is seldom.
  interval_hours = { for name, s in local.on : name => (
    lookup(local.every_day, name, false) ? 24 : try(
      tonumber(regex("^rate\\((\\d+) ", s.expression)[0]) * { minute = 1 / 60, hour = 1, day = 24 }[trimsuffix(regex("(\\w+)\\)$", s.expression)[0], "s")],
      24 * max([for i, day in local.weekdays[name] : try(local.weekdays[name][i + 1], local.weekdays[name][0] + 7) - day]...),
      local.seldom,
    )
  ) }

  # minute, hour, day of month, month, day of week, year
  cron      = { for name, s in local.on : name => compact(split(" ", trimsuffix(trimprefix(s.expression, "cron("), ")"))) if startswith(s.expression, "cron(") }
  every_day = { for name, fields in local.cron : name => alltrue([for i, field in fields : contains(local.every, field) if i > 1]) }
  every     = ["*", "?", "*/1", "1/1"]

  # The days of its week, 1 is Sunday, of a schedule whose other days are all.
  weekdays = { for name, fields in local.cron : name => try(tolist([for day in range(1, 8) : day if anytrue([
    for part in split(",", upper(fields[4])) : (
      local.weekday[split("-", part)[0]] <= local.weekday[reverse(split("-", part))[0]]
      ? day >= local.weekday[split("-", part)[0]] && day <= local.weekday[reverse(split("-", part))[0]]
      : day >= local.weekday[split("-", part)[0]] || day <= local.weekday[reverse(split("-", part))[0]]
    )
    ])]), []) if alltrue([for i, field in fields : contains(local.every, field) if i > 1 && i != 4])
  }
  weekday = merge([for i, day in ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] : { (day) = i + 1, (tostring(i + 1)) = i + 1 }]...)
}
