/* ---
owner: retail-analytics
description: Items of orders, one row a piece
tags: [daily, etl1]
checks:
  - not_null: [order_id, order_item_id, price, freight_value]
  - unique: [order_id, order_item_id]
  - expression: {sql: price >= 0 AND freight_value >= 0, severity: warn}
  # References are counted, not enforced: an amount is not kept back because its product is unknown.
  - relationships: {column: product_id, to: retail.products, field: product_id, severity: warn}
  - relationships: {column: seller_id, to: retail.sellers, field: seller_id, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.items PARTITION (dt)
WITH typed AS (
  SELECT {{ few_tasks() }}
    j.order_id,
    try_cast(j.order_item_id AS INT) AS order_item_id,
    j.product_id,
    j.seller_id,
    {{ moment('j.shipping_limit_date') }} AS shipping_limit_date,
    {{ money('j.price') }} AS price,
    {{ money('j.freight_value') }} AS freight_value,
    r.line,
    r.dt
  FROM retail.raw_items AS r
  LATERAL VIEW {{ json_fields(['order_id', 'order_item_id', 'product_id', 'seller_id',
                               'shipping_limit_date', 'price', 'freight_value']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

-- A line that came twice counts once: a day may be landed whole and by the hour.
numbered AS (
  SELECT
    order_id, order_item_id, product_id, seller_id, shipping_limit_date, price, freight_value,
    row_number() OVER (PARTITION BY dt, order_id, order_item_id ORDER BY line) AS copy,
    dt
  FROM typed
  WHERE order_id IS NOT NULL AND order_item_id IS NOT NULL AND price IS NOT NULL AND freight_value IS NOT NULL
)

SELECT /*+ REBALANCE(dt) */
  order_id,
  order_item_id,
  product_id,
  seller_id,
  shipping_limit_date,
  price,
  freight_value,
  dt
FROM numbered
WHERE copy = 1
