SELECT
  COUNT(*) AS "count"
FROM "shop"."Contact" AS "c"
WHERE
  "c"."workspaceId" = CAST(%(p1)s AS TEXT)
  AND "c"."isArchived" IS NOT TRUE
  AND (
    CASE
      WHEN JSONB_TYPEOF("c"."interests") = 'array'
      THEN CASE
        WHEN NOT JSONB_PATH_EXISTS("c"."interests", 'strict $[*] ? (@.type() != "string")')
        THEN "c"."interests"
      END
    END @> TO_JSONB(CAST(%(p2)s AS TEXT[]))
    AND TO_JSONB(CAST(%(p2)s AS TEXT[])) @> CASE
      WHEN JSONB_TYPEOF("c"."interests") = 'array'
      THEN CASE
        WHEN NOT JSONB_PATH_EXISTS("c"."interests", 'strict $[*] ? (@.type() != "string")')
        THEN "c"."interests"
      END
    END
  )
  AND (
    CASE
      WHEN JSONB_TYPEOF("c"."interests") = 'array'
      THEN CASE
        WHEN NOT JSONB_PATH_EXISTS("c"."interests", 'strict $[*] ? (@.type() != "string")')
        THEN "c"."interests"
      END
    END ?| CAST(%(p3)s AS TEXT[])
  ) IS NOT TRUE

-- p1 text "B7"
-- p2 text[] ["news"]
-- p3 text[] ["offers"]
