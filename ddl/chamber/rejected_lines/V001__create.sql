CREATE EXTERNAL TABLE chamber.rejected_lines (
  rejected_id   STRING COMMENT 'Key: a hash of the year and the line as shown here, and repeat_number. The same whenever it is computed',
  line          STRING COMMENT 'The line, eleven digits in a row masked like a CPF; bytes that are not UTF-8 are shown as U+FFFD',
  reason        STRING COMMENT 'empty, field_count, bad_year, bad_month, bad_deputy, bad_category or bad_amount',
  repeat_number INT    COMMENT '1 for the first of several equal lines of a year, 2 for the second, ...'
)
COMMENT 'Lines of raw_expenses that are no expense: together with expenses, every line but the first exactly once'
PARTITIONED BY (
  year STRING COMMENT 'Year of the file, yyyy'
)
STORED AS PARQUET;
