/* ---
owner: music-analytics
description: The moments at which songs were played, cut into their parts
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [start_time, hour, day, week, month, year, weekday]
  - unique: [start_time]
--- */
INSERT OVERWRITE TABLE music.times PARTITION (dt)
SELECT
  start_time,
  hour(start_time) AS hour,
  dayofmonth(start_time) AS day,
  weekofyear(start_time) AS week,
  month(start_time) AS month,
  year(start_time) AS year,
  weekday(start_time) + 1 AS weekday,
  dt
FROM music.songplays
WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
GROUP BY start_time, dt
