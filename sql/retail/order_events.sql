/* ---
owner: retail-analytics
description: History of orders, one row for each change
tags: [daily, etl1]
start: 2016-09-04
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
WITH arrived AS (
  SELECT
    {{ json_record(['order_id', 'customer_id', 'change_number', 'change', 'changed_at', 'order_status',
                    'order_purchase_timestamp', 'order_approved_at', 'order_delivered_carrier_date',
                    'order_delivered_customer_date', 'order_estimated_delivery_date']) }} AS record,
    line,
    dt
  FROM retail.raw_orders
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

typed AS (
  SELECT
    record.order_id AS order_id,
    record.customer_id AS customer_id,
    try_cast(record.change_number AS INT) AS change_number,
    record.change AS change,
    {{ moment('record.changed_at') }} AS changed_at,
    record.order_status AS order_status,
    {{ moment('record.order_purchase_timestamp') }} AS order_purchase_timestamp,
    {{ moment('record.order_approved_at') }} AS order_approved_at,
    {{ moment('record.order_delivered_carrier_date') }} AS order_delivered_carrier_date,
    {{ moment('record.order_delivered_customer_date') }} AS order_delivered_customer_date,
    {{ moment('record.order_estimated_delivery_date') }} AS order_estimated_delivery_date,
    line,
    dt
  FROM arrived
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
