/* ---
owner: retail-analytics
description: Reviews of orders
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [review_id, order_id]
  - unique: [review_id, order_id]
  - accepted_values: {column: review_score, values: [1, 2, 3, 4, 5], severity: warn}
  - relationships: {column: order_id, to: retail.orders, field: order_id, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.reviews PARTITION (dt)
WITH arrived AS (
  SELECT
    {{ json_record(['review_id', 'order_id', 'review_score', 'review_comment_title',
                    'review_comment_message', 'review_creation_date', 'review_answer_timestamp']) }} AS record,
    line,
    dt
  FROM retail.raw_reviews
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

typed AS (
  SELECT
    record.review_id AS review_id,
    record.order_id AS order_id,
    try_cast(record.review_score AS INT) AS review_score,
    record.review_comment_title AS review_comment_title,
    record.review_comment_message AS review_comment_message,
    {{ moment('record.review_creation_date') }} AS review_creation_date,
    {{ moment('record.review_answer_timestamp') }} AS review_answer_timestamp,
    line,
    dt
  FROM arrived
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
