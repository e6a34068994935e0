/* ---
owner: retail-analytics
description: >-
  One row per order for a model of delivery performance: what was known when the order was made, and, as far
  as it is known on the day asked for, how the delivery went
tags: [daily, etl3]
inputs: {retail.orders: rerun}
checks:
  - not_null: [order_id]
  - unique: [order_id]
  - relationships: {column: order_id, to: retail.orders, field: order_id}
  # As in items, where unknown sellers are counted.
  - relationships: {column: seller_id, to: retail.sellers, field: seller_id, severity: warn}
  - row_count: {min: 1}
  - expression: coalesce(seller_late_before <= seller_deliveries_before, true)
  - expression: {sql: 'coalesce(freight_share BETWEEN 0 AND 1, true)', severity: warn}
--- */
INSERT OVERWRITE TABLE retail.delivery_features
WITH sold AS (
  SELECT
    i.order_id,
    i.seller_id,
    count(*) AS items,
    sum(i.price) AS price,
    sum(i.freight_value) AS freight_value,
    sum(CAST(p.product_weight_g AS BIGINT)) AS weight_g,
    sum(CAST(p.product_length_cm AS BIGINT) * p.product_height_cm * p.product_width_cm) AS volume_cm3
  FROM retail.items AS i
  LEFT JOIN retail.products AS p ON p.product_id = i.product_id
  WHERE i.dt <= '{{ ds }}'
  GROUP BY i.order_id, i.seller_id
),

contents AS (
  SELECT
    order_id,
    seller_id,
    row_number() OVER (PARTITION BY order_id ORDER BY price DESC, seller_id) AS seller_rank,
    count(seller_id) OVER (PARTITION BY order_id) AS sellers,
    sum(items) OVER (PARTITION BY order_id) AS items,
    sum(price) OVER (PARTITION BY order_id) AS price,
    sum(freight_value) OVER (PARTITION BY order_id) AS freight_value,
    sum(weight_g) OVER (PARTITION BY order_id) AS weight_g,
    sum(volume_cm3) OVER (PARTITION BY order_id) AS volume_cm3
  FROM sold
),

-- What happened to a seller, when: orders made and orders delivered.
moves AS (
  SELECT
    s.seller_id,
    s.order_id,
    o.order_purchase_timestamp AS moved_at,
    1 AS made,
    0 AS delivered,
    0 AS late,
    0 AS days
  FROM sold AS s
  INNER JOIN retail.orders AS o ON o.order_id = s.order_id
  WHERE s.seller_id IS NOT NULL AND o.order_purchase_timestamp IS NOT NULL
  UNION ALL
  SELECT
    s.seller_id,
    s.order_id,
    e.changed_at AS moved_at,
    0 AS made,
    1 AS delivered,
    IF(to_date(e.order_delivered_customer_date) > to_date(e.order_estimated_delivery_date), 1, 0) AS late,
    coalesce(datediff(e.order_delivered_customer_date, e.order_purchase_timestamp), 0) AS days
  FROM sold AS s
  INNER JOIN retail.order_events AS e ON e.order_id = s.order_id
  WHERE s.seller_id IS NOT NULL AND e.dt <= '{{ ds }}' AND e.change = 'delivered'
),

