CREATE EXTERNAL TABLE music.songplays (
  songplay_id     STRING    COMMENT 'Key: sha2 of session, item in session and user',
  start_time      TIMESTAMP COMMENT 'UTC time of the play, music.times.start_time',
  user_id         STRING    COMMENT 'music.users.user_id',
  level           STRING    COMMENT 'free or paid, at that moment',
  song_id         STRING    COMMENT 'music.songs.song_id; NULL where the song is not among them',
  artist_id       STRING    COMMENT 'music.artists.artist_id; NULL where the song is not among music.songs',
  session_id      BIGINT    COMMENT 'Session of the app',
  item_in_session INT       COMMENT 'Number of the event in its session, from 0',
  location        STRING    COMMENT 'Where the user was: city and state',
  user_agent      STRING    COMMENT 'Browser of the user, in its own words',
  song            STRING    COMMENT 'Title of the song, as the app named it',
  artist          STRING    COMMENT 'Name of its artist, as the app named it',
  length          DOUBLE    COMMENT 'Length of the song in seconds'
)
COMMENT 'One row per song played'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the play, yyyy-MM-dd')
STORED AS PARQUET;
