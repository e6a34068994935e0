/* ---
owner: web-analytics
description: Lines of the access logs that are no requests, with the reason
tags: [hourly]
grain: hourly
checks:
  - not_null: [rejected_id, line, reason, repeat_number]
  - unique: [rejected_id]
  - accepted_values:
      column: reason
      values: [empty, cut, malformed, bad_time, bad_request, bad_status, bad_bytes]
  # The real file has 1 in 10,000. Many in one hour tell of a new format or a sick server: somebody should look.
  - row_count: {max: 1000}
    severity: warn
--- */
INSERT OVERWRITE TABLE weblogs.rejected_lines PARTITION (dt, hour)
WITH
{{ log_lines() }}
SELECT
  concat(line_key, '-', CAST(repeat_number AS STRING)) AS rejected_id,
  line,
  reason,
  repeat_number,
  dt,
  hour
FROM lines
WHERE reason IS NOT NULL
