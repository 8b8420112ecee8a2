SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND CAST((
    SELECT
      COUNT(DISTINCT "e"."message_id")
    FROM "email_events" AS "e"
    WHERE
      "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
      AND "e"."workspace_id" = "c"."workspace_id"
      AND "e"."contact_id" = "c"."id"
      AND "e"."kind" = 'delivered'
  ) AS DECIMAL) >= CAST(%(p2)s AS DECIMAL)
  AND (
    CAST((
      SELECT
        COUNT(DISTINCT "e"."message_id")
      FROM "email_events" AS "e"
      WHERE
        "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "e"."workspace_id" = "c"."workspace_id"
        AND "e"."contact_id" = "c"."id"
        AND "e"."kind" = 'click'
    ) AS DECIMAL) = CAST(%(p3)s AS DECIMAL)
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 numeric 3
-- p3 numeric 0
