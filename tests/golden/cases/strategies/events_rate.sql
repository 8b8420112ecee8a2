SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND 100 * LEAST(
    CAST((
      SELECT
        COUNT(DISTINCT "e"."message_id")
      FROM "email_events" AS "e"
      WHERE
        "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "e"."workspace_id" = "c"."workspace_id"
        AND "e"."contact_id" = "c"."id"
        AND "e"."kind" = 'open'
    ) AS DECIMAL),
    CAST((
      SELECT
        COUNT(DISTINCT "e"."message_id")
      FROM "email_events" AS "e"
      WHERE
        "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "e"."workspace_id" = "c"."workspace_id"
        AND "e"."contact_id" = "c"."id"
        AND "e"."kind" = 'delivered'
    ) AS DECIMAL)
  ) > CAST(%(p2)s AS DECIMAL) * NULLIF(
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
  )

-- p1 bigint 7
-- p2 numeric 25
