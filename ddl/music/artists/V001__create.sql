CREATE EXTERNAL TABLE music.artists (
  artist_id STRING COMMENT 'Key of the artist',
  name      STRING COMMENT 'Name',
  location  STRING COMMENT 'Where the artist is from; NULL: unknown',
  latitude  DOUBLE COMMENT 'Degrees north; NULL: unknown',
  longitude DOUBLE COMMENT 'Degrees east; NULL: unknown'
)
COMMENT 'The artists of music.songs'
STORED AS PARQUET;
