SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    CARDINALITY(
      CASE WHEN ARRAY_NDIMS("c"."tag_ids") = 1 THEN ARRAY_REMOVE("c"."tag_ids", NULL) END
    ) > 0
  ) IS NOT TRUE

-- p1 bigint 7
