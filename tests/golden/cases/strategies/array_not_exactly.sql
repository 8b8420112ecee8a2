SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "c"."tag_ids" @> CAST(%(p2)s AS INT[])
    AND CASE WHEN ARRAY_NDIMS("c"."tag_ids") = 1 THEN ARRAY_REMOVE("c"."tag_ids", NULL) END <@ CAST(%(p2)s AS INT[])
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 integer[] [1, 2]
