-- check: every line about a song can be read (warn)
SELECT reason, line FROM ({{ song_lines() }}) WHERE reason IS NOT NULL
