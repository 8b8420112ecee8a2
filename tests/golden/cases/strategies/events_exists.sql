SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND EXISTS(
    SELECT
      1
    FROM "email_events" AS "e"
    WHERE
      "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
      AND "e"."workspace_id" = "c"."workspace_id"
      AND "e"."contact_id" = "c"."id"
      AND "e"."kind" = 'click'
  )

-- p1 bigint 7
