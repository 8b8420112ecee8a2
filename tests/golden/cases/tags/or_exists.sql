SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN (
  SELECT
    "t"."workspace_id",
    "t"."contact_id",
    ARRAY_AGG("t"."tag_id" ORDER BY "t"."tag_id") AS "tag_ids"
  FROM "contact_tags" AS "t"
  WHERE
    "t"."workspace_id" = CAST(%(p1)s AS BIGINT) AND "t"."tag_id" IS NOT NULL
  GROUP BY
    "t"."workspace_id",
    "t"."contact_id"
) AS "t"
  ON "t"."workspace_id" = "c"."workspace_id" AND "t"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "t"."tag_ids" IS NOT NULL
    OR (
      "t"."tag_ids" = CAST(%(p2)s AS INT[])
    ) IS NOT TRUE
    OR JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
  )

-- p1 bigint 7
-- p2 integer[] [5]
