-- The tables are made before this one. Should it run alone, while rows of other lines are published, it fails: run
-- all.
-- check: published and rejected rows are all lines
SELECT s.dt, s.source, s.lines, coalesce(p.published, 0) AS published, coalesce(t.rejected, 0) AS rejected
FROM (
  SELECT dt, source, count(*) AS lines
  FROM (
    SELECT {{ few_tasks() }} dt, 'orders' AS source FROM retail.raw_orders
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT {{ few_tasks() }} dt, 'items' AS source FROM retail.raw_items
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT {{ few_tasks() }} dt, 'payments' AS source FROM retail.raw_payments
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT {{ few_tasks() }} dt, 'customers' AS source FROM retail.raw_customers
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT {{ few_tasks() }} dt, 'reviews' AS source FROM retail.raw_reviews
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  )
  GROUP BY dt, source
) AS s
LEFT JOIN (
  SELECT dt, source, count(*) AS published
  FROM (
    SELECT dt, 'orders' AS source FROM retail.order_events WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT dt, 'items' AS source FROM retail.items WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT dt, 'payments' AS source FROM retail.payments WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT dt, 'customers' AS source FROM retail.customers WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    UNION ALL
    SELECT dt, 'reviews' AS source FROM retail.reviews WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  )
  GROUP BY dt, source
) AS p ON p.dt = s.dt AND p.source = s.source
LEFT JOIN (
  SELECT dt, source, count(*) AS rejected FROM {{ this }} WHERE NOT row_kept GROUP BY dt, source
) AS t ON t.dt = s.dt AND t.source = s.source
WHERE s.lines <> coalesce(p.published, 0) + coalesce(t.rejected, 0)
