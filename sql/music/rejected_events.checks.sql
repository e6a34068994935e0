-- Events are made before this table. Should it run alone, while events of other lines are published,
-- it fails: run both.
-- check: events and rejected events are all lines
SELECT s.dt, s.lines, coalesce(e.events, 0) AS events, coalesce(t.rejected, 0) AS rejected
FROM (
  SELECT dt, count(*) AS lines
  FROM music.raw_events
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY dt
) AS s
LEFT JOIN (
  SELECT dt, count(*) AS events
  FROM music.events
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY dt
) AS e ON e.dt = s.dt
LEFT JOIN (SELECT dt, count(*) AS rejected FROM {{ this }} GROUP BY dt) AS t ON t.dt = s.dt
WHERE s.lines <> coalesce(e.events, 0) + coalesce(t.rejected, 0)
