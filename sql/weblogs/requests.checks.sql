-- Lines that others put into the wrong hour are counted where they were found. Landing never does that.
-- check: requests lie inside their hour (warn)
SELECT * FROM {{ this }} WHERE date_format(request_time, 'yyyy-MM-dd HH') <> concat(dt, ' ', hour)
