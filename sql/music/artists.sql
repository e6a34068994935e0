/* ---
owner: music-analytics
description: The artists of the songs that the service has descriptions of
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [artist_id]
  - not_null: {columns: [name], severity: warn}
  - unique: [artist_id]
  - expression: latitude IS NULL OR latitude BETWEEN -90 AND 90
  - expression: longitude IS NULL OR longitude BETWEEN -180 AND 180
--- */
INSERT OVERWRITE TABLE music.artists
WITH lines AS (
  {{ song_lines() }}
),
artists AS (
  SELECT
    parsed.record.artist_id AS artist_id,
    parsed.record.artist_name AS name,
    nullif(parsed.record.artist_location, '') AS location,
    latitude,
    longitude
  FROM lines
  WHERE reason IS NULL
)
SELECT artist_id, name, location, latitude, longitude
FROM (
  SELECT
    *,
    -- An artist stands on each of their songs, not always alike: the fullest, then the first in order.
    row_number() OVER (
      PARTITION BY artist_id
      ORDER BY
        latitude IS NULL, longitude IS NULL, location IS NULL, name IS NULL, length(name), name, location,
        latitude, longitude
    ) AS choice
  FROM artists
)
WHERE choice = 1
