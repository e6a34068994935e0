/* ---
owner: retail-analytics
description: Sellers of the market place
tags: [daily, etl1]
checks:
  - not_null: [seller_id]
  - unique: [seller_id]
  # The prefixes of 7 of the shop's sellers have no point.
  - relationships:
      column: seller_zip_code_prefix
      to: retail.geolocation
      field: geolocation_zip_code_prefix
      severity: warn
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE retail.sellers
WITH typed AS (
  SELECT
    j.seller_id,
    j.seller_zip_code_prefix,
    j.seller_city,
    j.seller_state,
    r.line
  FROM retail.raw_sellers AS r
  LATERAL VIEW {{ json_fields(['seller_id', 'seller_zip_code_prefix', 'seller_city', 'seller_state']) }}
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
