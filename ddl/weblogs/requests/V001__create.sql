CREATE EXTERNAL TABLE weblogs.requests (
  request_id    STRING    COMMENT 'Key: a hash of dt, hour and the line, and repeat_number. The same whenever it is computed',
  request_time  TIMESTAMP COMMENT 'UTC time at which the server received the request, to the second',
  host          STRING    COMMENT 'Address or name of the client, as logged',
  remote_ident  STRING    COMMENT 'Identity by RFC 1413; NULL where the log has -',
  remote_user   STRING    COMMENT 'User as authenticated by the server; NULL where the log has -',
  method        STRING    COMMENT 'HTTP method, upper case: GET, HEAD, POST, ...',
  path          STRING    COMMENT 'What was asked for, as sent, up to the first question mark',
  query         STRING    COMMENT 'What follows the first question mark; NULL where there is none',
  protocol      STRING    COMMENT 'HTTP/1.0, HTTP/1.1, ...; NULL for HTTP/0.9, which does not name itself',
  status        INT       COMMENT 'Status code of the answer, 100 to 599',
  bytes         BIGINT    COMMENT 'Size of the answer\'s body; 0 where the log has -, as Apache means it',
  referer       STRING    COMMENT 'Referer header, as logged; NULL where the log has - or nothing',
  agent         STRING    COMMENT 'User-Agent header, as logged; NULL where the log has - or nothing',
  browser       STRING    COMMENT 'Browser family: chrome, edge, firefox, ie, opera, safari, other; NULL for bots and without agent',
  bot           STRING    COMMENT 'Kind of program: search, feed, seo, archive, tool, other; NULL for browsers and without agent',
  repeat_number INT       COMMENT '1 for the first of several equal lines of an hour, 2 for the second, ...'
)
COMMENT 'One row per request: the lines of raw_lines that could be read, cleaned and typed, repeats included'
PARTITIONED BY (
  dt   STRING COMMENT 'UTC date of the request, yyyy-MM-dd',
  hour STRING COMMENT 'UTC hour of the request, 00 to 23'
)
STORED AS PARQUET;
