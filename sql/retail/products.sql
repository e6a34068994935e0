/* ---
owner: retail-analytics
description: Products with their categories in English
tags: [daily, etl1]
checks:
  - not_null: [product_id]
  - unique: [product_id]
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE retail.products
WITH arrived AS (
  SELECT
    j.product_id,
    j.product_category_name,
    try_cast(j.product_name_lenght AS INT) AS product_name_lenght,
    try_cast(j.product_description_lenght AS INT) AS product_description_lenght,
    try_cast(j.product_photos_qty AS INT) AS product_photos_qty,
    try_cast(j.product_weight_g AS INT) AS product_weight_g,
    try_cast(j.product_length_cm AS INT) AS product_length_cm,
    try_cast(j.product_height_cm AS INT) AS product_height_cm,
    try_cast(j.product_width_cm AS INT) AS product_width_cm,
    r.line
  FROM retail.raw_products AS r
  LATERAL VIEW {{ json_fields(['product_id', 'product_category_name', 'product_name_lenght',
                               'product_description_lenght', 'product_photos_qty', 'product_weight_g',
                               'product_length_cm', 'product_height_cm', 'product_width_cm']) }}
),

-- Of a product that stands twice in the source the first line by its text counts.
numbered AS (
  SELECT
    product_id, product_category_name, product_name_lenght, product_description_lenght, product_photos_qty,
    product_weight_g, product_length_cm, product_height_cm, product_width_cm,
    row_number() OVER (PARTITION BY product_id ORDER BY line) AS copy
  FROM arrived
  WHERE product_id IS NOT NULL
),

translation AS (
  SELECT j.product_category_name, min(j.product_category_name_english) AS product_category_name_english
  FROM retail.raw_categories AS r
  LATERAL VIEW {{ json_fields(['product_category_name', 'product_category_name_english']) }}
  GROUP BY j.product_category_name
)

SELECT
  n.product_id,
  n.product_category_name,
  t.product_category_name_english,
  n.product_name_lenght,
  n.product_description_lenght,
  n.product_photos_qty,
  n.product_weight_g,
  n.product_length_cm,
  n.product_height_cm,
  n.product_width_cm
FROM numbered AS n
LEFT JOIN translation AS t ON t.product_category_name = n.product_category_name
WHERE n.copy = 1
