/* ---
owner: music-analytics
description: The songs that the service has descriptions of
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [song_id, artist_id, duration]
  - not_null: {columns: [title, artist_name], severity: warn}
  - unique: [song_id]
  # Both are made of the same lines: it warns only where songs run alone, before the artists of new lines.
  - relationships: {column: artist_id, to: music.artists, field: artist_id, severity: warn}
  - expression: duration > 0
    severity: warn
--- */
INSERT OVERWRITE TABLE music.songs
WITH lines AS (
  {{ song_lines() }}
),
songs AS (
  SELECT
    parsed.record.song_id AS song_id,
    parsed.record.title AS title,
    parsed.record.artist_id AS artist_id,
    parsed.record.artist_name AS artist_name,
    -- The source writes 0 for a year that it does not know.
    nullif(year, 0) AS year,
    duration
  FROM lines
  WHERE reason IS NULL
)
SELECT song_id, title, artist_id, artist_name, year, duration
FROM (
  SELECT
    *,
    -- Descriptions have no date: of several, the fullest, then the first in order.
    row_number() OVER (
      PARTITION BY song_id ORDER BY year DESC NULLS LAST, title, artist_id, artist_name, duration
    ) AS choice
  FROM songs
)
WHERE choice = 1
