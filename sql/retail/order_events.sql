/* ---
owner: retail-analytics
description: History of orders, one row for each change
tags: [daily, etl1]
checks:
  - not_null: [order_id, change_number, changed_at]
  - unique: [order_id, change_number]
  - accepted_values: {column: change, values: [purchase, approved, carrier, delivered, status]}
  # A status that is new to us is news, not a fault.
  - accepted_values:
      column: order_status
      values: [created, approved, shipped, delivered, invoiced, processing, canceled, unavailable]
      severity: warn
--- */
INSERT OVERWRITE TABLE retail.order_events PARTITION (dt)
WITH typed AS (
  SELECT {{ few_tasks() }}
    j.order_id,
    j.customer_id,
    try_cast(j.change_number AS INT) AS change_number,
    j.change,
    {{ moment('j.changed_at') }} AS changed_at,
    j.order_status,
    {{ moment('j.order_purchase_timestamp') }} AS order_purchase_timestamp,
    {{ moment('j.order_approved_at') }} AS order_approved_at,
    {{ moment('j.order_delivered_carrier_date') }} AS order_delivered_carrier_date,
    {{ moment('j.order_delivered_customer_date') }} AS order_delivered_customer_date,
    {{ moment('j.order_estimated_delivery_date') }} AS order_estimated_delivery_date,
    r.line,
    r.dt
  FROM retail.raw_orders AS r
  LATERAL VIEW {{ json_fields(['order_id', 'customer_id', 'change_number', 'change', 'changed_at',
                               'order_status', 'order_purchase_timestamp', 'order_approved_at',
                               'order_delivered_carrier_date', 'order_delivered_customer_date',
                               'order_estimated_delivery_date']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

-- A line that came twice counts once: a day may be landed whole and by the hour.
numbered AS (
  SELECT
    order_id, customer_id, change_number, change, changed_at, order_status, order_purchase_timestamp,
    order_approved_at, order_delivered_carrier_date, order_delivered_customer_date,
    order_estimated_delivery_date,
    row_number() OVER (PARTITION BY dt, order_id, change_number ORDER BY line) AS copy,
    dt
  FROM typed
  WHERE order_id IS NOT NULL AND change_number IS NOT NULL AND changed_at IS NOT NULL
)

SELECT /*+ REBALANCE(dt) */
  order_id,
  customer_id,
  change_number,
  change,
  changed_at,
  order_status,
  order_purchase_timestamp,
  order_approved_at,
  order_delivered_carrier_date,
  order_delivered_customer_date,
  order_estimated_delivery_date,
  dt
FROM numbered
WHERE copy = 1
