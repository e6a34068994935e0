/* ---
owner: open-government
description: Lines of the year's file that are no expense, with the reason
tags: [yearly]
grain: yearly
checks:
  - not_null: [rejected_id, line, reason, repeat_number]
  - unique: [rejected_id]
  - accepted_values:
      column: reason
      values: [empty, field_count, bad_year, bad_month, bad_deputy, bad_category, bad_amount]
  # The file of 2017 has none. Many mean that the Chamber has changed its file.
  - row_count: {max: 1000}
    severity: warn
--- */
INSERT OVERWRITE TABLE chamber.rejected_lines PARTITION (year = '{{ year }}')
WITH
{{ expense_lines() }}
SELECT
  concat(line_key, '-', CAST(repeat_number AS STRING)) AS rejected_id,
  masked_line AS line,
  reason,
  repeat_number
FROM lines
WHERE reason IS NOT NULL
