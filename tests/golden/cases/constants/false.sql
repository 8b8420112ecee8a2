SELECT
  CAST(0 AS BIGINT) AS "count"

-- p1 bigint 7
