SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND LOWER("c"."profile" -> 'name' ->> 'first') LIKE LOWER(CAST(%(p2)s AS TEXT))
  AND JSONB_TYPEOF("c"."profile" -> 'name' -> 'first') IN ('string', 'number', 'boolean')

-- p1 text "B7"
-- p2 text "%Ad%"
