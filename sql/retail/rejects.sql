/* ---
owner: retail-analytics
description: Lines by day that could not be read, wholly or in a field
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [source, reason, row_kept, line]
  # The shop's own files have none; that some come is to be looked at, not a reason to stop.
  - row_count: {max: 0, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.rejects PARTITION (dt)
-- The rules are those of the tables' own statements: a line is published, or stands here, or both where
-- only fields of it could not be read.
WITH orders_lines AS (
  SELECT
    {{ json_record(['why', 'order_id', 'change_number', 'changed_at', 'order_purchase_timestamp',
                    'order_approved_at', 'order_delivered_carrier_date',
                    'order_delivered_customer_date', 'order_estimated_delivery_date']) }} AS record,
    line,
    dt
  FROM retail.raw_orders
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

orders_findings AS (
  SELECT
    'orders' AS source,
    concat_ws('/', record.order_id, try_cast(record.change_number AS INT)) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('order_id') }},
      {{ is_missing('change_number') }},
      {{ is_missing('changed_at') }},
      {{ is_unreadable('change_number', 'try_cast(record.change_number AS INT)') }},
      {{ is_unreadable('changed_at', moment('record.changed_at')) }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('order_purchase_timestamp', moment('record.order_purchase_timestamp')) }},
      {{ is_unreadable('order_approved_at', moment('record.order_approved_at')) }},
      {{ is_unreadable('order_delivered_carrier_date', moment('record.order_delivered_carrier_date')) }},
      {{ is_unreadable('order_delivered_customer_date', moment('record.order_delivered_customer_date')) }},
      {{ is_unreadable('order_estimated_delivery_date', moment('record.order_estimated_delivery_date')) }}
    ) AS lost_fields,
    record.why AS why,
    line,
    dt
  FROM orders_lines
),

items_lines AS (
  SELECT
    {{ json_record(['why', 'order_id', 'order_item_id', 'shipping_limit_date', 'price', 'freight_value']) }} AS record,
    line,
    dt
  FROM retail.raw_items
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

items_findings AS (
  SELECT
    'items' AS source,
    concat_ws('/', record.order_id, try_cast(record.order_item_id AS INT)) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('order_id') }},
      {{ is_missing('order_item_id') }},
      {{ is_missing('price') }},
      {{ is_missing('freight_value') }},
      {{ is_unreadable('order_item_id', 'try_cast(record.order_item_id AS INT)') }},
      {{ is_unreadable('price', money('record.price')) }},
      {{ is_unreadable('freight_value', money('record.freight_value')) }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('shipping_limit_date', moment('record.shipping_limit_date')) }}
    ) AS lost_fields,
    record.why AS why,
    line,
    dt
  FROM items_lines
),

payments_lines AS (
  SELECT
    {{ json_record(['why', 'order_id', 'payment_sequential', 'payment_installments', 'payment_value']) }} AS record,
    line,
    dt
  FROM retail.raw_payments
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

payments_findings AS (
  SELECT
    'payments' AS source,
    concat_ws('/', record.order_id, try_cast(record.payment_sequential AS INT)) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('order_id') }},
      {{ is_missing('payment_sequential') }},
      {{ is_missing('payment_value') }},
      {{ is_unreadable('payment_sequential', 'try_cast(record.payment_sequential AS INT)') }},
      {{ is_unreadable('payment_value', money('record.payment_value')) }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('payment_installments', 'try_cast(record.payment_installments AS INT)') }}
    ) AS lost_fields,
    record.why AS why,
    line,
    dt
  FROM payments_lines
),

customers_lines AS (
  SELECT
    {{ json_record(['why', 'customer_id']) }} AS record,
    line,
    dt
  FROM retail.raw_customers
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

customers_findings AS (
  SELECT
    'customers' AS source,
    concat_ws('/', record.customer_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('customer_id') }}
    ) AS faults,
    '' AS lost_fields,
    record.why AS why,
    line,
    dt
  FROM customers_lines
),

reviews_lines AS (
  SELECT
    {{ json_record(['why', 'review_id', 'order_id', 'review_score', 'review_creation_date',
                    'review_answer_timestamp']) }} AS record,
    line,
    dt
  FROM retail.raw_reviews
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

reviews_findings AS (
  SELECT
    'reviews' AS source,
    concat_ws('/', record.review_id, record.order_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('review_id') }},
      {{ is_missing('order_id') }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('review_score', 'try_cast(record.review_score AS INT)') }},
      {{ is_unreadable('review_creation_date', moment('record.review_creation_date')) }},
      {{ is_unreadable('review_answer_timestamp', moment('record.review_answer_timestamp')) }}
    ) AS lost_fields,
    record.why AS why,
    line,
    dt
  FROM reviews_lines
),

findings AS (
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM orders_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM items_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM payments_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM customers_findings
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM reviews_findings
),

numbered AS (
  SELECT
    source, faults, lost_fields, why, line,
    row_number() OVER (PARTITION BY dt, source, row_key, faults = '' ORDER BY line) AS copy,
    dt
  FROM findings
)

SELECT /*+ REBALANCE(dt) */
  source,
  CASE
    WHEN why IS NOT NULL THEN concat('broken: ', why)
    WHEN faults <> '' THEN faults
    WHEN copy > 1 THEN 'a line with the same key came before it'
    ELSE lost_fields
  END AS reason,
  faults = '' AND copy = 1 AS row_kept,
  line,
  dt
FROM numbered
WHERE faults <> '' OR copy > 1 OR lost_fields <> ''
