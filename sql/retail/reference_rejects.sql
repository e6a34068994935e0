/* ---
owner: retail-analytics
description: Lines of products, sellers, geolocation and categories that could not be read
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [source, reason, row_kept, line]
  # The shop's own files have none; that some come is to be looked at, not a reason to stop.
  - row_count: {max: 0, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.reference_rejects
-- The rules are those of the tables' own statements: a line is published, or stands here, or both where
-- only fields of it could not be read.
WITH products_lines AS (
  SELECT
    {{ json_record(['why', 'product_id', 'product_name_lenght', 'product_description_lenght',
                    'product_photos_qty', 'product_weight_g', 'product_length_cm', 'product_height_cm',
                    'product_width_cm']) }} AS record,
    line
  FROM retail.raw_products
),

products_findings AS (
  SELECT
    'products' AS source,
    concat_ws('/', record.product_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('product_id') }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('product_name_lenght', 'try_cast(record.product_name_lenght AS INT)') }},
      {{ is_unreadable('product_description_lenght', 'try_cast(record.product_description_lenght AS INT)') }},
      {{ is_unreadable('product_photos_qty', 'try_cast(record.product_photos_qty AS INT)') }},
      {{ is_unreadable('product_weight_g', 'try_cast(record.product_weight_g AS INT)') }},
      {{ is_unreadable('product_length_cm', 'try_cast(record.product_length_cm AS INT)') }},
      {{ is_unreadable('product_height_cm', 'try_cast(record.product_height_cm AS INT)') }},
      {{ is_unreadable('product_width_cm', 'try_cast(record.product_width_cm AS INT)') }}
    ) AS lost_fields,
    record.why AS why,
    line
  FROM products_lines
),

sellers_lines AS (
  SELECT
    {{ json_record(['why', 'seller_id']) }} AS record,
    line
  FROM retail.raw_sellers
),

sellers_findings AS (
  SELECT
    'sellers' AS source,
    concat_ws('/', record.seller_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('seller_id') }}
    ) AS faults,
    '' AS lost_fields,
    record.why AS why,
    line
  FROM sellers_lines
),

geolocation_lines AS (
  SELECT
    {{ json_record(['why', 'geolocation_zip_code_prefix', 'geolocation_lat', 'geolocation_lng']) }} AS record,
    line
  FROM retail.raw_geolocation
),

geolocation_findings AS (
  SELECT
    'geolocation' AS source,
    NULL AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('geolocation_zip_code_prefix') }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('geolocation_lat', 'try_cast(record.geolocation_lat AS DOUBLE)') }},
      {{ is_unreadable('geolocation_lng', 'try_cast(record.geolocation_lng AS DOUBLE)') }}
    ) AS lost_fields,
    record.why AS why,
    line
  FROM geolocation_lines
),

categories_lines AS (
  SELECT
    {{ json_record(['why', 'product_category_name', 'product_category_name_english']) }} AS record,
    line
  FROM retail.raw_categories
),

categories_findings AS (
  SELECT
    'categories' AS source,
    concat_ws('/', record.product_category_name) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('product_category_name') }},
      {{ is_missing('product_category_name_english') }}
    ) AS faults,
    '' AS lost_fields,
    record.why AS why,
    line
  FROM categories_lines
),

findings AS (
  SELECT source, row_key, faults, lost_fields, why, line FROM products_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line FROM sellers_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line FROM geolocation_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line FROM categories_findings
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
