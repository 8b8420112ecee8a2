SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
LEFT JOIN "crm"."counters" AS "a"
  ON "a"."person_id" = "c"."id"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND "a"."opened_at" AT TIME ZONE 'UTC' >= CAST(%(p2)s AS TIMESTAMPTZ)

-- p1 bigint 7
-- p2 timestamptz 2026-03-29 22:00:00+00:00
