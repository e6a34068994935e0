/* ---
owner: music-analytics
description: Lines of the logs that could not be read, with the reason
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [line, reason]
  # The real files have none. Many in one day tell of a new format or a sick server: somebody should look.
  - row_count: {max: 100, severity: warn}
--- */
INSERT OVERWRITE TABLE music.rejected_events PARTITION (dt)
WITH lines AS (
  {{ event_lines() }}
)
SELECT
  -- Text that every engine can show: what is not UTF-8 becomes U+FFFD on the way through `encode`.
  CAST(encode(line, 'UTF-8') AS STRING) AS line,
  reason,
  dt
FROM lines
WHERE reason IS NOT NULL
