/* ---
owner: retail-analytics
description: Sellers of the market place
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [seller_id]
  - unique: [seller_id]
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE retail.sellers
WITH arrived AS (
  SELECT
    {{ json_record(['seller_id', 'seller_zip_code_prefix', 'seller_city', 'seller_state']) }} AS record,
    line
  FROM retail.raw_sellers
),

typed AS (
  SELECT
    record.seller_id AS seller_id,
    record.seller_zip_code_prefix AS seller_zip_code_prefix,
    record.seller_city AS seller_city,
    record.seller_state AS seller_state,
    line
  FROM arrived
),

-- Of a seller that stands twice in the source the first line by its text counts.
numbered AS (
  SELECT
    seller_id, seller_zip_code_prefix, seller_city, seller_state,
    row_number() OVER (PARTITION BY seller_id ORDER BY line) AS copy
  FROM typed
  WHERE seller_id IS NOT NULL
)

SELECT
  seller_id,
  seller_zip_code_prefix,
  seller_city,
  seller_state
FROM numbered
WHERE copy = 1
