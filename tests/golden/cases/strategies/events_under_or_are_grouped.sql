SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN (
  SELECT
    "a"."workspace_id",
    "a"."contact_id",
    MAX("a"."occurred_at") FILTER(WHERE
      "a"."kind" = 'click') AS "last_click_at",
    COUNT(DISTINCT "a"."message_id") FILTER(WHERE
      "a"."kind" = 'delivered') AS "delivered_count",
    COUNT(DISTINCT "a"."message_id") FILTER(WHERE
      "a"."kind" = 'open') AS "opens_count"
  FROM "email_events" AS "a"
  WHERE
    "a"."workspace_id" = CAST(%(p1)s AS BIGINT)
    AND "a"."kind" IN ('delivered', 'open', 'click')
  GROUP BY
    "a"."workspace_id",
    "a"."contact_id"
) AS "a"
  ON "a"."workspace_id" = "c"."workspace_id" AND "a"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    100 * LEAST(CAST("a"."opens_count" AS DECIMAL), CAST("a"."delivered_count" AS DECIMAL)) >= CAST(%(p2)s AS DECIMAL) * NULLIF(CAST("a"."delivered_count" AS DECIMAL), 0)
    OR (
      "a"."last_click_at" >= CAST(%(p3)s AS TIMESTAMPTZ)
      AND "a"."last_click_at" <= CAST(%(p4)s AS TIMESTAMPTZ)
    )
  )

-- p1 bigint 7
-- p2 numeric 50
-- p3 timestamptz 2026-04-02 02:20:00+00:00
-- p4 timestamptz 2026-04-09 02:20:00+00:00
