/* ---
owner: retail-analytics
description: One point per zip code prefix
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [geolocation_zip_code_prefix]
  - unique: [geolocation_zip_code_prefix]
  # Prefixes whose points all lie abroad have no point.
  - not_null: {columns: [geolocation_lat, geolocation_lng], severity: warn}
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE retail.geolocation
WITH arrived AS (
  SELECT
    {{ json_record(['geolocation_zip_code_prefix', 'geolocation_lat', 'geolocation_lng', 'geolocation_city',
                    'geolocation_state']) }} AS record
  FROM retail.raw_geolocation
),

typed AS (
  SELECT
    record.geolocation_zip_code_prefix AS prefix,
    try_cast(record.geolocation_lat AS DOUBLE) AS lat,
    try_cast(record.geolocation_lng AS DOUBLE) AS lng,
    record.geolocation_city AS city,
    record.geolocation_state AS state
  FROM arrived
  WHERE record.geolocation_zip_code_prefix IS NOT NULL
),

-- The box that holds Brazil with its islands; some points of the source lie in Europe.
points AS (
  SELECT
    prefix, lat, lng, city, state,
    coalesce(lat BETWEEN -33.8 AND 5.3 AND lng BETWEEN -74.0 AND -28.8, false) AS is_inside
  FROM typed
),

-- Medians, because they do not depend on the order in which points are added up, nor on a far one.
centers AS (
  SELECT
    prefix,
    percentile(lat, 0.5) FILTER (WHERE is_inside) AS lat,
    percentile(lng, 0.5) FILTER (WHERE is_inside) AS lng,
    count(*) AS points,
    count_if(NOT is_inside) AS points_outside
  FROM points
  GROUP BY prefix
),

places AS (
  SELECT prefix, city, state, row_number() OVER (PARTITION BY prefix ORDER BY named DESC, city, state) AS place
  FROM (SELECT prefix, city, state, count(*) AS named FROM points GROUP BY prefix, city, state) AS counted
)

SELECT
  c.prefix AS geolocation_zip_code_prefix,
  round(c.lat, 6) AS geolocation_lat,
  round(c.lng, 6) AS geolocation_lng,
  p.city AS geolocation_city,
  p.state AS geolocation_state,
  c.points,
  c.points_outside
FROM centers AS c
INNER JOIN places AS p ON p.prefix = c.prefix AND p.place = 1
