SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND "c"."updatedAt" >= CAST(%(p2)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
  AND "c"."updatedAt" < CAST(%(p3)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'

-- p1 text "B7"
-- p2 timestamptz 2026-03-28 23:00:00+00:00
-- p3 timestamptz 2026-03-29 22:00:00+00:00
