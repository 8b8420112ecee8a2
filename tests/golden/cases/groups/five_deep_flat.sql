SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    CASE
      WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
      THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
    END = CAST(%(p2)s AS DECIMAL)
    OR (
      CASE
        WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
        THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
      END = CAST(%(p3)s AS DECIMAL)
      AND (
        CASE
          WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
          THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
        END = CAST(%(p4)s AS DECIMAL)
      ) IS NOT TRUE
      AND (
        (
          CASE
            WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
            THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
          END = CAST(%(p5)s AS DECIMAL)
        ) IS NOT TRUE
        OR (
          (
            CASE
              WHEN JSONB_TYPEOF("c"."fields" -> 'score') = 'number'
              THEN CAST("c"."fields" ->> 'score' AS DECIMAL)
            END = CAST(%(p6)s AS DECIMAL)
          ) IS NOT TRUE
          AND CASE
            WHEN JSONB_TYPEOF("c"."fields" -> 'vip') = 'boolean'
            THEN CAST("c"."fields" ->> 'vip' AS BOOLEAN)
          END IS NULL
        )
      )
    )
  )

-- p1 bigint 7
-- p2 numeric 1
-- p3 numeric 2
-- p4 numeric 3
-- p5 numeric 4
-- p6 numeric 5
