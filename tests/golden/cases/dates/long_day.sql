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
  AND "a"."last_open_at" >= CAST(%(p2)s AS TIMESTAMPTZ)
  AND "a"."last_open_at" < CAST(%(p3)s AS TIMESTAMPTZ)

-- p1 bigint 7
-- p2 timestamptz 2025-10-25 22:00:00+00:00
-- p3 timestamptz 2025-10-26 23:00:00+00:00
