SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND NULLIF(
    CAST((
      SELECT
        COUNT(DISTINCT "e"."message_id")
      FROM "email_events" AS "e"
      WHERE
        "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "e"."workspace_id" = "c"."workspace_id"
        AND "e"."contact_id" = "c"."id"
        AND "e"."kind" = 'delivered'
    ) AS DECIMAL),
    0
  ) IS NULL

-- p1 bigint 7
