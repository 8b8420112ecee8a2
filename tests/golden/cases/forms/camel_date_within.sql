SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND "c"."bornOn" > CAST(%(p2)s AS DATE)
  AND "c"."bornOn" <= CAST(%(p3)s AS DATE)

-- p1 text "B7"
-- p2 date "2025-04-09"
-- p3 date "2026-04-09"
