/* ---
owner: retail-analytics
description: Lines by day that could not be read, wholly or in a field
tags: [daily, etl1]
checks:
  - not_null: [source, reason, row_kept, line]
  # The shop's own files have none; that some come is to be looked at, not a reason to stop.
  - row_count: {max: 0, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.rejects PARTITION (dt)
-- The rules are those of the tables' own statements: a line is published, or stands here, or both where
-- only fields of it could not be read.
WITH orders AS (
  SELECT {{ few_tasks() }}
    'orders' AS source,
    concat_ws('/', j.order_id, try_cast(j.change_number AS INT)) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('order_id') }},
      {{ is_missing('change_number') }},
      {{ is_missing('changed_at') }},
      {{ is_unreadable('change_number', 'try_cast(j.change_number AS INT)') }},
      {{ is_unreadable('changed_at', moment('j.changed_at')) }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('order_purchase_timestamp', moment('j.order_purchase_timestamp')) }},
      {{ is_unreadable('order_approved_at', moment('j.order_approved_at')) }},
      {{ is_unreadable('order_delivered_carrier_date', moment('j.order_delivered_carrier_date')) }},
      {{ is_unreadable('order_delivered_customer_date', moment('j.order_delivered_customer_date')) }},
      {{ is_unreadable('order_estimated_delivery_date', moment('j.order_estimated_delivery_date')) }}
    ) AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line,
    r.dt
  FROM retail.raw_orders AS r
  LATERAL VIEW {{ json_fields(['why', 'order_id', 'change_number', 'changed_at',
                               'order_purchase_timestamp', 'order_approved_at',
                               'order_delivered_carrier_date', 'order_delivered_customer_date',
                               'order_estimated_delivery_date']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

items AS (
  SELECT {{ few_tasks() }}
    'items' AS source,
    concat_ws('/', j.order_id, try_cast(j.order_item_id AS INT)) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('order_id') }},
      {{ is_missing('order_item_id') }},
      {{ is_missing('price') }},
      {{ is_missing('freight_value') }},
      {{ is_unreadable('order_item_id', 'try_cast(j.order_item_id AS INT)') }},
      {{ is_unreadable('price', money('j.price')) }},
      {{ is_unreadable('freight_value', money('j.freight_value')) }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('shipping_limit_date', moment('j.shipping_limit_date')) }}
    ) AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line,
    r.dt
  FROM retail.raw_items AS r
  LATERAL VIEW {{ json_fields(['why', 'order_id', 'order_item_id', 'shipping_limit_date', 'price',
                               'freight_value']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

payments AS (
  SELECT {{ few_tasks() }}
    'payments' AS source,
    concat_ws('/', j.order_id, try_cast(j.payment_sequential AS INT)) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('order_id') }},
      {{ is_missing('payment_sequential') }},
      {{ is_missing('payment_value') }},
      {{ is_unreadable('payment_sequential', 'try_cast(j.payment_sequential AS INT)') }},
      {{ is_unreadable('payment_value', money('j.payment_value')) }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('payment_installments', 'try_cast(j.payment_installments AS INT)') }}
    ) AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line,
    r.dt
  FROM retail.raw_payments AS r
  LATERAL VIEW {{ json_fields(['why', 'order_id', 'payment_sequential', 'payment_installments',
                               'payment_value']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

customers AS (
  SELECT {{ few_tasks() }}
    'customers' AS source,
    concat_ws('/', j.customer_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('customer_id') }}
    ) AS faults,
    '' AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line,
    r.dt
  FROM retail.raw_customers AS r
  LATERAL VIEW {{ json_fields(['why', 'customer_id']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

reviews AS (
  SELECT {{ few_tasks() }}
    'reviews' AS source,
    concat_ws('/', j.review_id, j.order_id) AS row_key,
    concat_ws(
      '; ',
      {{ is_missing('review_id') }},
      {{ is_missing('order_id') }}
    ) AS faults,
    concat_ws(
      '; ',
      {{ is_unreadable('review_score', 'try_cast(j.review_score AS INT)') }},
      {{ is_unreadable('review_creation_date', moment('j.review_creation_date')) }},
      {{ is_unreadable('review_answer_timestamp', moment('j.review_answer_timestamp')) }}
    ) AS lost_fields,
    j.why,
    coalesce(r.line, '') AS line,
    r.dt
  FROM retail.raw_reviews AS r
  LATERAL VIEW {{ json_fields(['why', 'review_id', 'order_id', 'review_score', 'review_creation_date',
                               'review_answer_timestamp']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

findings AS (
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM orders
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM items
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM payments
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM customers
  UNION ALL
  SELECT source, row_key, faults, lost_fields, why, line, dt FROM reviews
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
