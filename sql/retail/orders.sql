/* ---
owner: retail-analytics
description: Every order in its latest state, as of the day asked for
tags: [daily, etl1]
checks:
  - not_null: [order_id]
  - unique: [order_id]
  - not_null: {columns: [customer_id, order_status, order_purchase_timestamp], severity: warn}
  # All customers of the shop's files are there. A first month that begins in the middle has later changes of
  # orders whose customers came before it.
  - relationships: {column: customer_id, to: retail.customers, field: customer_id, severity: warn}
  - row_count: {min: 1}
--- */
INSERT OVERWRITE TABLE retail.orders
WITH ranked AS (
  SELECT
    order_id, customer_id, order_status, order_purchase_timestamp, order_approved_at,
    order_delivered_carrier_date, order_delivered_customer_date, order_estimated_delivery_date, changed_at,
    row_number() OVER (
      PARTITION BY order_id ORDER BY changed_at DESC, change_number DESC, dt DESC
    ) AS recency,
    count(*) OVER (PARTITION BY order_id) AS changes
  FROM retail.order_events
  WHERE dt <= '{{ ds }}'
)

SELECT
  order_id,
  customer_id,
  order_status,
  order_purchase_timestamp,
  order_approved_at,
  order_delivered_carrier_date,
  order_delivered_customer_date,
  order_estimated_delivery_date,
  CAST(changes AS INT) AS changes,
  changed_at AS last_changed_at
FROM ranked
WHERE recency = 1
