SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND LOWER(
    CASE
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
        END -> 'email'
      ) IN ('string', 'boolean')
      THEN CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END ->> 'email'
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
        END -> 'email'
      ) = 'number'
      THEN CAST(CASE
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
          END ->> 'email'
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
        END ->> 'email' ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
        THEN CAST(CASE
          WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
          THEN "c"."properties"
        END ->> 'email' AS DECIMAL)
      END AS TEXT)
    END
  ) = ANY(
    STRING_TO_ARRAY(LOWER(CAST(%(p2)s AS TEXT)), CAST(%(p3)s AS TEXT))
  )

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 text "B@x.org\na@x.org\na@x.org"
-- p3 text "\n"
