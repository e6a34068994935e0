/* ---
owner: retail-analytics
description: One point per zip code prefix
tags: [daily, etl1]
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
    j.geolocation_zip_code_prefix AS prefix,
    try_cast(j.geolocation_lat AS DOUBLE) AS lat,
    try_cast(j.geolocation_lng AS DOUBLE) AS lng,
    j.geolocation_city AS city,
    j.geolocation_state AS state
  FROM retail.raw_geolocation AS r
  LATERAL VIEW {{ json_fields(['geolocation_zip_code_prefix', 'geolocation_lat', 'geolocation_lng',
                               'geolocation_city', 'geolocation_state']) }}
  WHERE j.geolocation_zip_code_prefix IS NOT NULL
),

-- The box holds Brazil with its islands; some points of the source lie in Europe.
points AS (
  SELECT
    prefix,
    lat,
    lng,
    coalesce(lat BETWEEN -33.8 AND 5.3 AND lng BETWEEN -74.0 AND -28.8, false) AS is_inside,
    struct(-count(*) OVER (PARTITION BY prefix, city, state) AS named, city, state) AS place
  FROM arrived
),

-- Medians, because they do not depend on the order in which points are added up, nor on a far one. The place
-- is the one named most often, of equals the first by name.
centers AS (
  SELECT
    prefix,
    percentile(lat, 0.5) FILTER (WHERE is_inside) AS lat,
    percentile(lng, 0.5) FILTER (WHERE is_inside) AS lng,
    min(place) AS place,
    count(*) AS points,
    count_if(NOT is_inside) AS points_outside
  FROM points
  GROUP BY prefix
)

SELECT
  prefix AS geolocation_zip_code_prefix,
  round(lat, 6) AS geolocation_lat,
  round(lng, 6) AS geolocation_lng,
  place.city AS geolocation_city,
  place.state AS geolocation_state,
  points,
  points_outside
FROM centers
