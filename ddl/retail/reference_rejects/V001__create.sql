CREATE EXTERNAL TABLE retail.reference_rejects (
  source   STRING  COMMENT 'Table that the line was meant for',
  reason   STRING  COMMENT 'What is wrong with it, all findings',
  row_kept BOOLEAN COMMENT 'true: the row is published with NULL in the fields named; false: it is not',
  line     STRING  COMMENT 'The line as it arrived'
)
COMMENT 'Lines of products, sellers, geolocation and categories that could not be read, wholly or in a field'
STORED AS PARQUET;