-- The frame ends one second before the row's own: nothing of the same moment, and nothing later, is seen.
history AS (
  SELECT
    seller_id,
    order_id,
    made,
    coalesce(sum(made) OVER earlier, 0) AS orders_before,
    coalesce(sum(delivered) OVER earlier, 0) AS deliveries_before,
    CAST(coalesce(sum(late) OVER earlier, 0) AS DECIMAL(18, 0)) AS late_before,
    CAST(coalesce(sum(days) OVER earlier, 0) AS DECIMAL(18, 0)) AS days_before
  FROM moves
  WINDOW earlier AS (
    PARTITION BY seller_id ORDER BY unix_seconds(moved_at) RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),

-- An order is new on one day; should it come as new again, the first day counts.
leading AS (
  SELECT order_id, min_by(product_category, dt) AS product_category
  FROM retail.baskets
  WHERE dt <= '{{ ds }}' AND category_rank = 1 AND is_new_order
  GROUP BY order_id
),

located AS (
  SELECT
    o.order_id,
    c.customer_state,
    s.seller_state,
    radians(home.geolocation_lat) AS home_lat,
    radians(home.geolocation_lng) AS home_lng,
    radians(shop.geolocation_lat) AS shop_lat,
    radians(shop.geolocation_lng) AS shop_lng
  FROM retail.orders AS o
  LEFT JOIN retail.customers AS c ON c.customer_id = o.customer_id AND c.dt <= '{{ ds }}'
  LEFT JOIN contents AS t ON t.order_id = o.order_id AND t.seller_rank = 1
  LEFT JOIN retail.sellers AS s ON s.seller_id = t.seller_id
  LEFT JOIN retail.geolocation AS home ON home.geolocation_zip_code_prefix = c.customer_zip_code_prefix
  LEFT JOIN retail.geolocation AS shop ON shop.geolocation_zip_code_prefix = s.seller_zip_code_prefix
)

SELECT
  o.order_id,
  o.order_status,
  to_date(o.order_purchase_timestamp) AS purchase_date,
  year(o.order_purchase_timestamp) AS purchase_year,
  month(o.order_purchase_timestamp) AS purchase_month,
  weekday(o.order_purchase_timestamp) + 1 AS purchase_weekday,
  hour(o.order_purchase_timestamp) AS purchase_hour,
  weekday(o.order_purchase_timestamp) >= 5 AS is_weekend,
  datediff(o.order_estimated_delivery_date, o.order_purchase_timestamp) AS promised_days,
  l.customer_state,
  t.seller_id,
  l.seller_state,
  l.customer_state = l.seller_state AS same_state,
  -- Haversine; 6371.0088 km is the earth's mean radius.
  round(2 * 6371.0088D * asin(sqrt(
    pow(sin((l.home_lat - l.shop_lat) / 2), 2)
    + cos(l.home_lat) * cos(l.shop_lat) * pow(sin((l.home_lng - l.shop_lng) / 2), 2)
  )), 3) AS distance_km,
  b.product_category,
  coalesce(t.items, 0) AS items,
  coalesce(t.sellers, 0) AS sellers,
  t.weight_g,
  t.volume_cm3,
  CAST(coalesce(t.price, 0) AS DECIMAL(14, 2)) AS price,
  CAST(coalesce(t.freight_value, 0) AS DECIMAL(14, 2)) AS freight_value,
  CAST(t.freight_value / nullif(t.price + t.freight_value, 0) AS DECIMAL(7, 6)) AS freight_share,
  h.orders_before AS seller_orders_before,
  h.deliveries_before AS seller_deliveries_before,
  CAST(h.late_before AS BIGINT) AS seller_late_before,
  CAST(h.late_before / nullif(h.deliveries_before, 0) AS DECIMAL(7, 6)) AS seller_late_share_before,
  CAST(h.days_before / nullif(h.deliveries_before, 0) AS DECIMAL(9, 3)) AS seller_mean_days_before,
  datediff(o.order_delivered_customer_date, o.order_purchase_timestamp) AS real_days,
  datediff(o.order_delivered_customer_date, o.order_estimated_delivery_date) AS delay_days,
  to_date(o.order_delivered_customer_date) > to_date(o.order_estimated_delivery_date) AS is_late
FROM retail.orders AS o
LEFT JOIN located AS l ON l.order_id = o.order_id
LEFT JOIN contents AS t ON t.order_id = o.order_id AND t.seller_rank = 1
LEFT JOIN history AS h ON h.order_id = o.order_id AND h.seller_id = t.seller_id AND h.made = 1
LEFT JOIN leading AS b ON b.order_id = o.order_id
