SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN "contact_activity" AS "a"
  ON "a"."workspace_id" = "c"."workspace_id"
  AND "a"."contact_id" = "c"."id"
  AND "a"."workspace_id" = CAST(%(p1)s AS BIGINT)
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND CAST(COALESCE("a"."opens_count", 0) AS DECIMAL) >= CAST(%(p2)s AS DECIMAL)
  AND (
    "a"."last_open_at" >= CAST(%(p3)s AS TIMESTAMPTZ)
    AND "a"."last_open_at" <= CAST(%(p4)s AS TIMESTAMPTZ)
  )

-- p1 bigint 7
-- p2 numeric 3
-- p3 timestamptz 2026-01-09 02:20:00+00:00
-- p4 timestamptz 2026-04-09 02:20:00+00:00
