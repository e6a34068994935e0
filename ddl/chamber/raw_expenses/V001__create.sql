-- Any bytes that a line may hold must come through: fields end where lines do (10 is the line feed; with the
-- default, Trino cuts at \001), and only an empty line is NULL (with the default, \N would be one).
CREATE EXTERNAL TABLE chamber.raw_expenses (
  line STRING COMMENT 'One line of the year\'s file: 29 fields between semicolons, in quotes where need be; the first line names them'
)
COMMENT 'Source: the yearly files (Ano-2017.csv), published again and again as a year goes on. Holds CPFs in clear: not for publication'
PARTITIONED BY (
  year STRING COMMENT 'Year of the file, yyyy'
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
  'field.delim' = '10',
  'serialization.last.column.takes.rest' = 'true',
  'serialization.null.format' = ''
)
STORED AS TEXTFILE;
