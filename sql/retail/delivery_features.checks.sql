-- check: every order is there, with the price and freight of its items
SELECT
  f.orders,
  o.orders AS orders_made,
  f.items,
  i.items AS items_sold,
  f.price,
  i.price AS items_price,
  f.freight_value,
  i.freight_value AS items_freight
FROM (
  SELECT
    count(*) AS orders,
    coalesce(sum(items), 0) AS items,
    coalesce(sum(price), 0) AS price,
    coalesce(sum(freight_value), 0) AS freight_value
  FROM {{ this }}
) AS f
CROSS JOIN (SELECT count(*) AS orders FROM retail.orders) AS o
CROSS JOIN (
  SELECT
    count(*) AS items,
    coalesce(sum(i.price), 0) AS price,
    coalesce(sum(i.freight_value), 0) AS freight_value
  FROM retail.items AS i
  LEFT SEMI JOIN retail.orders AS o ON o.order_id = i.order_id
  WHERE i.dt <= '{{ ds }}'
) AS i
WHERE f.orders <> o.orders
  OR f.items <> i.items
  OR f.price <> i.price
  OR f.freight_value <> i.freight_value
