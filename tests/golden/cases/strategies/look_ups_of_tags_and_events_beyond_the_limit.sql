SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN (
  SELECT
    "a"."workspace_id",
    "a"."contact_id",
    MAX("a"."occurred_at") FILTER(WHERE
      "a"."kind" = 'open') AS "last_open_at",
    COUNT(DISTINCT "a"."message_id") FILTER(WHERE
      "a"."kind" = 'delivered') AS "delivered_count",
    COUNT(DISTINCT "a"."message_id") FILTER(WHERE
      "a"."kind" = 'open') AS "opens_count"
  FROM "email_events" AS "a"
  WHERE
    "a"."workspace_id" = CAST(%(p1)s AS BIGINT)
    AND "a"."kind" IN ('delivered', 'open')
  GROUP BY
    "a"."workspace_id",
    "a"."contact_id"
) AS "a"
  ON "a"."workspace_id" = "c"."workspace_id" AND "a"."contact_id" = "c"."id"
LEFT JOIN (
  SELECT
    "t"."workspace_id",
    "t"."contact_id",
    BIT_OR(
      CAST(1 AS BIGINT) << (
        ARRAY_POSITION(CAST(%(p13)s AS INT[]), "t"."tag_id") - 1
      )
    ) AS "tag_bits"
  FROM "contact_tags" AS "t"
  WHERE
    "t"."workspace_id" = CAST(%(p1)s AS BIGINT)
    AND "t"."tag_id" = ANY(
      CAST(%(p13)s AS INT[])
    )
  GROUP BY
    "t"."workspace_id",
    "t"."contact_id"
) AS "t"
  ON "t"."workspace_id" = "c"."workspace_id" AND "t"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p2)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p3)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p4)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p5)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p6)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p7)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND 100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) > CAST(%(p8)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
  AND (
    "a"."last_open_at" >= CAST(%(p9)s AS TIMESTAMPTZ)
    AND "a"."last_open_at" <= CAST(%(p10)s AS TIMESTAMPTZ)
  )
  AND (
    "t"."tag_bits" & CAST(%(p11)s AS BIGINT)
  ) <> 0
  AND (
    "t"."tag_bits" & CAST(%(p12)s AS BIGINT)
  ) <> 0

-- p1 bigint 7
-- p2 numeric 0
-- p3 numeric 1
-- p4 numeric 2
-- p5 numeric 3
-- p6 numeric 4
-- p7 numeric 5
-- p8 numeric 6
-- p9 timestamptz 2026-03-10 02:20:00+00:00
-- p10 timestamptz 2026-04-09 02:20:00+00:00
-- p11 bigint 1
-- p12 bigint 2
-- p13 integer[] [1, 2]
