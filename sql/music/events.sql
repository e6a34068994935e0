/* ---
owner: music-analytics
description: What users did in the app, one row per line of the logs that could be read
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [event_time, session_id, item_in_session, page]
  - accepted_values: {column: level, values: [free, paid], severity: warn}
  - accepted_values: {column: gender, values: [F, M], severity: warn}
  - row_count: {min: 1, severity: warn}
--- */
INSERT OVERWRITE TABLE music.events PARTITION (dt)
WITH lines AS (
  {{ event_lines() }}
)
SELECT
  event_time,
  -- The app writes an empty id while nobody is logged in.
  nullif(parsed.record.userId, '') AS user_id,
  session_id,
  item_in_session,
  parsed.record.page AS page,
  parsed.record.auth AS auth,
  parsed.record.method AS method,
  status,
  parsed.record.level AS level,
  parsed.record.song AS song,
  parsed.record.artist AS artist,
  length,
  parsed.record.firstName AS first_name,
  parsed.record.lastName AS last_name,
  parsed.record.gender AS gender,
  registered_at,
  parsed.record.location AS location,
  parsed.record.userAgent AS user_agent,
  dt
FROM lines
WHERE reason IS NULL
