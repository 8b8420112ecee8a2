SELECT
  COUNT(*) AS "count"
FROM "contacts" AS "c"
WHERE
  "c"."workspace_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."deleted_at" IS NULL
  AND (
    "c"."fields" ->> 'nickname' = CAST(%(p2)s AS TEXT)
    AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
  )
  AND (
    (
      "c"."fields" ->> 'nickname' = CAST(%(p3)s AS TEXT)
      AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
    )
    OR (
      (
        "c"."fields" ->> 'nickname' = CAST(%(p4)s AS TEXT)
        AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
      )
      AND (
        (
          "c"."fields" ->> 'nickname' = CAST(%(p5)s AS TEXT)
          AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
        )
        OR (
          (
            "c"."fields" ->> 'nickname' = CAST(%(p6)s AS TEXT)
            AND JSONB_TYPEOF("c"."fields" -> 'nickname') IN ('string', 'number', 'boolean')
          )
          AND CASE
            WHEN JSONB_TYPEOF("c"."fields" -> 'vip') = 'boolean'
            THEN CAST("c"."fields" ->> 'vip' AS BOOLEAN)
          END = CAST(%(p7)s AS BOOLEAN)
        )
      )
    )
  )

-- p1 bigint 7
-- p2 text "1"
-- p3 text "2"
-- p4 text "3"
-- p5 text "4"
-- p6 text "5"
-- p7 boolean true
