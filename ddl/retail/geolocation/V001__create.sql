CREATE EXTERNAL TABLE retail.geolocation (
  geolocation_zip_code_prefix STRING COMMENT 'First five digits of a zip code, leading zeros kept',
  geolocation_lat             DOUBLE COMMENT 'Median latitude of its points in Brazil, degrees; NULL: none lies there',
  geolocation_lng             DOUBLE COMMENT 'Median longitude of its points in Brazil, degrees; NULL: none lies there',
  geolocation_city            STRING COMMENT 'City that most of its points name',
  geolocation_state           STRING COMMENT 'State that most of its points name',
  points                      BIGINT COMMENT 'Points of the source',
  points_outside              BIGINT COMMENT 'Points outside Brazil, or unreadable: left out of the median'
)
COMMENT 'One point per zip code prefix: the median of its known points'
STORED AS PARQUET;
