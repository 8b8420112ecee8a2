SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND "c"."tag_ids" @> CAST(%(p2)s AS INT[])

-- p1 bigint 7
-- p2 integer[] [1, 2]
