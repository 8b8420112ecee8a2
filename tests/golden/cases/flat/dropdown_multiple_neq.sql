SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    CASE
      WHEN JSONB_TYPEOF("c"."fields" -> 'labels') = 'array'
      THEN CASE
        WHEN NOT JSONB_PATH_EXISTS("c"."fields" -> 'labels', 'strict $[*] ? (@.type() != "string")')
        THEN "c"."fields" -> 'labels'
      END
    END @> TO_JSONB(CAST(%(p2)s AS TEXT[]))
    AND TO_JSONB(CAST(%(p2)s AS TEXT[])) @> CASE
      WHEN JSONB_TYPEOF("c"."fields" -> 'labels') = 'array'
      THEN CASE
        WHEN NOT JSONB_PATH_EXISTS("c"."fields" -> 'labels', 'strict $[*] ? (@.type() != "string")')
        THEN "c"."fields" -> 'labels'
      END
    END
  ) IS NOT TRUE

-- p1 bigint 7
-- p2 text[] []
