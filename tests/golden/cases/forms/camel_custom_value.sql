SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND "c"."status" = CAST(%(p2)s AS TEXT)
  AND (
    "c"."profile" -> '100%%' -> 'custom''s' ->> 'residence' = ANY(
      CAST(%(p3)s AS TEXT[])
    )
    AND JSONB_TYPEOF("c"."profile" -> '100%%' -> 'custom''s' -> 'residence') = 'string'
  )
  AND CASE
    WHEN JSONB_TYPEOF("c"."profile" -> '100%%' -> 'custom''s' -> CAST(%(p4)s AS TEXT)) = 'number'
    THEN CAST("c"."profile" -> '100%%' -> 'custom''s' ->> CAST(%(p4)s AS TEXT) AS DECIMAL)
  END = CAST(%(p5)s AS DECIMAL)

-- p1 text "B7"
-- p2 text "subscribed"
-- p3 text[] ["DE", "FR"]
-- p4 text "any"
-- p5 numeric 1
