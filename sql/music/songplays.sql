/* ---
owner: music-analytics
description: Songs played, with the songs and artists that the service has descriptions of
tags: [daily]
start: 2018-11-01
checks:
  - not_null: [songplay_id, start_time]
  - unique: [songplay_id]
  - accepted_values: {column: level, values: [free, paid]}
  # Only users who are logged in can play. A play without a user still counts as one, but somebody should look.
  - not_null: {columns: [user_id], severity: warn}
  - relationships: {column: user_id, to: music.users, field: user_id, severity: warn}
  - relationships: {column: song_id, to: music.songs, field: song_id}
  # The artists are not read here, so they may be older than the songs where this table runs alone.
  - relationships: {column: artist_id, to: music.artists, field: artist_id, severity: warn}
  - row_count: {min: 1, severity: warn}
--- */
INSERT OVERWRITE TABLE music.songplays PARTITION (dt)
WITH plays AS (
  SELECT
    *,
    -- A log that is delivered twice must not count twice.
    row_number() OVER (
      PARTITION BY dt, session_id, item_in_session, user_id
      ORDER BY event_time, song, artist, length, level, location, user_agent
    ) AS copy
  FROM music.events
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}' AND page = 'NextSong'
),
known_songs AS (
  -- Some recordings have several ids: one of them, always the same, so that no play is doubled.
  SELECT title, artist_name, duration, min(song_id) AS song_id, min_by(artist_id, song_id) AS artist_id
  FROM music.songs
  GROUP BY title, artist_name, duration
)
SELECT
  sha2(concat_ws('|', p.session_id, p.item_in_session, coalesce(p.user_id, '')), 256) AS songplay_id,
  p.event_time AS start_time,
  p.user_id,
  p.level,
  s.song_id,
  s.artist_id,
  p.session_id,
  p.item_in_session,
  p.location,
  p.user_agent,
  p.song,
  p.artist,
  p.length,
  p.dt
FROM plays AS p
LEFT JOIN known_songs AS s ON p.song = s.title AND p.artist = s.artist_name AND p.length = s.duration
WHERE p.copy = 1
