SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
LEFT JOIN (
  SELECT
    "a"."workspace_id",
    "a"."contact_id",
    MAX("a"."occurred_at") FILTER(WHERE
      "a"."kind" = 'open') AS "last_open_at"
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
  AND (
    (
      "a"."last_open_at" >= CAST(%(p2)s AS TIMESTAMPTZ)
      AND "a"."last_open_at" <= CAST(%(p3)s AS TIMESTAMPTZ)
    )
    OR "c"."tag_ids" && CAST(%(p4)s AS INT[])
  )

-- p1 bigint 7
-- p2 timestamptz 2026-03-10 02:20:00+00:00
-- p3 timestamptz 2026-04-09 02:20:00+00:00
-- p4 integer[] [1]
