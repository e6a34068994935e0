CREATE EXTERNAL TABLE music.users (
  user_id       STRING    COMMENT 'Key of the user',
  first_name    STRING    COMMENT 'First name',
  last_name     STRING    COMMENT 'Last name',
  gender        STRING    COMMENT 'F or M',
  level         STRING    COMMENT 'free or paid, at the latest event',
  location      STRING    COMMENT 'City and state at the latest event',
  registered_at TIMESTAMP COMMENT 'UTC time when the user registered',
  last_seen_at  TIMESTAMP COMMENT 'UTC time of the latest event'
)
COMMENT 'Users as they were at their latest event'
STORED AS PARQUET;
