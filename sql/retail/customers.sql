/* ---
owner: retail-analytics
description: Who made an order
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [customer_id]
  - unique: [customer_id]
  - not_null: {columns: [customer_unique_id, customer_zip_code_prefix, customer_state], severity: warn}
--- */
INSERT OVERWRITE TABLE retail.customers PARTITION (dt)
WITH arrived AS (
  SELECT
    {{ json_record(['customer_id', 'customer_unique_id', 'customer_zip_code_prefix',
                    'customer_city', 'customer_state']) }} AS record,
    line,
    dt
  FROM retail.raw_customers
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

typed AS (
  SELECT
    record.customer_id AS customer_id,
    record.customer_unique_id AS customer_unique_id,
    record.customer_zip_code_prefix AS customer_zip_code_prefix,
    record.customer_city AS customer_city,
    record.customer_state AS customer_state,
    line,
    dt
  FROM arrived
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
