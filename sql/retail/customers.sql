/* ---
owner: retail-analytics
description: Who made an order
tags: [daily, etl1]
checks:
  - not_null: [customer_id]
  - unique: [customer_id]
  - not_null: {columns: [customer_unique_id, customer_zip_code_prefix, customer_state], severity: warn}
  # The prefixes of 278 of the shop's customers have no point: nobody knows how far they are from the seller.
  - relationships:
      column: customer_zip_code_prefix
      to: retail.geolocation
      field: geolocation_zip_code_prefix
      severity: warn
--- */
INSERT OVERWRITE TABLE retail.customers PARTITION (dt)
WITH typed AS (
  SELECT {{ few_tasks() }}
    j.customer_id,
    j.customer_unique_id,
    j.customer_zip_code_prefix,
    j.customer_city,
    j.customer_state,
    r.line,
    r.dt
  FROM retail.raw_customers AS r
  LATERAL VIEW {{ json_fields(['customer_id', 'customer_unique_id', 'customer_zip_code_prefix',
                               'customer_city', 'customer_state']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

-- A line that came twice counts once: a day may be landed whole and by the hour.
numbered AS (
  SELECT
    customer_id, customer_unique_id, customer_zip_code_prefix, customer_city, customer_state,
    row_number() OVER (PARTITION BY dt, customer_id ORDER BY line) AS copy,
    dt
  FROM typed
  WHERE customer_id IS NOT NULL
)

SELECT /*+ REBALANCE(dt) */
  customer_id,
  customer_unique_id,
  customer_zip_code_prefix,
  customer_city,
  customer_state,
  dt
FROM numbered
WHERE copy = 1
