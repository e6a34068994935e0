CREATE EXTERNAL TABLE retail.rejects (
  source   STRING  COMMENT 'Table that the line was meant for',
  reason   STRING  COMMENT 'What is wrong with it, all findings',
  row_kept BOOLEAN COMMENT 'true: the row is published with NULL in the fields named; false: it is not',
  line     STRING  COMMENT 'The line as it arrived'
)
COMMENT 'Lines by day that could not be read, wholly or in a field'
PARTITIONED BY (dt STRING COMMENT 'Day in which the line arrived, yyyy-MM-dd')
STORED AS PARQUET;
