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
    LOWER("c"."email") = LOWER(CAST(%(p2)s AS TEXT))
    OR (
      CAST(COALESCE("a"."opens_count", 0) AS DECIMAL) >= CAST(%(p3)s AS DECIMAL)
      AND (
        "a"."last_open_at" >= CAST(%(p4)s AS TIMESTAMPTZ)
        AND "a"."last_open_at" <= CAST(%(p5)s AS TIMESTAMPTZ)
      )
    )
  )

-- p1 bigint 7
-- p2 text "test@example.com"
-- p3 numeric 3
-- p4 timestamptz 2026-01-09 02:20:00+00:00
-- p5 timestamptz 2026-04-09 02:20:00+00:00
