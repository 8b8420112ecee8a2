SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND "c"."tags" && CAST(%(p2)s AS TEXT[])
  AND (
    "c"."tags" @> CAST(%(p3)s AS TEXT[])
    AND CASE WHEN ARRAY_NDIMS("c"."tags") = 1 THEN ARRAY_REMOVE("c"."tags", NULL) END <@ CAST(%(p3)s AS TEXT[])
  ) IS NOT TRUE
  AND CARDINALITY(CASE WHEN ARRAY_NDIMS("c"."tags") = 1 THEN ARRAY_REMOVE("c"."tags", NULL) END) > 0

-- p1 text "B7"
-- p2 text[] ["B1", "ä2"]
-- p3 text[] ["Z3"]
