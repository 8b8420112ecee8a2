SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND (
    CASE
      WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
      OR NOT REGEXP_REPLACE(
        REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
        '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
        '',
        'g'
      ) ~ '\\u(0000|[dD][89a-fA-F])'
      THEN "c"."properties"
    END -> 'custom' ->> CAST(%(p2)s AS TEXT) = CAST(%(p3)s AS TEXT)
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
      END -> 'custom' -> CAST(%(p2)s AS TEXT)
    ) = 'string'
  )
  AND CASE
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' -> CAST(%(p4)s AS TEXT)
    ) = 'number'
    THEN CASE
      WHEN LENGTH(
        CASE
          WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
          THEN "c"."properties"
        END -> 'custom' ->> CAST(%(p4)s AS TEXT)
      ) <= 1000
      AND CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> CAST(%(p4)s AS TEXT) ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
      THEN CAST(CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> CAST(%(p4)s AS TEXT) AS DECIMAL)
    END
  END > CAST(%(p5)s AS DECIMAL)
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
    END -> 'custom' -> CAST(%(p6)s AS TEXT)
  ) <> 'null'

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 text "a"
-- p3 text "x"
-- p4 text "b"
-- p5 numeric 1
-- p6 text "c"
