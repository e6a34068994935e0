/* ---
owner: retail-analytics
description: What an order holds of each category, by the day it was made
tags: [daily, etl2]
checks:
  - not_null: [order_id, customer_state, product_category, category_rank, price, freight_value]
  - unique: [order_id, product_category]
  - unique: [order_id, category_rank]
--- */
INSERT OVERWRITE TABLE retail.baskets PARTITION (dt)
WITH made AS (
  SELECT order_id, customer_id, dt
  FROM retail.order_events
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}' AND change_number = 1
),

contents AS (
  SELECT
    i.dt,
    i.order_id,
    coalesce(p.product_category_name_english, p.product_category_name, 'unknown') AS product_category,
    count(*) AS items,
    sum(i.price) AS price,
    sum(i.freight_value) AS freight_value
  FROM retail.items AS i
  LEFT JOIN retail.products AS p ON p.product_id = i.product_id
  WHERE i.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY i.dt, i.order_id, coalesce(p.product_category_name_english, p.product_category_name, 'unknown')
),

-- Amounts of orders that the shop did not export are amounts too.
known AS (
  SELECT dt, order_id FROM made
  UNION
  SELECT dt, order_id FROM contents
  UNION
  SELECT dt, order_id FROM retail.payments WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

whole AS (
  SELECT
    k.order_id,
    coalesce(c.customer_state, 'unknown') AS customer_state,
    coalesce(t.product_category, 'no_items') AS product_category,
    m.order_id IS NOT NULL AS is_new_order,
    coalesce(t.items, 0) AS items,
    coalesce(t.price, 0) AS price,
    coalesce(t.freight_value, 0) AS freight_value,
    k.dt
  FROM known AS k
  LEFT JOIN made AS m ON m.dt = k.dt AND m.order_id = k.order_id
  LEFT JOIN retail.customers AS c
    ON c.dt = m.dt AND c.customer_id = m.customer_id
    AND c.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  LEFT JOIN contents AS t ON t.dt = k.dt AND t.order_id = k.order_id
)

SELECT /*+ REBALANCE(dt) */
  order_id,
  customer_state,
  product_category,
  row_number() OVER (PARTITION BY dt, order_id ORDER BY price DESC, product_category) AS category_rank,
  is_new_order,
  CAST(items AS BIGINT) AS items,
  CAST(price AS DECIMAL(14, 2)) AS price,
  CAST(freight_value AS DECIMAL(14, 2)) AS freight_value,
  dt
FROM whole
