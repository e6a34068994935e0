/* ---
owner: retail-analytics
description: Orders, revenue, payments and deliveries by day, state and category
tags: [daily, etl2]
checks:
  - not_null: [customer_state, product_category, orders, revenue, payment_value]
  - unique: [customer_state, product_category]
  - expression: late_deliveries <= deliveries
  - expression: orders <= orders_with_category OR product_category = 'no_items'
  - expression: >-
      payment_value = credit_card_value + boleto_value + voucher_value + debit_card_value
      + other_payment_value
--- */
INSERT OVERWRITE TABLE retail.daily_report PARTITION (dt)
WITH ordered AS (
  SELECT
    dt,
    customer_state,
    product_category,
    count_if(is_new_order AND category_rank = 1) AS orders,
    count_if(is_new_order AND items > 0) AS orders_with_category,
    sum(items) AS items,
    sum(price) AS revenue,
    sum(freight_value) AS freight_value
  FROM retail.baskets
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY dt, customer_state, product_category
),

-- An order's payments are shared among its categories by price and freight, in whole cents: up to each
-- category the share is rounded down, and a category gets what its own step adds. So shares add up exactly.
weighed AS (
  SELECT
    dt,
    order_id,
    customer_state,
    product_category,
    category_rank,
    CAST((price + freight_value) * 100 AS DECIMAL(17, 0)) AS weight,
    CAST(sum((price + freight_value) * 100) OVER (
      PARTITION BY dt, order_id ORDER BY category_rank ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS DECIMAL(18, 0)) AS weight_up_to,
    CAST(
      sum((price + freight_value) * 100) OVER (PARTITION BY dt, order_id) AS DECIMAL(18, 0)
    ) AS weight_of_order
  FROM retail.baskets
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

paid AS (
  SELECT dt, order_id, payment_type, CAST(sum(payment_value) * 100 AS DECIMAL(18, 0)) AS cents
  FROM retail.payments
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY dt, order_id, payment_type
),

shared AS (
  SELECT
    w.dt,
    w.customer_state,
    w.product_category,
    p.payment_type,
    CASE
      WHEN w.weight_of_order <> 0 THEN
        (p.cents * w.weight_up_to) div w.weight_of_order
        - (p.cents * (w.weight_up_to - w.weight)) div w.weight_of_order
      WHEN w.category_rank = 1 THEN p.cents
      ELSE 0
    END AS cents
  FROM weighed AS w
  INNER JOIN paid AS p ON p.dt = w.dt AND p.order_id = w.order_id
),

payments AS (
  SELECT
    dt,
    customer_state,
    product_category,
    sum(cents) AS cents,
    sum(cents) FILTER (WHERE payment_type = 'credit_card') AS credit_card,
    sum(cents) FILTER (WHERE payment_type = 'boleto') AS boleto,
    sum(cents) FILTER (WHERE payment_type = 'voucher') AS voucher,
    sum(cents) FILTER (WHERE payment_type = 'debit_card') AS debit_card
  FROM shared
  GROUP BY dt, customer_state, product_category
),

-- Deliveries belong to the day they happen on, so that a day's report does not change afterwards. Of an
-- order older than a year state and category are not looked up: a day reads one year of baskets at most.
arrived AS (
  SELECT
    dt,
    order_id,
    changed_at,
    to_date(order_delivered_customer_date) > to_date(order_estimated_delivery_date) AS is_late
  FROM retail.order_events
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}' AND change = 'delivered'
),

delivered AS (
  SELECT
    a.dt,
    coalesce(b.customer_state, 'unknown') AS customer_state,
    coalesce(b.product_category, 'unknown') AS product_category,
    count(*) AS deliveries,
    count_if(a.is_late) AS late_deliveries
  FROM arrived AS a
  LEFT JOIN retail.baskets AS b
    ON b.order_id = a.order_id AND b.category_rank = 1 AND b.is_new_order
    AND b.dt BETWEEN date_format(a.changed_at - INTERVAL 365 DAYS, 'yyyy-MM-dd') AND a.dt
    AND b.dt BETWEEN '{{ macros.ds_add(start_ds, -365) }}' AND '{{ end_ds }}'
  GROUP BY a.dt, coalesce(b.customer_state, 'unknown'), coalesce(b.product_category, 'unknown')
),

cells AS (
  SELECT dt, customer_state, product_category FROM ordered
  UNION
  SELECT dt, customer_state, product_category FROM delivered
)

SELECT /*+ REBALANCE(dt) */
  c.customer_state,
  c.product_category,
  coalesce(o.orders, 0) AS orders,
  coalesce(o.orders_with_category, 0) AS orders_with_category,
  coalesce(o.items, 0) AS items,
  CAST(coalesce(o.revenue, 0) AS DECIMAL(16, 2)) AS revenue,
  CAST(coalesce(o.freight_value, 0) AS DECIMAL(16, 2)) AS freight_value,
  CAST(coalesce(p.cents, 0) / 100 AS DECIMAL(16, 2)) AS payment_value,
  CAST(coalesce(p.credit_card, 0) / 100 AS DECIMAL(16, 2)) AS credit_card_value,
  CAST(coalesce(p.boleto, 0) / 100 AS DECIMAL(16, 2)) AS boleto_value,
  CAST(coalesce(p.voucher, 0) / 100 AS DECIMAL(16, 2)) AS voucher_value,
  CAST(coalesce(p.debit_card, 0) / 100 AS DECIMAL(16, 2)) AS debit_card_value,
  CAST(
    (coalesce(p.cents, 0) - coalesce(p.credit_card, 0) - coalesce(p.boleto, 0) - coalesce(p.voucher, 0)
     - coalesce(p.debit_card, 0)) / 100 AS DECIMAL(16, 2)
  ) AS other_payment_value,
  CAST(o.revenue / nullif(o.orders_with_category, 0) AS DECIMAL(16, 2)) AS average_basket,
  coalesce(d.deliveries, 0) AS deliveries,
  coalesce(d.late_deliveries, 0) AS late_deliveries,
  c.dt
FROM cells AS c
LEFT JOIN ordered AS o
  ON o.dt = c.dt AND o.customer_state = c.customer_state AND o.product_category = c.product_category
LEFT JOIN payments AS p
  ON p.dt = c.dt AND p.customer_state = c.customer_state AND p.product_category = c.product_category
LEFT JOIN delivered AS d
  ON d.dt = c.dt AND d.customer_state = c.customer_state AND d.product_category = c.product_category
