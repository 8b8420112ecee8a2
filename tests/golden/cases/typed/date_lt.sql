SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "c"."fields" ->> 'birthday'
  ) COLLATE "C" < CAST(%(p2)s AS TEXT)
  AND JSONB_TYPEOF("c"."fields" -> 'birthday') = 'string'
  AND "c"."fields" ->> 'birthday' ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'

-- p1 bigint 7
-- p2 text "1990-05-17"
