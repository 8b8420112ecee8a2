SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND CASE
    WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
    OR NOT REGEXP_REPLACE(
      REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
      '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
      '',
      'g'
    ) ~ '\\u(0000|[dD][89a-fA-F])'
    THEN "c"."properties"
  END -> 'address' ->> 'country' = CAST(%(p2)s AS TEXT)
  AND JSON_TYPEOF(
    CASE
      WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
      OR NOT REGEXP_REPLACE(
        REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
        '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
        '',
        'g'
      ) ~ '\\u(0000|[dD][89a-fA-F])'
      THEN "c"."properties"
    END -> 'address' -> 'country'
  ) = 'string'

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 text "DE"
