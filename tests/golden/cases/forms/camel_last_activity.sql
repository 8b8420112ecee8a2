SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND (
    (
      "c"."lastOpenAt" >= CAST(%(p2)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
      AND "c"."lastOpenAt" <= CAST(%(p3)s AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
    )
    OR (
      "c"."lastClickAt" >= CAST(%(p4)s AS TIMESTAMPTZ)
      AND "c"."lastClickAt" <= CAST(%(p3)s AS TIMESTAMPTZ)
    )
  )

-- p1 text "B7"
-- p2 timestamptz 2026-03-10 02:20:00+00:00
-- p3 timestamptz 2026-04-09 02:20:00+00:00
-- p4 timestamptz 2026-03-10 02:20:00+00:00
