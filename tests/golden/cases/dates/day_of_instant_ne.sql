SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "c"."created_at" >= CAST(%(p2)s AS TIMESTAMPTZ)
    AND "c"."created_at" < CAST(%(p3)s AS TIMESTAMPTZ)
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 timestamptz 2026-02-28 23:00:00+00:00
-- p3 timestamptz 2026-03-01 23:00:00+00:00
