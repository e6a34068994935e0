-- check: plays lie inside their day (warn)
SELECT * FROM {{ this }} WHERE date_format(start_time, 'yyyy-MM-dd') <> dt
