CREATE EXTERNAL TABLE music.songs (
  song_id     STRING COMMENT 'Key of the song',
  title       STRING COMMENT 'Title',
  artist_id   STRING COMMENT 'music.artists.artist_id',
  artist_name STRING COMMENT 'Name of the artist as it stands on this song',
  year        INT    COMMENT 'Year of release; NULL: unknown',
  duration    DOUBLE COMMENT 'Length in seconds'
)
COMMENT 'The songs that the service has descriptions of'
STORED AS PARQUET;
