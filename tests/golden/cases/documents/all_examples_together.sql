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
        WIDTH_BUCKET("t"."tag_id", CAST(%(p11)s AS INT[])) - 1
      )
    ) AS "tag_bits"
  FROM "contact_tags" AS "t"
  WHERE
    "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
    AND "t"."tag_id" = ANY(
      CAST(%(p11)s AS INT[])
    )
  GROUP BY
    "t"."workspace_id",
    "t"."contact_id"
) AS "t"
  ON "t"."workspace_id" = "c"."workspace_id" AND "t"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    LOWER("c"."email") = LOWER(CAST(%(p2)s AS TEXT))
    OR (
      "t"."tag_bits" & CAST(%(p3)s AS BIGINT)
    ) <> 0
    OR 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) >= CAST(%(p4)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
    OR 100 * LEAST(CAST("a"."clicks_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) <= CAST(%(p5)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
    OR "a"."last_open_at" >= CAST(%(p6)s AS TIMESTAMPTZ)
    OR "a"."last_click_at" >= CAST(%(p7)s AS TIMESTAMPTZ)
    OR (
      "a"."last_open_at" >= CAST(%(p8)s AS TIMESTAMPTZ)
      AND "a"."last_open_at" <= CAST(%(p9)s AS TIMESTAMPTZ)
    )
    OR (
      "a"."last_click_at" >= CAST(%(p10)s AS TIMESTAMPTZ)
      AND "a"."last_click_at" <= CAST(%(p9)s AS TIMESTAMPTZ)
    )
  )

-- p1 bigint 7
-- p2 text "test@example.com"
-- p3 bigint 3
-- p4 numeric 50
-- p5 numeric 25
-- p6 timestamptz 2026-03-01 00:00:00.000001+00:00
-- p7 timestamptz 2026-03-01 00:00:00.000001+00:00
-- p8 timestamptz 2026-03-10 02:20:00+00:00
-- p9 timestamptz 2026-04-09 02:20:00+00:00
-- p10 timestamptz 2026-03-10 02:20:00+00:00
-- p11 integer[] [1, 2]
