CREATE EXTERNAL TABLE music.times (
  start_time TIMESTAMP COMMENT 'Key: UTC time at which songs were played',
  hour       INT       COMMENT 'Hour of the day, 0 to 23',
  day        INT       COMMENT 'Day of the month, 1 to 31',
  week       INT       COMMENT 'ISO week of the year, 1 to 53',
  month      INT       COMMENT 'Month, 1 to 12',
  year       INT       COMMENT 'Year',
  weekday    INT       COMMENT 'ISO day of the week, 1 is Monday, 7 is Sunday'
)
COMMENT 'The moments of music.songplays, cut into their parts'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the moment, yyyy-MM-dd')
STORED AS PARQUET;
