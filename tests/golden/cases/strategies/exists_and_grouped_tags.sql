SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN "contact_activity" AS "a"
  ON "a"."workspace_id" = "c"."workspace_id"
  AND "a"."contact_id" = "c"."id"
  AND "a"."workspace_id" = CAST(%(p1)s AS BIGINT)
LEFT JOIN (
  SELECT
    "t"."workspace_id",
    "t"."contact_id",
    BIT_OR(
      CAST(1 AS BIGINT) << (
        ARRAY_POSITION(CAST(%(p4)s AS INT[]), "t"."tag_id") - 1
      )
    ) AS "tag_bits"
  FROM "contact_tags" AS "t"
  WHERE
    "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
    AND "t"."tag_id" = ANY(
      CAST(%(p4)s AS INT[])
    )
  GROUP BY
    "t"."workspace_id",
    "t"."contact_id"
) AS "t"
  ON "t"."workspace_id" = "c"."workspace_id" AND "t"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND EXISTS(
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
    (
      "t"."tag_bits" & CAST(%(p3)s AS BIGINT)
    ) <> 0
    OR "a"."last_open_at" IS NOT NULL
  )

-- p1 bigint 7
-- p2 integer[] [1]
-- p3 bigint 1
-- p4 integer[] [2]
