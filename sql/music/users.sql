/* ---
owner: music-analytics
description: Users as they were at their latest event, up to the day asked for
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [user_id, level, last_seen_at, level_since]
  - unique: [user_id]
  - accepted_values: {column: level, values: [free, paid]}
--- */
INSERT OVERWRITE TABLE music.users
WITH steps AS (
  SELECT
    user_id,
    level,
    -- Two events can share a millisecond: ordered by all their values, each answer is the only one.
    struct(
      event_time, session_id, item_in_session, level, location, first_name, last_name, gender, registered_at
    ) AS step
  FROM music.events
  WHERE dt <= '{{ ds }}' AND user_id IS NOT NULL
),
changes AS (
  SELECT user_id, step, lag(level) OVER (PARTITION BY user_id ORDER BY step) AS level_before
  FROM steps
)
SELECT
  user_id,
  max(step).first_name AS first_name,
  max(step).last_name AS last_name,
  max(step).gender AS gender,
  max(step).level AS level,
  max(step).location AS location,
  max(step).registered_at AS registered_at,
  max(step).event_time AS last_seen_at,
  max(step.event_time) FILTER (WHERE level_before IS DISTINCT FROM step.level) AS level_since
FROM changes
GROUP BY user_id
