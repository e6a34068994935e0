CREATE EXTERNAL TABLE weblogs.traffic_daily (
  hits       BIGINT COMMENT 'Requests',
  bytes      BIGINT COMMENT 'Bytes sent in the bodies of answers',
  hosts      BIGINT COMMENT 'Distinct clients',
  bot_hits   BIGINT COMMENT 'Requests by programs that say so',
  status_1xx BIGINT COMMENT 'Answers that were informational',
  status_2xx BIGINT COMMENT 'Answers that were successes',
  status_3xx BIGINT COMMENT 'Answers that were redirections, not modified among them',
  status_4xx BIGINT COMMENT 'Answers that told of the client\'s errors',
  status_5xx BIGINT COMMENT 'Answers that told of the server\'s errors',
  top_paths  ARRAY<STRUCT<path: STRING, hits: BIGINT, bytes: BIGINT>>
    COMMENT 'The ten paths with the most hits, most first, equal ones in the order of their names'
)
COMMENT 'One row per day that had requests'
PARTITIONED BY (
  dt STRING COMMENT 'UTC date, yyyy-MM-dd'
)
STORED AS PARQUET;
