-- An event is known by its session, its number in it and its user. music.songplays keeps one of each.
-- check: no event was delivered twice (warn)
SELECT dt, session_id, item_in_session, user_id, count(*) AS times_delivered
FROM {{ this }}
GROUP BY dt, session_id, item_in_session, user_id
HAVING count(*) > 1

-- check: events lie inside their day (warn)
SELECT * FROM {{ this }} WHERE date_format(event_time, 'yyyy-MM-dd') <> dt

-- check: songs played have a title, an artist and a length (warn)
SELECT * FROM {{ this }} WHERE page = 'NextSong' AND (song IS NULL OR artist IS NULL OR length IS NULL)
