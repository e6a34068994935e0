ALTER TABLE music.users ADD COLUMNS (
  level_since TIMESTAMP COMMENT 'UTC time of the first event from which on the level has been the same'
);
