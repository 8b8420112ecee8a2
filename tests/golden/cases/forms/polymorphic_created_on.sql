SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND "c"."created_on" = CAST(%(p2)s AS DATE)

-- p1 bigint 7
-- p2 date "2026-03-29"
