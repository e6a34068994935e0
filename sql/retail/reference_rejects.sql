/* ---
owner: retail-analytics
description: Lines of products, sellers, geolocation and categories that could not be read
tags: [daily, etl1]
checks:
  - not_null: [source, reason, row_kept, line]
  # The shop's own files have none; that some come is to be looked at, not a reason to stop.
  - row_count: {max: 0, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.reference_rejects
-- The rules are those of the tables' own statements: a line is published, or stands here, or both where
-- only fields of it could not be read.
WITH products AS (
  SELECT
    'products' AS source,
    concat_ws('/', j.product_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('product_id') }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('product_name_lenght', 'try_cast(j.product_name_lenght AS INT)') }},
      {{ is_unreadable('product_description_lenght', 'try_cast(j.product_description_lenght AS INT)') }},
      {{ is_unreadable('product_photos_qty', 'try_cast(j.product_photos_qty AS INT)') }},
      {{ is_unreadable('product_weight_g', 'try_cast(j.product_weight_g AS INT)') }},
      {{ is_unreadable('product_length_cm', 'try_cast(j.product_length_cm AS INT)') }},
      {{ is_unreadable('product_height_cm', 'try_cast(j.product_height_cm AS INT)') }},
      {{ is_unreadable('product_width_cm', 'try_cast(j.product_width_cm AS INT)') }}
    ) AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line
  FROM retail.raw_products AS r
  LATERAL VIEW {{ json_fields(['why', 'product_id', 'product_name_lenght',
                               'product_description_lenght', 'product_photos_qty', 'product_weight_g',
                               'product_length_cm', 'product_height_cm', 'product_width_cm']) }}
),

sellers AS (
  SELECT
    'sellers' AS source,
    concat_ws('/', j.seller_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('seller_id') }}
    ) AS faults,
    '' AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line
  FROM retail.raw_sellers AS r
  LATERAL VIEW {{ json_fields(['why', 'seller_id']) }}
),

geolocation AS (
  SELECT
    'geolocation' AS source,
    NULL AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('geolocation_zip_code_prefix') }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('geolocation_lat', 'try_cast(j.geolocation_lat AS DOUBLE)') }},
      {{ is_unreadable('geolocation_lng', 'try_cast(j.geolocation_lng AS DOUBLE)') }}
    ) AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line
  FROM retail.raw_geolocation AS r
  LATERAL VIEW {{ json_fields(['why', 'geolocation_zip_code_prefix', 'geolocation_lat',
                               'geolocation_lng']) }}
),

categories AS (
  SELECT
    'categories' AS source,
    concat_ws('/', j.product_category_name) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('product_category_name') }},
      {{ is_missing('product_category_name_english') }}
    ) AS faults,
    '' AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line
  FROM retail.raw_categories AS r
  LATERAL VIEW {{ json_fields(['why', 'product_category_name', 'product_category_name_english']) }}
),

findings AS (
  SELECT source, row_key, faults, lost_fields, why, line FROM products
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line FROM sellers
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line FROM geolocation
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line FROM categories
),

-- Points of a prefix have no key: equal ones count as often as they come.
numbered AS (
  SELECT
    source, faults, lost_fields, why, line,
    IF(row_key IS NULL, 1, row_number() OVER (PARTITION BY source, row_key, faults = '' ORDER BY line)) AS copy
  FROM findings
)

SELECT
  source,
  CASE
    WHEN why IS NOT NULL THEN concat('broken: ', why)
    WHEN faults <> '' THEN faults
    WHEN copy > 1 THEN 'a line with the same key came before it'
    ELSE lost_fields
  END AS reason,
  faults = '' AND copy = 1 AS row_kept,
  line
FROM numbered
WHERE faults <> '' OR copy > 1 OR lost_fields <> ''
