SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND LOWER("c"."Nick Name") LIKE LOWER(CAST(%(p2)s AS TEXT))
  AND "c"."score" > CAST(%(p3)s AS DECIMAL)
  AND "c"."isVip" = CAST(%(p4)s AS BOOLEAN)
  AND "c"."bornOn" <= CAST(%(p5)s AS DATE)
  AND (
    "c"."profile" -> 'channels' ->> 'first' = CAST(%(p6)s AS TEXT)
    AND JSONB_TYPEOF("c"."profile" -> 'channels' -> 'first') = 'string'
  )

-- p1 text "B7"
-- p2 text "A%"
-- p3 numeric 3
-- p4 boolean true
-- p5 date "2000-01-01"
-- p6 text "web"
