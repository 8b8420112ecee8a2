SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    EXISTS(
      SELECT
        1
      FROM "email_events" AS "e"
      WHERE
        "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "e"."workspace_id" = "c"."workspace_id"
        AND "e"."contact_id" = "c"."id"
        AND "e"."kind" = 'open'
        AND "e"."occurred_at" >= CAST(%(p2)s AS TIMESTAMPTZ)
        AND "e"."occurred_at" < CAST(%(p3)s AS TIMESTAMPTZ)
    )
    AND NOT EXISTS(
      SELECT
        1
      FROM "email_events" AS "e"
      WHERE
        "e"."workspace_id" = CAST(%(p1)s AS BIGINT)
        AND "e"."workspace_id" = "c"."workspace_id"
        AND "e"."contact_id" = "c"."id"
        AND "e"."kind" = 'open'
        AND "e"."occurred_at" >= CAST(%(p3)s AS TIMESTAMPTZ)
    )
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 timestamptz 2026-03-28 23:00:00+00:00
-- p3 timestamptz 2026-03-29 22:00:00+00:00
