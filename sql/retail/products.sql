/* ---
owner: retail-analytics
description: Products with their categories in English
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [product_id]
  - unique: [product_id]
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE retail.products
WITH arrived AS (
  SELECT
    {{ json_record(['product_id', 'product_category_name', 'product_name_lenght',
                    'product_description_lenght', 'product_photos_qty', 'product_weight_g',
                    'product_length_cm', 'product_height_cm', 'product_width_cm']) }} AS record,
    line
  FROM retail.raw_products
),

-- Of a product that stands twice in the source the first line by its text counts.
numbered AS (
  SELECT record, row_number() OVER (PARTITION BY record.product_id ORDER BY line) AS copy
  FROM arrived
  WHERE record.product_id IS NOT NULL
),

translated AS (
  SELECT {{ json_record(['product_category_name', 'product_category_name_english']) }} AS record
  FROM retail.raw_categories
),

translation AS (
  SELECT
    record.product_category_name AS product_category_name,
    min(record.product_category_name_english) AS product_category_name_english
  FROM translated
  GROUP BY record.product_category_name
)

SELECT
  n.record.product_id AS product_id,
  n.record.product_category_name AS product_category_name,
  t.product_category_name_english,
  try_cast(n.record.product_name_lenght AS INT) AS product_name_lenght,
  try_cast(n.record.product_description_lenght AS INT) AS product_description_lenght,
  try_cast(n.record.product_photos_qty AS INT) AS product_photos_qty,
  try_cast(n.record.product_weight_g AS INT) AS product_weight_g,
  try_cast(n.record.product_length_cm AS INT) AS product_length_cm,
  try_cast(n.record.product_height_cm AS INT) AS product_height_cm,
  try_cast(n.record.product_width_cm AS INT) AS product_width_cm
FROM numbered AS n
LEFT JOIN translation AS t ON t.product_category_name = n.record.product_category_name
WHERE n.copy = 1
