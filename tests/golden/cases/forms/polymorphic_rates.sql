SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
LEFT JOIN "crm"."counters" AS "a"
  ON "a"."person_id" = "c"."id"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND 100 * LEAST(
    CAST(COALESCE("a"."opened", 0) AS DECIMAL),
    CAST(COALESCE("a"."delivered", 0) AS DECIMAL)
  ) >= CAST(%(p2)s AS DECIMAL) * NULLIF(CAST(COALESCE("a"."delivered", 0) AS DECIMAL), 0)

-- p1 bigint 7
-- p2 numeric 50
