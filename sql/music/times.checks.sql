-- check: every play has its moment
SELECT p.dt, p.songplay_id, p.start_time
FROM music.songplays AS p
LEFT ANTI JOIN {{ this }} AS t ON t.dt = p.dt AND t.start_time = p.start_time
WHERE p.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
