-- check: prices and freight add up to those of the items
SELECT
  coalesce(b.dt, i.dt) AS dt,
  b.price,
  i.price AS items_price,
  b.freight_value,
  i.freight_value AS items_freight
FROM (
  SELECT dt, sum(price) AS price, sum(freight_value) AS freight_value FROM {{ this }} GROUP BY dt
) AS b
FULL JOIN (
  SELECT dt, sum(price) AS price, sum(freight_value) AS freight_value
  FROM retail.items
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY dt
) AS i ON i.dt = b.dt
WHERE coalesce(b.price, 0) <> coalesce(i.price, 0)
  OR coalesce(b.freight_value, 0) <> coalesce(i.freight_value, 0)
