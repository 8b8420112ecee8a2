SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    EXISTS(
      SELECT
        1
      FROM "contact_tags" AS "t"
      WHERE
        "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "t"."workspace_id" = "c"."workspace_id"
        AND "t"."contact_id" = "c"."id"
        AND "t"."tag_id" = ANY(
          CAST(%(p2)s AS INT[])
        )
    )
    AND (
      SELECT
        ARRAY_AGG("t"."tag_id" ORDER BY "t"."tag_id")
      FROM "contact_tags" AS "t"
      WHERE
        "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "t"."workspace_id" = "c"."workspace_id"
        AND "t"."contact_id" = "c"."id"
        AND "t"."tag_id" IS NOT NULL
    ) = CAST(%(p2)s AS INT[])
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 integer[] [1, 2]
