-- The tables are made before this one. Should it run alone, while rows of other lines are published, it fails: run
-- all. Categories are published as names of products only.
-- check: published and rejected rows are all lines
SELECT s.source, s.lines, p.published, coalesce(t.rejected, 0) AS rejected
FROM (
  SELECT 'products' AS source, count(*) AS lines FROM retail.raw_products
  UNION ALL
  SELECT 'sellers' AS source, count(*) AS lines FROM retail.raw_sellers
  UNION ALL
  SELECT 'geolocation' AS source, count(*) AS lines FROM retail.raw_geolocation
) AS s
INNER JOIN (
  SELECT 'products' AS source, count(*) AS published FROM retail.products
  UNION ALL
  SELECT 'sellers' AS source, count(*) AS published FROM retail.sellers
  UNION ALL
  SELECT 'geolocation' AS source, coalesce(sum(points), 0) AS published FROM retail.geolocation
) AS p ON p.source = s.source
LEFT JOIN (
  SELECT source, count(*) AS rejected FROM {{ this }} WHERE NOT row_kept GROUP BY source
) AS t ON t.source = s.source
WHERE s.lines <> p.published + coalesce(t.rejected, 0)
