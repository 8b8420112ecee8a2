SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    LEFT("c"."fields" ->> CAST(%(p4)s AS TEXT), 10)
  ) COLLATE "C" > CAST(%(p2)s AS TEXT)
  AND (
    LEFT("c"."fields" ->> CAST(%(p4)s AS TEXT), 10)
  ) COLLATE "C" <= CAST(%(p3)s AS TEXT)
  AND JSONB_TYPEOF("c"."fields" -> CAST(%(p4)s AS TEXT)) = 'string'
  AND "c"."fields" ->> CAST(%(p4)s AS TEXT) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'

-- p1 bigint 7
-- p2 text "2026-01-09"
-- p3 text "2026-04-09"
-- p4 text "level"
