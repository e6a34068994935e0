/* ---
owner: retail-analytics
description: Reviews of orders
tags: [daily, etl1]
checks:
  - not_null: [review_id, order_id]
  - unique: [review_id, order_id]
  - accepted_values: {column: review_score, values: [1, 2, 3, 4, 5], severity: warn}
  - relationships: {column: order_id, to: retail.orders, field: order_id, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.reviews PARTITION (dt)
WITH typed AS (
  SELECT {{ few_tasks() }}
    j.review_id,
    j.order_id,
    try_cast(j.review_score AS INT) AS review_score,
    j.review_comment_title,
    j.review_comment_message,
    {{ moment('j.review_creation_date') }} AS review_creation_date,
    {{ moment('j.review_answer_timestamp') }} AS review_answer_timestamp,
    r.line,
    r.dt
  FROM retail.raw_reviews AS r
  LATERAL VIEW {{ json_fields(['review_id', 'order_id', 'review_score', 'review_comment_title',
                               'review_comment_message', 'review_creation_date',
                               'review_answer_timestamp']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

-- A line that came twice counts once: a day may be landed whole and by the hour.
numbered AS (
  SELECT
    review_id, order_id, review_score, review_comment_title, review_comment_message,
    review_creation_date, review_answer_timestamp,
    row_number() OVER (PARTITION BY dt, review_id, order_id ORDER BY line) AS copy,
    dt
  FROM typed
  WHERE review_id IS NOT NULL AND order_id IS NOT NULL
)

SELECT /*+ REBALANCE(dt) */
  review_id,
  order_id,
  review_score,
  review_comment_title,
  review_comment_message,
  review_creation_date,
  review_answer_timestamp,
  dt
FROM numbered
WHERE copy = 1
