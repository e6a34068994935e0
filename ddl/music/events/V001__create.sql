CREATE EXTERNAL TABLE music.events (
  event_time      TIMESTAMP COMMENT 'UTC time of the event, to the millisecond',
  user_id         STRING    COMMENT 'Who did it; NULL while logged out',
  session_id      BIGINT    COMMENT 'Session of the app; several users may have the same number',
  item_in_session INT       COMMENT 'Number of the event in its session, from 0',
  page            STRING    COMMENT 'Page of the app, NextSong for a song played',
  auth            STRING    COMMENT 'Logged In or Logged Out',
  method          STRING    COMMENT 'HTTP method of the request',
  status          INT       COMMENT 'HTTP status of the answer',
  level           STRING    COMMENT 'free or paid, at that moment',
  song            STRING    COMMENT 'Title of the song, on the page NextSong',
  artist          STRING    COMMENT 'Name of its artist, on the page NextSong',
  length          DOUBLE    COMMENT 'Length of the song in seconds, on the page NextSong',
  first_name      STRING    COMMENT 'First name of the user',
  last_name       STRING    COMMENT 'Last name of the user',
  gender          STRING    COMMENT 'F or M',
  registered_at   TIMESTAMP COMMENT 'UTC time when the user registered',
  location        STRING    COMMENT 'Where the user is: city and state',
  user_agent      STRING    COMMENT 'Browser of the user, in its own words'
)
COMMENT 'One row per line of the event logs that could be read'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the log file, yyyy-MM-dd')
STORED AS PARQUET;
