-- Queries, and the windows of m.e and m.u that they have. `*` is everything, nothing is nothing.
-- m.e and m.u are partitioned by dt; the other columns are not known.

-- # Joins: ON and WHERE reach what they may.

SELECT * FROM m.e JOIN m.u ON e.k = u.k AND u.dt = 'x' WHERE e.dt = 'y';
-- e: dt = 'y'
-- u: dt = 'x'

SELECT * FROM m.e JOIN m.u ON e.dt = u.dt WHERE e.dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e JOIN m.u USING (dt) WHERE dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e, m.u WHERE e.dt = u.dt AND u.dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e LEFT JOIN m.u ON e.dt = u.dt WHERE e.dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e LEFT JOIN m.u ON e.k = u.k AND u.dt = 'x' AND e.dt = 'y';
-- e: *
-- u: dt = 'x'

SELECT * FROM m.e LEFT JOIN m.u ON e.k = u.k WHERE u.dt = 'x';
-- e: *
-- u: dt = 'x'

SELECT * FROM m.e LEFT JOIN m.u ON e.k = u.k WHERE u.dt = 'x' OR u.dt IS NULL;
-- e: *
-- u: *

SELECT * FROM m.e LEFT JOIN m.u ON e.k = u.k WHERE coalesce(u.dt, 'x') = 'x';
-- e: *
-- u: *

SELECT * FROM m.e LEFT JOIN m.u ON e.k = u.k WHERE coalesce(u.dt, 'y') = 'x';
-- e: *
-- u: coalesce(dt, 'y') = 'x'

SELECT * FROM m.e RIGHT JOIN m.u ON e.dt = 'x' AND u.dt = 'y';
-- e: dt = 'x'
-- u: *

SELECT * FROM m.e FULL JOIN m.u ON e.dt = 'x' AND u.dt = 'x';
-- e: *
-- u: *

SELECT * FROM m.e FULL JOIN m.u ON e.dt = u.dt WHERE e.dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e LEFT SEMI JOIN m.u ON e.dt = u.dt AND e.dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e LEFT ANTI JOIN m.u ON e.dt = u.dt AND u.dt > 'a' WHERE e.dt = 'x';
-- e: dt = 'x'
-- u: dt > 'a' AND dt = 'x'

SELECT * FROM m.e LEFT ANTI JOIN m.u ON e.dt = 'x';
-- e: *
-- u: *

SELECT * FROM m.n, m.e RIGHT JOIN m.u ON e.k = u.k AND e.dt = 'x' WHERE n.k = 1;
-- e: *
-- u: *

-- # Subqueries, CTEs, unions.

SELECT * FROM (SELECT *, 1 AS z FROM m.e) q, m.u WHERE q.dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT * FROM (SELECT dt AS day FROM m.e) AS q (d), m.u WHERE d = 'x';
-- e: dt = 'x'
-- u: *

WITH q AS (SELECT * FROM m.e) SELECT * FROM q a JOIN q b ON a.k = b.k JOIN m.u WHERE a.dt = 'x'
   AND b.dt = 'y';
-- e: dt = 'x'
-- e: dt = 'y'
-- u: *

WITH q AS (SELECT * FROM m.e WHERE dt = 'y'), r AS (SELECT * FROM m.u) SELECT * FROM r WHERE dt
   = 'x';
-- u: dt = 'x'

SELECT * FROM (SELECT dt FROM m.e UNION ALL SELECT dt FROM m.u) WHERE dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM (SELECT * FROM m.e UNION SELECT * FROM m.u) WHERE dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM (SELECT k, dt FROM m.e UNION ALL SELECT dt, k FROM m.u) WHERE dt = 'x';
-- e: *
-- u: *

SELECT * FROM (SELECT dt FROM m.e EXCEPT SELECT dt FROM m.u) WHERE dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT * FROM (SELECT dt FROM m.e INTERSECT SELECT dt FROM m.u) WHERE dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT (SELECT max(k) FROM m.u WHERE u.dt = e.dt) FROM m.e WHERE dt = 'x';
-- e: dt = 'x'
-- u: dt = 'x'

SELECT * FROM m.e WHERE dt IN (SELECT dt FROM m.u WHERE dt = 'x');
-- e: *
-- u: dt = 'x'

SELECT * FROM m.e WHERE NOT EXISTS (SELECT 1 FROM m.u WHERE u.k = e.k AND u.dt > 'a') AND e.dt = 'x';
-- e: dt = 'x'
-- u: dt > 'a'

-- # Barriers.

SELECT * FROM (SELECT * FROM m.e LIMIT 3), m.u WHERE u.dt = 'x';
-- e: *
-- u: dt = 'x'

SELECT * FROM (SELECT * FROM m.e LIMIT 3) q, m.u WHERE q.dt = 'x';
-- e: *
-- u: *

SELECT * FROM (SELECT *, rand() AS r FROM m.e) q, m.u WHERE q.dt = 'x';
-- e: *
-- u: *

SELECT * FROM (SELECT max(dt) AS dt FROM m.e GROUP BY k) q, m.u WHERE q.dt = 'x';
-- e: *
-- u: *

SELECT * FROM (SELECT dt, max(k) FROM m.e GROUP BY dt) q, m.u WHERE q.dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT * FROM (SELECT dt, max(k) FROM m.e GROUP BY dt WITH ROLLUP) q, m.u WHERE q.dt = 'x';
-- e: *
-- u: *

SELECT max(e.dt) AS dt FROM m.e, m.u GROUP BY e.k HAVING dt = 'x';
-- e: *
-- u: *

SELECT e.dt FROM m.e, m.u GROUP BY e.dt HAVING e.dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY dt, k ORDER BY v) AS r FROM m.e) q, m.u
   WHERE q.dt = 'x' AND r = 1;
-- e: dt = 'x'
-- u: *

SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY v) AS r FROM m.e) q, m.u
   WHERE q.dt = 'x' AND r = 1;
-- e: *
-- u: *

SELECT * FROM (SELECT *, sum(k) OVER w AS s FROM m.e WINDOW w AS (PARTITION BY dt)) q, m.u WHERE
   q.dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT * FROM m.e TABLESAMPLE (5 PERCENT) JOIN m.u ON e.dt = 'x';
-- e: *
-- u: *

SELECT * FROM (SELECT DISTINCT dt FROM m.e) q, m.u WHERE q.dt = 'x';
-- e: dt = 'x'
-- u: *

SELECT * FROM m.e LATERAL VIEW explode(a) t AS z JOIN m.u WHERE e.dt = 'x' AND z = 1;
-- e: dt = 'x'
-- u: *

SELECT * FROM m.e PIVOT (sum(k) FOR dt IN ('x')), m.u WHERE u.dt = 'x';
-- e: *
-- u: dt = 'x'
