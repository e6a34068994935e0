CREATE EXTERNAL TABLE retail.reviews (
  review_id               STRING    COMMENT 'Key together with order_id',
  order_id                STRING    COMMENT 'retail.orders.order_id',
  review_score            INT       COMMENT '1 (worst) to 5',
  review_comment_title    STRING    COMMENT 'Title, line breaks as written',
  review_comment_message  STRING    COMMENT 'Message, line breaks and quotes as written',
  review_creation_date    TIMESTAMP COMMENT 'Day on which the customer was asked',
  review_answer_timestamp TIMESTAMP COMMENT 'When the customer answered'
)
COMMENT 'Reviews of orders; one review may be of several orders, and an order may have several'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the answer, else of the question, yyyy-MM-dd')
STORED AS PARQUET;
