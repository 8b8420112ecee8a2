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
      "a"."kind" = 'open') AS "opens_count"
  FROM "email_events" AS "a"
  WHERE
    "a"."workspace_id" = CAST(%(p1)s AS BIGINT) AND "a"."kind" IN ('open')
  GROUP BY
    "a"."workspace_id",
    "a"."contact_id"
) AS "a"
  ON "a"."workspace_id" = "c"."workspace_id" AND "a"."contact_id" = "c"."id"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND CAST(COALESCE("a"."opens_count", 0) AS DECIMAL) > CAST(%(p2)s AS DECIMAL)
  AND "a"."last_open_at" IS NULL
  AND "c"."country" = CAST(%(p3)s AS TEXT)

-- p1 bigint 7
-- p2 numeric 2
-- p3 text "DE"
