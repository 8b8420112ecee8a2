SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN "contact_activity" AS "a"
  ON "a"."workspace_id" = "c"."workspace_id"
  AND "a"."contact_id" = "c"."id"
  AND "a"."workspace_id" = CAST(%(p1)s AS BIGINT)
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "a"."last_open_at" >= CAST(%(p2)s AS TIMESTAMPTZ)
    AND "a"."last_open_at" <= CAST(%(p3)s AS TIMESTAMPTZ)
  )
  AND EXISTS(
    SELECT
      1
    FROM "contact_tags" AS "t"
    WHERE
      "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
      AND "t"."workspace_id" = "c"."workspace_id"
      AND "t"."contact_id" = "c"."id"
      AND "t"."tag_id" = ANY(
        CAST(%(p4)s AS INT[])
      )
  )

-- p1 bigint 7
-- p2 timestamptz 2026-03-10 02:20:00+00:00
-- p3 timestamptz 2026-04-09 02:20:00+00:00
-- p4 integer[] [1]
